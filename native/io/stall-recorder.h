// SPDX-License-Identifier: Apache-2.0
// Writes down iterations that took too long, with what the kernel says of the thread.
//
// What it is
// ==========
// The layout of what it writes is pmd/shm/stalls.ts. How long a thread was off its core during a
// stall is the difference to a reading taken shortly before: every sixteen milliseconds, and after
// every stall. Time that the thread slept of its own accord is taken out.
//
// Cost: two system calls in sixteen milliseconds.
//
// Thread-safety: open before the thread runs; everything else on the PMD.
#pragma once

#include <cstdint>

#include "../generated/shm.h"
#include "../path/pmd.h"

namespace pollux {

class StallRecorder {
 public:
  // `shm`: the PMD's aligned shared memory.
  void open(uint8_t* shm) noexcept;
  // The thread begins, or has waited for work: what was before does not count.
  void restart() noexcept;
  // About once a millisecond.
  void tick() noexcept;
  void record(const PmdStall& stall) noexcept;

 private:
  // Sums of the calling thread.
  struct Usage {
    uint64_t tsc, cpuNs, sleepCycles, sleeps;
    int64_t involuntary, voluntary, majorFaults, minorFaults;
  };

  Usage usage() const noexcept;
  uint64_t nsOf(uint64_t cycles) const noexcept;

  uint8_t* block_ = nullptr;
  const uint64_t* counters_ = nullptr;
  double nsPerCycle_ = 0;
  uint32_t ticks_ = 0;
  Usage before_ = {};
};

}  // namespace pollux
