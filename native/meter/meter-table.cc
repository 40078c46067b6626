// SPDX-License-Identifier: Apache-2.0
#include "meter-table.h"

#include <new>

namespace pollux {

std::atomic<Meter*> MeterTable::meters_[kMetersMax];
Meter* MeterTable::made_[kMetersMax];
std::atomic<int64_t> MeterClock::stoppedMs_{-1};
std::atomic<uint64_t> MeterClock::offsetMs_{0};

Meter* MeterTable::use(uint32_t id) noexcept {
  if (id >= kMetersMax) return nullptr;
  if (!made_[id]) made_[id] = new (std::nothrow) Meter();
  meters_[id].store(made_[id], std::memory_order_release);
  return made_[id];
}

void MeterTable::release(uint32_t id) noexcept {
  if (id < kMetersMax) meters_[id].store(nullptr, std::memory_order_release);
}

}  // namespace pollux
