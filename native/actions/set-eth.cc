// SPDX-License-Identifier: Apache-2.0
#include "../packet/checksum.h"
#include "action.h"

namespace pollux {

void actionSetEth(ActionContext& context, const uint8_t* payload, bool) noexcept {
  if (context.length() < kEthHeaderBytes) return;
  uint8_t* frame = context.data();
  const uint64_t mask0 = load<uint64_t>(payload + 12);
  const uint32_t mask1 = load<uint32_t>(payload + 20);
  store(frame, (load<uint64_t>(frame) & ~mask0) | (load<uint64_t>(payload) & mask0));
  store(frame + 8, (load<uint32_t>(frame + 8) & ~mask1) | (load<uint32_t>(payload + 8) & mask1));
}

}  // namespace pollux
