// SPDX-License-Identifier: Apache-2.0
#include "netdev.h"

namespace pollux {

std::atomic<Netdev*> NetdevRegistry::slots_[kNetdevsMax];

uint32_t NetdevRegistry::add(Netdev* netdev) noexcept {
  for (uint32_t id = 0; id < kNetdevsMax; id++) {
    Netdev* expected = nullptr;
    if (slots_[id].compare_exchange_strong(expected, netdev)) return id;
  }
  return kNetdevsMax;
}

Netdev* NetdevRegistry::at(uint32_t id) noexcept {
  return id < kNetdevsMax ? slots_[id].load(std::memory_order_acquire) : nullptr;
}

void NetdevRegistry::remove(uint32_t id) noexcept {
  if (id < kNetdevsMax) slots_[id].store(nullptr, std::memory_order_release);
}

}  // namespace pollux
