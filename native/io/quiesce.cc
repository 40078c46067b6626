// SPDX-License-Identifier: Apache-2.0
#include "quiesce.h"

#include <cstdlib>

namespace pollux {

rte_rcu_qsbr* gQuiesce = nullptr;

namespace {
constexpr uint32_t kThreads = 128;
}

bool quiesceInit() {
  if (gQuiesce != nullptr) return true;
  size_t bytes = rte_rcu_qsbr_get_memsize(kThreads);
  void* memory = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_CACHE_LINE_ROUNDUP(bytes));
  if (memory == nullptr) return false;
  auto* state = static_cast<rte_rcu_qsbr*>(memory);
  if (rte_rcu_qsbr_init(state, kThreads) != 0) {
    free(memory);
    return false;
  }
  gQuiesce = state;
  return true;
}

}  // namespace pollux
