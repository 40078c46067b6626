// SPDX-License-Identifier: Apache-2.0
#include "../packet/protocols.h"
#include "action.h"

namespace pollux {

// The hashes of the stock datapath (MurmurHash3, public domain, over words as they lie in memory),
// so that a packet takes the same bucket of a group, or member of a bond, there and here.
namespace {

uint32_t rotate(uint32_t value, uint32_t bits) noexcept {
  return value << bits | value >> (32 - bits);
}

uint32_t add(uint32_t hash, uint32_t word) noexcept {
  hash ^= rotate(word * 0xcc9e2d51u, 15) * 0x1b873593u;
  return rotate(hash, 13) * 5 + 0xe6546b64u;
}

uint32_t add64(uint32_t hash, uint64_t word) noexcept {
  return add(add(hash, static_cast<uint32_t>(word)), static_cast<uint32_t>(word >> 32));
}

uint32_t finish(uint32_t hash, uint32_t last) noexcept {
  hash ^= last;
  hash = (hash ^ hash >> 16) * 0x85ebca6bu;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
  return hash ^ hash >> 16;
}

bool isOneOf(uint8_t protocol, uint32_t bits) noexcept {
  return protocol == kIpSctp || (protocol < 32 && bits >> protocol & 1);
}

// Addresses, protocol and ports: what stands for a device's RSS hash.
uint32_t fiveTuple(const FlowKey& key) noexcept {
  uint32_t hash = 0;
  const uint16_t type = swap16(key.eth_type);
  if (type == kEthIpv6) {
    uint64_t ends[4];
    __builtin_memcpy(ends, key.ipv6_src, 16);
    __builtin_memcpy(ends + 2, key.ipv6_dst, 16);
    for (uint64_t word : ends) hash = add64(hash, word);
  } else if (type == kEthIpv4 || type == kEthArp) {
    hash = add(add(hash, key.nw_src), key.nw_dst);
  } else {
    return finish(hash, 42);
  }
  hash = add(hash, key.nw_proto);
  const bool hasPorts = key.nw_proto == kIpIcmpv6 ||
                        isOneOf(key.nw_proto, 1u << kIpTcp | 1u << kIpUdp | 1u << kIpIcmp);
  if (hasPorts) hash = add(hash, key.tp_src | static_cast<uint32_t>(key.tp_dst) << 16);
  return finish(hash, 42);
}

// The same in both directions. UDP's ports need not be, and do not count; of what is not IP the
// Ethernet addresses do.
uint32_t symmetric(const FlowKey& key, uint32_t basis) noexcept {
  const uint16_t type = swap16(key.eth_type);
  uint32_t hash = basis;
  if (type == kEthIpv6) {
    uint64_t source[2], destination[2];
    __builtin_memcpy(source, key.ipv6_src, 16);
    __builtin_memcpy(destination, key.ipv6_dst, 16);
    hash = add64(hash, source[0] ^ destination[0]);
    hash = add64(hash, source[1] ^ destination[1]);
  } else if (type == kEthIpv4) {
    hash = add(hash, key.nw_src ^ key.nw_dst);
  } else {
    for (uint32_t i = 0; i < 6; i += 2) {
      hash = add(hash, load<uint16_t>(key.eth_src + i) ^
                           load<uint16_t>(key.eth_dst + i));
    }
    return finish(add(hash, key.eth_type), basis);
  }
  hash = add(hash, key.nw_proto);
  if (!(key.nw_frag & kFragAny) && isOneOf(key.nw_proto, 1u << kIpTcp)) {
    hash = add(hash, static_cast<uint16_t>(key.tp_src ^ key.tp_dst));
  }
  return finish(hash, basis);
}
}  // namespace

// Never 0: a key's dp_hash of 0 is "none".
void actionHash(ActionContext& context, const uint8_t* payload, bool) noexcept {
  FlowKey key;
  extractKey(context.data(), context.length(), context.meta, context.pmd.vlanLimit, &key);
  const bool isSymmetric = load<uint32_t>(payload) == kHashAlgSymL4;
  const uint32_t basis = load<uint32_t>(payload + 4);
  const uint32_t hash =
      isSymmetric ? symmetric(key, basis) : finish(add(add(fiveTuple(key), 0), basis), 8);
  context.meta.dpHash = hash ? hash : 1;
}

}  // namespace pollux
