// SPDX-License-Identifier: Apache-2.0
// The half of a vhost port that sends to the guest.
//
// Thread-safety: configure on the control thread while no packet thread sends; setPairs on
// librte_vhost's thread (one at a time); send on any packet thread, librte_vhost locks the ring.
#pragma once

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>
#include <rte_vhost.h>

#include <atomic>

#include "../generated/shm.h"
#include "tx-steering.h"
#include "txq-guard.h"

namespace pollux {

inline constexpr uint32_t kVhostPairsMax = 64;
// Order of the two rings of a queue pair, named from the guest's side (virtio 1.1, 5.1.2).
inline constexpr uint16_t kGuestReceives = 0;
inline constexpr uint16_t kGuestTransmits = 1;

inline uint64_t bytesOf(rte_mbuf* const* packets, uint16_t count) noexcept {
  uint64_t bytes = 0;
  for (uint16_t i = 0; i < count; i++) bytes += packets[i]->pkt_len;
  return bytes;
}

class VhostSender {
 public:
  struct alignas(64) Counters {
    Counter packets, bytes, failures, mtuExceeded, retries;
  };

  void configure(uint32_t maxFrame, uint32_t retriesMax, bool hash, uint32_t threads) noexcept {
    maxFrame_ = maxFrame;
    retriesMax_ = retriesMax;
    steering_.setMode(hash);
    steering_.share(threads);
  }

  void share(uint32_t threads) noexcept { steering_.share(threads); }

  // The queue pairs that the guest receives on, a bit each.
  void setPairs(uint64_t bits) noexcept {
    uint16_t count = 0;
    for (uint16_t pair = 0; pair < kVhostPairsMax; pair++) {
      if ((bits >> pair & 1) != 0) pairs_[count++].store(pair, std::memory_order_relaxed);
    }
    pairCount_.store(count, std::memory_order_release);
  }

  // To device `vid`, or nowhere: negative. Returns how many were taken.
  uint16_t send(int vid, uint16_t thread, rte_mbuf** packets, uint16_t count) noexcept {
    const uint16_t pairs = pairCount_.load(std::memory_order_acquire);
    if (unlikely(vid < 0 || pairs == 0)) {
      counters_[thread].failures += count;
      return 0;
    }
    if (likely(!steering_.byHash(pairs))) {
      return sendOn(vid, thread, steering_.queueOf(thread, pairs), packets, count);
    }
    return steering_.sendByHash(packets, count, pairs,
                                [&](uint16_t queue, rte_mbuf** lane, uint16_t length) {
                                  return sendOn(vid, thread, queue, lane, length);
                                });
  }

  // One per thread.
  const Counters (&counters() const noexcept)[kPmdsMax] { return counters_; }

 private:
  uint16_t sendOn(int vid, uint16_t thread, uint16_t queue, rte_mbuf** packets,
                  uint16_t count) noexcept {
    Counters& counters = counters_[thread];
    const uint16_t pair = pairs_[queue].load(std::memory_order_relaxed);
    const uint16_t fitting = partitionByLength(packets, count, maxFrame_);
    counters.mtuExceeded += count - fitting;
    const auto ring = static_cast<uint16_t>(pair * 2 + kGuestReceives);
    uint16_t sent = 0;
    uint32_t tries = 0;
    while (sent < fitting && tries <= retriesMax_) {
      uint16_t taken = rte_vhost_enqueue_burst(vid, ring, packets + sent, fitting - sent);
      // A guest that took nothing is not reading: trying again is a waste.
      if (taken == 0) break;
      sent += taken;
      tries++;
    }
    if (tries > 1) counters.retries += tries - 1;
    counters.packets += sent;
    counters.bytes += bytesOf(packets, sent);
    counters.failures += fitting - sent;
    // The guest has its own copy.
    rte_pktmbuf_free_bulk(packets, sent);
    return sent;
  }

  uint32_t maxFrame_ = 0;
  uint32_t retriesMax_ = 0;
  TxSteering steering_;
  // The first pairCount_ are valid.
  std::atomic<uint16_t> pairs_[kVhostPairsMax] = {};
  std::atomic<uint16_t> pairCount_{1};
  Counters counters_[kPmdsMax];
};

}  // namespace pollux
