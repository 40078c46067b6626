// SPDX-License-Identifier: Apache-2.0
// The signature-match cache: hashes of whole keys to flows.
//
// What it is
// ==========
// The exact-match cache without the keys: a set is one cache line of 8 tags and 8 flow stamps. Who
// finds a tag verifies the packet's key against the flow's mask and key, so that an entry takes 8
// bytes where the exact-match cache's takes 72, and holds a flow id of full width.
//
// It is what makes many masks as fast as one: a microflow seen before needs no subtable but its
// own, which its flow names. The path uses it whatever smc-enable says; that decides how its hits
// are counted.
//
// Limits: kSets * 8 entries, a million as in the stock switch; untouched sets cost nothing.
// Thread-safety: its PMD only.
#pragma once
#include "exact-match.h"

namespace pollux {

class SignatureMatch {
 public:
  static constexpr uint32_t kSets = 131072;
  static constexpr size_t kBytes = kSets * sizeof(ExactSet) + kCacheLine;

  bool open(Reservation& memory) noexcept {
    sets_ = memory.take<ExactSet>(kSets);
    return sets_ != nullptr;
  }

  // Forgets everything. Costs nothing when nothing was learnt.
  void clear() noexcept {
    if (used_) __builtin_memset(sets_, 0xff, kSets * sizeof(ExactSet));
    used_ = false;
  }

  POLLUX_INLINE ExactSet& set(uint64_t hash) noexcept {
    return sets_[static_cast<uint32_t>(hash) & (kSets - 1)];
  }
  static POLLUX_INLINE uint32_t tagOf(uint64_t hash) noexcept {
    return static_cast<uint32_t>(hash >> 32);
  }

  void insert(uint64_t hash, uint32_t stamp, FlowSlab& slab, uint32_t random) noexcept {
    set(hash).put(tagOf(hash), stamp, slab, random);
    used_ = true;
  }

  // Whether this burst should ask, and teach: always, while a quarter of the packets is found; one
  // burst in eight, while far more microflows are active than it holds.
  POLLUX_INLINE bool worthAsking() noexcept { return !asleep_ || (++burst_ & 7) == 0; }
  POLLUX_INLINE bool worthTeaching() const noexcept { return !asleep_ || (burst_ & 7) == 0; }
  POLLUX_INLINE void learnWorth(uint32_t asked, uint32_t hits) noexcept {
    asked_ += asked;
    hits_ += hits;
    if (__builtin_expect(asked_ < kWindow, 1)) return;
    asleep_ = hits_ * 4 < asked_;
    asked_ = hits_ = 0;
  }

 private:
  static constexpr uint32_t kWindow = 8192;
  uint32_t asked_ = 0;
  uint32_t hits_ = 0;
  uint32_t burst_ = 0;
  bool asleep_ = false;
  ExactSet* sets_ = nullptr;
  bool used_ = false;
};

}  // namespace pollux
