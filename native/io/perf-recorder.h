// SPDX-License-Identifier: Apache-2.0
// Measures a PMD's iterations from outside, by what its counters say before and after each.
//
// What it is
// ==========
// The layout of what it writes is pmd/shm/perf.ts. It also knows which device is behind each slot
// of receive queues, to ask vhost devices how full they are. The packet's path knows nothing of
// it.
//
// Cost: 110 to 140 cycles per iteration, 4 per packet of a full burst; off, one test per iteration.
//
// Thread-safety: setRxq on the control thread; everything else on the PMD.
#pragma once

#include <atomic>
#include <cstdint>

#include "../generated/shm.h"
#include "device.h"

namespace pollux {

class PerfRecorder {
 public:
  // `shm`: the PMD's aligned shared memory.
  void open(uint8_t* shm) noexcept;

  // The device and queue behind a slot; null: the slot is free. Before RXQ_ADD and RXQ_DEL are
  // posted, so that an acknowledged RXQ_DEL means that the device is not asked any more.
  void setRxq(uint32_t slot, Device* device, uint16_t queue) noexcept;

  // Nobody has looked for a while: begin with the counters as they are.
  void restart() noexcept;

  // Once after every iteration, one of them. Both return the largest batch of the iteration.
  uint32_t largestBatch() noexcept;
  uint32_t record() noexcept;

 private:
  struct Totals {
    uint64_t cycles, packets, upcalls, upcallCycles, sleep;
  };
  struct Range {
    bool active;
    uint64_t begin, end;
    uint32_t events;
  };

  uint64_t counter(PmdCounter counter) const noexcept { return counters_[counter]; }
  Totals totals() const noexcept;
  void sample(PerfHistogram histogram, uint64_t value) noexcept;
  uint32_t batches(PerfSample* now) noexcept;
  void addToMillisecond(const PerfSample& now) noexcept;
  void endMillisecond() noexcept;
  void watch(const PerfSample& now) noexcept;
  void suspect(const PerfSample& now, uint32_t reason) noexcept;
  void publish() noexcept;
  PerfSample& ring(uint32_t offset, uint64_t index) noexcept;

  uint8_t* block_ = nullptr;
  PerfSettings* settings_ = nullptr;
  const uint32_t* walls_ = nullptr;
  uint64_t* bins_ = nullptr;
  const uint64_t* counters_ = nullptr;
  const uint64_t* rxqCounters_ = nullptr;

  struct Rxq {
    // Of a vhost device, else null.
    std::atomic<Device*> vhost{nullptr};
    std::atomic<uint16_t> queue{0};
    uint64_t packets = 0;
  };
  Rxq rxqs_[kRxqsPerPmdMax];
  std::atomic<uint32_t> slots_{0};

  Totals last_ = {};
  uint64_t cyclesPerCheck_ = 0;
  uint64_t nextCheck_ = 0;
  Range range_ = {};
};

}  // namespace pollux
