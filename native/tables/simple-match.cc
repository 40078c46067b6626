// SPDX-License-Identifier: Apache-2.0
#include "simple-match.h"

namespace pollux {

namespace {

// What a simple flow may look at beside port and recirculation: eth_type, vlan_tci0; vlan_tpid0,
// nw_frag.
constexpr uint64_t kWord2 = 0xffffffff00000000;
constexpr uint64_t kWord3 = 0x00ff00000000ffff;
constexpr uint64_t kEthType = 0x0000ffff00000000;
static_assert(offsetof(FlowKey, eth_type) == 20 && offsetof(FlowKey, vlan_tci0) == 22);
static_assert(offsetof(FlowKey, vlan_tpid0) == 24 && offsetof(FlowKey, nw_frag) == 30);

bool isSimple(const uint64_t* key, const uint64_t* mask, uint32_t keyClass) noexcept {
  uint64_t other = mask[1] | (mask[2] & ~kWord2) | (mask[3] & ~kWord3);
  for (uint32_t i = 4; i < kKeyClassBytes[keyClass] / 8; i++) other |= mask[i];
  const bool received = key[0] >> 32 == 0;
  return other == 0 && received && (mask[2] & kEthType) == kEthType;
}

}  // namespace

void SimplePort::findCommon() noexcept {
  const uint64_t key[4] = {0, 0, 0x08ull << 32, 0};
  common_ = complete() ? find(key, 0) : kNoFlow;
}

void SimplePort::add(uint32_t id, const uint64_t* key, const uint64_t* mask,
                     uint32_t keyClass) noexcept {
  flows_++;
  if (count_ < kEntries && isSimple(key, mask, keyClass)) {
    entries_[count_++] = {mask[2], mask[3], key[2] & mask[2], key[3] & mask[3], id, keyClass};
  }
  findCommon();
}

void SimplePort::remove(uint32_t id) noexcept {
  flows_--;
  for (uint32_t i = 0; i < count_; i++) {
    if (entries_[i].id != id) continue;
    entries_[i] = entries_[--count_];
    break;
  }
  findCommon();
}

}  // namespace pollux
