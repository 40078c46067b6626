// SPDX-License-Identifier: Apache-2.0
// The meters of the datapath by number.
//
// Thread-safety: `at` and `MeterClock::now` on any thread; the rest on the control thread. Meters
// are never freed: see README.md.
#pragma once
#include <atomic>

#include "meter.h"

namespace pollux {

class MeterTable {
 public:
  // Null when the number is not in use.
  static Meter* at(uint32_t id) noexcept {
    return id < kMetersMax ? meters_[id].load(std::memory_order_acquire) : nullptr;
  }

  // The meter of a number, made if need be and in use from now on; null without memory.
  static Meter* use(uint32_t id) noexcept;

  // Packets pass the number unmetered.
  static void release(uint32_t id) noexcept;

 private:
  static std::atomic<Meter*> meters_[kMetersMax];
  // Made, whether in use or not.
  static Meter* made_[kMetersMax];
};

// The time of meters: a thread's, which an operator may have stopped or moved (`time/stop`,
// `time/warp`).
class MeterClock {
 public:
  static uint64_t now(uint64_t threadMs) noexcept {
    const int64_t stopped = stoppedMs_.load(std::memory_order_relaxed);
    if (__builtin_expect(stopped >= 0, 0)) return static_cast<uint64_t>(stopped);
    return threadMs + offsetMs_.load(std::memory_order_relaxed);
  }

  // `stoppedMs` -1: goes on, by that much ahead of the threads' clocks.
  static void set(int64_t stoppedMs, uint64_t offsetMs) noexcept {
    offsetMs_.store(offsetMs, std::memory_order_relaxed);
    stoppedMs_.store(stoppedMs, std::memory_order_relaxed);
  }

 private:
  static std::atomic<int64_t> stoppedMs_;
  static std::atomic<uint64_t> offsetMs_;
};

}  // namespace pollux
