// SPDX-License-Identifier: Apache-2.0
// Which transmit queue a thread uses, and what it counts there.
//
// What it is
// ==========
// A TxqSet is a device's transmit queues and who may use which (tx-steering.h). With a queue per
// thread nothing is locked; when threads share queues, each burst takes its queue's spinlock. A
// TxqGuard is one burst's use of one queue.
//
// Thread-safety
// =============
// resize() and share(): control thread, while no packet thread uses the device, except that
// share() only ever turns locking on and may run at any time before a new thread starts.
// Counters: written under the guard, read by anyone.
#pragma once

#include <rte_mbuf.h>
#include <rte_spinlock.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "tx-steering.h"

namespace pollux {

// A sum that one thread at a time adds to and any thread reads.
class Counter {
 public:
  void operator+=(uint64_t n) {
    if (n != 0) value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  operator uint64_t() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

struct TxqCounters {
  uint64_t failures = 0;
  uint64_t mtuExceeded = 0;
};

// Moves frames longer than `maxFrame` behind the others, order kept; returns how many fit.
inline uint16_t partitionByLength(rte_mbuf** packets, uint16_t count, uint32_t maxFrame) {
  uint16_t kept = 0;
  while (kept < count && packets[kept]->pkt_len <= maxFrame) kept++;
  if (likely(kept == count)) return count;
  for (uint16_t i = kept + 1; i < count; i++) {
    if (packets[i]->pkt_len > maxFrame) continue;
    rte_mbuf* fits = packets[i];
    for (uint16_t j = i; j > kept; j--) packets[j] = packets[j - 1];
    packets[kept++] = fits;
  }
  return kept;
}

class TxqSet {
 public:
  struct alignas(64) Queue {
    rte_spinlock_t lock = RTE_SPINLOCK_INITIALIZER;
    Counter failures;
    Counter mtuExceeded;
  };

  // `threads` packet threads on `queues` queues. Sums of queues that go are kept.
  void resize(uint16_t queues, uint32_t threads, bool hash) {
    if (queues != queues_) {
      TxqCounters now = sum();
      past_ = now;
      array_ = std::make_unique<Queue[]>(queues);
      queues_ = queues;
    }
    steering_.setMode(hash);
    share(threads);
  }

  void share(uint32_t threads) { steering_.share(threads); }

  uint16_t queues() const { return queues_; }
  TxSteering& steering() { return steering_; }
  Queue& queue(uint16_t index) { return array_[index]; }

  TxqCounters sum() const {
    TxqCounters total = past_;
    for (uint16_t i = 0; i < queues_; i++) {
      total.failures += array_[i].failures;
      total.mtuExceeded += array_[i].mtuExceeded;
    }
    return total;
  }

 private:
  std::unique_ptr<Queue[]> array_;
  uint16_t queues_ = 0;
  TxSteering steering_;
  TxqCounters past_;
};

class TxqGuard {
 public:
  TxqGuard(TxqSet* set, uint16_t queue)
      : queue_(set->queue(queue)), locked_(!set->steering().exclusive(set->queues())) {
    if (unlikely(locked_)) rte_spinlock_lock(&queue_.lock);
  }
  ~TxqGuard() {
    if (unlikely(locked_)) rte_spinlock_unlock(&queue_.lock);
  }
  TxqGuard(const TxqGuard&) = delete;
  TxqGuard& operator=(const TxqGuard&) = delete;

  TxqSet::Queue& counters() { return queue_; }

  uint16_t keepWithin(rte_mbuf** packets, uint16_t count, uint32_t maxFrame) {
    uint16_t kept = partitionByLength(packets, count, maxFrame);
    queue_.mtuExceeded += count - kept;
    return kept;
  }

 private:
  TxqSet::Queue& queue_;
  bool locked_;
};

}  // namespace pollux
