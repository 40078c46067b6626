// SPDX-License-Identifier: Apache-2.0
// From the hash of a masked key to the ids of flows that may have it.
//
// What it is
// ==========
// A bucketised hash table shared by all subtables of a PMD (each hashes with its own seed, so
// their entries do not meet more often than chance). One bucket is a cache line:
//
//   0                              28       32                             60       64
//   | 7 tags (upper half of hash)  | next   | 7 flow ids                   | unused  |
//
// `next` chains an overflow bucket (0: none). The table grows by linear hashing: every insert that
// raises the load above half splits one bucket, so growth never stalls a packet.
//
// Limits: kFlowsMax entries. It does not verify keys: a tag match is a candidate.
// Thread-safety: its PMD only.
#pragma once
#include "../generated/shm.h"
#include "../packet/bytes.h"
#include "reservation.h"

namespace pollux {

struct alignas(64) RuleBucket {
  static constexpr uint32_t kWays = 7;
  uint32_t tag[kWays];
  uint32_t next;
  // The last is nobody's: what a search without a match reads.
  uint32_t id[kWays + 1];
};
static_assert(sizeof(RuleBucket) == 64);

class RuleTable {
 public:
  static constexpr uint32_t kBucketsMax = 131072;
  static constexpr uint32_t kBucketsMin = 64;
  static constexpr uint32_t kOverflowMax = 65536;
  static constexpr size_t kBytes = size_t{kBucketsMax + kOverflowMax + 1} * sizeof(RuleBucket);

  bool open(Reservation& memory) noexcept {
    buckets_ = memory.take<RuleBucket>(kBucketsMax);
    overflow_ = memory.take<RuleBucket>(kOverflowMax + 1);
    if (!buckets_ || !overflow_) return false;
    clear();
    return true;
  }

  void clear() noexcept;

  // False when the overflow buckets are used up.
  bool insert(uint64_t hash, uint32_t id) noexcept;
  void remove(uint64_t hash, uint32_t id) noexcept;
  uint32_t entries() const noexcept { return entries_; }

  POLLUX_INLINE const RuleBucket* bucket(uint64_t hash) const noexcept {
    return &buckets_[indexOf(hash)];
  }
  POLLUX_INLINE const RuleBucket* overflow(uint32_t next) const noexcept {
    return &overflow_[next];
  }
  static POLLUX_INLINE uint32_t tagOf(uint64_t hash) noexcept {
    return static_cast<uint32_t>(hash >> 32);
  }

  // What a loop over many lookups keeps in registers.
  struct Geometry {
    const RuleBucket* buckets;
    uint32_t split;
    uint32_t mask;
    POLLUX_INLINE const RuleBucket* bucket(uint64_t hash) const noexcept {
      const uint32_t low = static_cast<uint32_t>(hash) & mask;
      const uint32_t high = static_cast<uint32_t>(hash) & (2 * mask + 1);
      return &buckets[low < split ? high : low];
    }
  };
  POLLUX_INLINE Geometry geometry() const noexcept { return {buckets_, split_, mask_}; }

 private:
  POLLUX_INLINE uint32_t indexOf(uint64_t hash) const noexcept {
    const uint32_t low = static_cast<uint32_t>(hash) & mask_;
    return low < split_ ? static_cast<uint32_t>(hash) & (2 * mask_ + 1) : low;
  }
  bool place(RuleBucket* bucket, uint32_t tag, uint32_t id, uint32_t lowHash) noexcept;
  void split() noexcept;
  uint32_t takeOverflow() noexcept;

  RuleBucket* buckets_ = nullptr;
  // Index 0 is unused.
  RuleBucket* overflow_ = nullptr;
  // Low half of each flow's hash: needed to move its entry when a bucket splits.
  uint32_t lowHash_[kFlowsMax];
  uint32_t freeOverflow_ = 0;
  uint32_t nextOverflow_ = 1;
  uint32_t entries_ = 0;
  // Buckets below split_ have been split at this level: buckets in use are mask_ + 1 + split_.
  uint32_t split_ = 0;
  uint32_t mask_ = kBucketsMin - 1;
};

}  // namespace pollux
