// SPDX-License-Identifier: Apache-2.0
// Simple match: ports whose flows look at nothing but EtherType, VLAN tag and fragment bits.
//
// What it is
// ==========
// Per in_port, the flows that are so simple, as masks over words 2 and 3 of the key, as long as
// the port has no other flows and no more than kEntries. `common` is the flow of untagged,
// unfragmented IPv4, which needs no key at all.
//
// Thread-safety: its PMD only.
#pragma once
#include "flow-slab.h"

namespace pollux {

class SimplePort {
 public:
  static constexpr uint32_t kEntries = 8;

  // Whether every flow of the port is in here.
  POLLUX_INLINE bool complete() const noexcept {
    return flows_ != 0 && flows_ == count_;
  }
  // The flow of untagged unfragmented IPv4 when complete(), else kNoFlow.
  POLLUX_INLINE uint32_t common() const noexcept { return common_; }

  // The flow that a received packet matches, or kNoFlow.
  POLLUX_INLINE uint32_t find(const uint64_t* key, uint32_t keyClass) const noexcept {
    for (uint32_t i = 0; i < count_; i++) {
      const Entry& entry = entries_[i];
      const uint64_t differs = ((key[2] & entry.mask2) ^ entry.value2) |
                               ((key[3] & entry.mask3) ^ entry.value3);
      if (differs == 0 && entry.keyClass == keyClass) return entry.id;
    }
    return kNoFlow;
  }

  // A flow of the port that lookups find from now on, and that they find no more.
  void add(uint32_t id, const uint64_t* key, const uint64_t* mask, uint32_t keyClass) noexcept;
  void remove(uint32_t id) noexcept;
  void clear() noexcept { *this = SimplePort(); }

 private:
  struct Entry {
    uint64_t mask2;
    uint64_t mask3;
    uint64_t value2;
    uint64_t value3;
    uint32_t id;
    uint32_t keyClass;
  };
  void findCommon() noexcept;

  uint32_t common_ = kNoFlow;
  uint32_t flows_ = 0;
  uint32_t count_ = 0;
  Entry entries_[kEntries] = {};
};

}  // namespace pollux
