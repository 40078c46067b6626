// SPDX-License-Identifier: Apache-2.0
// The tuple-space classifier: wildcarded flows by (in_port, key class), one subtable per mask.
//
// What it is
// ==========
// A lookup goes through the subtables of its port and class in the order of their recent hits and
// stops at the first match: installed flows never overlap. A subtable is only a mask and a seed;
// the entries of all subtables are in one RuleTable. `rank` reorders; call it about once a second.
//
// Limits: kMasksPerPortMax subtables per port and class, plus one for fully exact flows, so that
// the control thread always has something that fits.
//
// Thread-safety: its PMD only.
#pragma once
#include "../generated/shm.h"
#include "flow-slab.h"
#include "hash.h"
#include "rule-table.h"

namespace pollux {

inline constexpr uint32_t kKeyWordsMax = 32;

struct alignas(64) Subtable {
  // The mask over the whole key of the class; words beyond it are zero.
  uint64_t mask[kKeyWordsMax];
  // Indexes of the mask's nonzero words, then zeros: pairs that the hash multiplies.
  uint8_t word[kKeyWordsMax];
  uint64_t seed;
  uint64_t hits;
  uint32_t rules;
  uint16_t nextFree;
  uint8_t words;
  uint8_t keyClass;
};

struct SubtableList {
  static constexpr uint32_t kMax = kMasksPerPortMax + 1;
  uint16_t count;
  uint16_t index[kMax];
};

// Hash of `key & mask` over the mask's nonzero words. Words = 0: any number.
template <uint32_t Words>
POLLUX_INLINE uint64_t hashMasked(const uint64_t* key, const Subtable& table,
                                  const HashSecret& secret) noexcept {
  const uint32_t words = Words ? Words : table.words;
  uint64_t hash = table.seed;
  for (uint32_t i = 0; i + 1 < words; i += 2) {
    const uint32_t a = table.word[i];
    const uint32_t b = table.word[i + 1];
    hash += foldedProduct((key[a] & table.mask[a]) ^ secret.word[i] ^ table.seed,
                          (key[b] & table.mask[b]) ^ secret.word[i + 1]);
  }
  if (words & 1) {
    const uint32_t a = table.word[words - 1];
    hash += foldedProduct((key[a] & table.mask[a]) ^ secret.word[words - 1] ^ table.seed,
                          secret.word[words]);
  }
  return hash;
}

// The hash of `key & mask` for class 0; each SIMD level has its own, a PMD uses one.
using NarrowHash = uint64_t (*)(const uint64_t* key, const Subtable& table,
                                const HashSecret& secret) noexcept;

class TupleSpace {
 public:
  // Ports beyond the array share the last list; the key still holds their in_port.
  static constexpr uint32_t kPorts = kPortsMax + 1;
  static constexpr size_t kBytes = RuleTable::kBytes + kSubtablesMax * sizeof(Subtable) +
                                   kPorts * 3 * sizeof(SubtableList) + 4 * kCacheLine;

  bool open(Reservation& memory, FlowSlab* slab, const HashSecret* secret,
            NarrowHash narrowHash) noexcept;

  // Links flow `id`, whose key (masked) is in the slab. `mask` has the words of `keyClass`.
  // Returns an Install value.
  uint32_t insert(uint32_t id, uint32_t inPort, const uint64_t* mask, uint32_t keyClass) noexcept;
  // Unlinks a flow that insert() linked.
  void remove(uint32_t id) noexcept;
  void clear() noexcept;

  // One lookup, any class. `*probed` is raised by the number of subtables searched.
  uint32_t lookup(const uint64_t* key, uint32_t inPort, uint32_t keyClass,
                  uint32_t* probed) noexcept;

  void rank() noexcept;
  uint32_t subtables() const noexcept { return inUse_; }

  // For the batched lookup of the path.
  POLLUX_INLINE SubtableList& list(uint32_t inPort, uint32_t keyClass) noexcept {
    return lists_[(inPort < kPortsMax ? inPort : kPortsMax) * 3 + keyClass];
  }
  POLLUX_INLINE Subtable& subtable(uint32_t index) noexcept { return subtables_[index]; }
  POLLUX_INLINE RuleTable& rules() noexcept { return rules_; }

  // Verified search of one subtable.
  uint32_t find(const uint64_t* key, uint32_t index, uint64_t hash) noexcept;
  // Whether `key` under the mask of subtable `index` is the key of flow `id` there.
  bool matches(const uint64_t* key, uint32_t index, uint32_t id) noexcept;

 private:
  uint64_t hashOf(const uint64_t* key, const Subtable& table) const noexcept {
    return table.keyClass == 0 ? narrowHash_(key, table, *secret_)
                               : hashMasked<0>(key, table, *secret_);
  }
  uint32_t findOrAddSubtable(SubtableList& list, const uint64_t* mask, uint32_t keyClass,
                             uint32_t* status) noexcept;
  static uint32_t inPortOf(const uint64_t* key) noexcept {
    return swap32(static_cast<uint32_t>(key[0]));
  }

  RuleTable rules_;
  Subtable* subtables_ = nullptr;
  SubtableList* lists_ = nullptr;
  FlowSlab* slab_ = nullptr;
  const HashSecret* secret_ = nullptr;
  NarrowHash narrowHash_ = nullptr;
  uint64_t nextSeed_ = 0;
  uint32_t inUse_ = 0;
  uint32_t nextSubtable_ = 0;
  uint16_t freeSubtable_ = kNoSubtable;
};

}  // namespace pollux
