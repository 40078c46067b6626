// SPDX-License-Identifier: Apache-2.0
#include "action.h"

namespace pollux {

namespace {
constexpr uint64_t kMix0 = 0x9e3779b97f4a7c15ull;
constexpr uint64_t kMix1 = 0xd6e8feb86659fd93ull;

uint64_t mix(uint64_t hash, uint64_t value) noexcept {
  return foldedProduct(hash ^ kMix0, value ^ kMix1);
}

uint64_t mixAddress(uint64_t hash, const uint64_t* address) noexcept {
  return mix(mix(hash, address[0]), address[1]);
}

// Either end, so that the sum of both does not depend on the direction.
uint64_t endHash(const FlowKey& key, bool source) noexcept {
  const uint32_t nw = source ? key.nw_src : key.nw_dst;
  const uint16_t tp = source ? key.tp_src : key.tp_dst;
  uint64_t address[2];
  __builtin_memcpy(address, source ? key.ipv6_src : key.ipv6_dst, 16);
  return mixAddress(mix(tp, nw), address);
}
}  // namespace

// The hash of the addresses, protocol and ports, never 0 (a key's dp_hash of 0 is "none").
void actionHash(ActionContext& context, const uint8_t* payload, bool) noexcept {
  FlowKey key;
  extractKey(context.data(), context.length(), context.meta, context.pmd.vlanLimit, &key);
  const bool symmetric = load<uint32_t>(payload) == kHashAlgSymL4;
  const uint64_t source = endHash(key, true);
  const uint64_t destination = endHash(key, false);
  const uint64_t ends = symmetric ? source + destination : mix(source, destination);
  const uint64_t hash = mix(mix(ends, key.nw_proto), load<uint32_t>(payload + 4));
  const uint32_t value = static_cast<uint32_t>(hash ^ hash >> 32);
  context.meta.dpHash = value ? value : 1;
}

}  // namespace pollux
