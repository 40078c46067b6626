// SPDX-License-Identifier: Apache-2.0
// Which of a device's transmit queues a burst goes to.
//
// What it is
// ==========
// thread: with a queue for every packet thread, each has its own. With fewer, a thread takes the
// queue that the fewest others use when it first sends, and gives it up when it has not sent for
// half a second (XPS), so that those that send do not share while queues lie idle.
// hash: every packet goes by its flow, whichever thread sends it.
//
// Thread-safety
// =============
// setMode: control thread, while no packet thread uses the device. share: control thread, at any
// time; it only ever makes threads share. The rest: packet threads. Whoever shares a queue must
// lock it: `exclusive()` says whether that is needed.
#pragma once

#include <rte_cycles.h>
#include <rte_spinlock.h>

#include <algorithm>
#include <atomic>

#include "../generated/shm.h"
#include "flow-hash.h"

namespace pollux {

class TxSteering {
 public:
  TxSteering() noexcept : lease_(rte_get_tsc_hz() / 2) {}

  // Also forgets how many threads there are.
  void setMode(bool hash) noexcept {
    hash_ = hash;
    threads_.store(1);
  }
  void share(uint32_t threads) noexcept {
    if (threads > threads_.load()) threads_.store(threads);
  }

  // By flow, if there is a choice.
  bool byHash(uint16_t queues) const noexcept { return hash_ && queues > 1; }
  // Every thread has a queue of its own.
  bool exclusive(uint16_t queues) const noexcept {
    return !byHash(queues) && threads_.load(std::memory_order_relaxed) <= queues;
  }

  // The queue of a thread, of `queues`.
  uint16_t queueOf(uint16_t thread, uint16_t queues) noexcept {
    if (likely(exclusive(queues))) return thread < queues ? thread : thread % queues;
    Lease& mine = leases_[thread];
    const uint64_t now = rte_rdtsc();
    const bool fresh = now - mine.used.load(std::memory_order_relaxed) < lease_;
    mine.used.store(now, std::memory_order_relaxed);
    const uint16_t queue = mine.queue.load(std::memory_order_relaxed);
    return likely(fresh && queue < queues) ? queue : choose(thread, queues, now);
  }

  // Calls send(queue, packets, count) → taken for the packets of each queue. What was not taken is
  // moved behind the others; returns how many were taken. At most kBurstMax packets.
  template <typename Send>
  uint16_t sendByHash(rte_mbuf** packets, uint16_t count, uint16_t queues, Send&& send) noexcept {
    uint16_t queueOfPacket[kBurstMax];
    rte_mbuf* left[kBurstMax];
    uint16_t leftCount = 0;
    uint16_t sent = 0;
    for (uint16_t i = 0; i < count; i++) {
      // The high half: what a guest makes of the same hash goes by the low one.
      queueOfPacket[i] = (flowHash(packets[i]) >> 16) % queues;
    }
    for (uint16_t queue = 0; queue < queues; queue++) {
      rte_mbuf* lane[kBurstMax];
      uint16_t length = 0;
      for (uint16_t i = 0; i < count; i++) {
        if (queueOfPacket[i] == queue) lane[length++] = packets[i];
      }
      if (length == 0) continue;
      const uint16_t taken = send(queue, lane, length);
      sent += taken;
      for (uint16_t i = taken; i < length; i++) left[leftCount++] = lane[i];
    }
    std::copy(left, left + leftCount, packets + sent);
    return sent;
  }

 private:
  struct alignas(64) Lease {
    std::atomic<uint64_t> used{0};
    std::atomic<uint16_t> queue{UINT16_MAX};
  };

  __attribute__((noinline)) uint16_t choose(uint16_t thread, uint16_t queues,
                                            uint64_t now) noexcept {
    uint16_t users[kQueuesMax] = {};
    const uint16_t most = std::min<uint16_t>(queues, kQueuesMax);
    rte_spinlock_lock(&lock_);
    for (uint32_t other = 0; other < kPmdsMax; other++) {
      const uint16_t queue = leases_[other].queue.load(std::memory_order_relaxed);
      const uint64_t used = leases_[other].used.load(std::memory_order_relaxed);
      if (other != thread && queue < most && now - used < lease_) users[queue]++;
    }
    const uint16_t best = static_cast<uint16_t>(std::min_element(users, users + most) - users);
    leases_[thread].queue.store(best, std::memory_order_relaxed);
    rte_spinlock_unlock(&lock_);
    return best;
  }

  static constexpr uint16_t kQueuesMax = 256;
  const uint64_t lease_;
  bool hash_ = false;
  std::atomic<uint32_t> threads_{1};
  rte_spinlock_t lock_ = RTE_SPINLOCK_INITIALIZER;
  Lease leases_[kPmdsMax];
};

}  // namespace pollux
