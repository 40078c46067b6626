// SPDX-License-Identifier: Apache-2.0
// The exact-match cache: whole keys to flows.
//
// What it is
// ==========
// Set-associative, 8 ways. A set is one cache line of 8 tags (upper half of the hash) and 8 flow
// stamps; the key of way w of set s is line s * 8 + w of a second array, so a tag match already
// says where the key and the flow are. Entries of deleted flows stay and never match: their stamp
// is not that of the slab any more.
//
// Limits: kSets * 8 entries, no chaining: an insert into a full set overwrites.
// Thread-safety: its PMD only.
#pragma once
#include "flow-slab.h"
#include "hash.h"

namespace pollux {

struct alignas(64) ExactSet {
  static constexpr uint32_t kWays = 8;
  uint32_t tag[kWays];
  uint32_t stamp[kWays];

  // Remembers a flow: in the way of the same tag, of a dead flow, or one chosen by `random`.
  // Returns the way.
  uint32_t put(uint32_t newTag, uint32_t newStamp, FlowSlab& slab, uint32_t random) noexcept {
    uint32_t way = random % kWays;
    for (uint32_t w = 0; w < kWays; w++) {
      const bool dead = slab.hot(stamp[w] & kFlowIdMask).stamp != stamp[w];
      if (dead) way = w;
      if (tag[w] == newTag && !dead) {
        way = w;
        break;
      }
    }
    tag[way] = newTag;
    stamp[way] = newStamp;
    return way;
  }
};
static_assert(sizeof(ExactSet) == 64);

// A stamp that no flow has.
inline constexpr uint32_t kNoStamp = ~0u;

template <uint32_t Words, uint32_t Sets>
class ExactMatch {
 public:
  static constexpr uint32_t kWords = Words;
  struct alignas(64) Key {
    uint64_t word[Words];
  };
  static constexpr size_t kBytes =
      Sets * sizeof(ExactSet) + size_t{Sets} * ExactSet::kWays * sizeof(Key) + 2 * kCacheLine;

  bool open(Reservation& memory) noexcept {
    sets_ = memory.take<ExactSet>(Sets);
    keys_ = memory.take<Key>(Sets * ExactSet::kWays);
    if (!sets_ || !keys_) return false;
    clear();
    return true;
  }

  void clear() noexcept { __builtin_memset(sets_, 0xff, Sets * sizeof(ExactSet)); }

  POLLUX_INLINE ExactSet& set(uint64_t hash) noexcept {
    return sets_[static_cast<uint32_t>(hash) & (Sets - 1)];
  }
  POLLUX_INLINE const uint64_t* key(const ExactSet& set, uint32_t way) const noexcept {
    return keys_[static_cast<size_t>(&set - sets_) * ExactSet::kWays + way].word;
  }
  static POLLUX_INLINE uint32_t tagOf(uint64_t hash) noexcept {
    return static_cast<uint32_t>(hash >> 32);
  }

  // Remembers that `key` belongs to the flow with `stamp`.
  void insert(uint64_t hash, const uint64_t* key, uint32_t stamp, FlowSlab& slab,
              uint32_t random) noexcept {
    ExactSet& s = set(hash);
    const uint32_t way = s.put(tagOf(hash), stamp, slab, random);
    Key& line = keys_[static_cast<size_t>(&s - sets_) * ExactSet::kWays + way];
    __builtin_memcpy(line.word, key, sizeof line.word);
  }

 private:
  ExactSet* sets_ = nullptr;
  Key* keys_ = nullptr;
};

// Narrow: 8192 entries of 64 bytes would be the stock switch's size; four times as many still
// take less memory than its cache. Wide keys are rarer and dearer.
using NarrowExactMatch = ExactMatch<8, 4096>;
using WideExactMatch = ExactMatch<32, 1024>;

}  // namespace pollux
