// SPDX-License-Identifier: Apache-2.0
#include "extract.h"

#include "cursor.h"
#include "extract-l4.h"
#include "nsh.h"

namespace pollux {
namespace {

constexpr uint32_t kMplsLabelsMax = 3;

// IEEE 802.2 LLC with a SNAP header of organisation 0 (RFC 1042): AA AA 03 00 00 00 type.
constexpr uint32_t kSnapBytes = 8;

void extractVlans(Cursor& at, uint32_t limit, FlowKey* key) noexcept {
  for (uint32_t n = 0; n < limit && at.has(2) && isVlanType(at.be16(0)) && at.has(6); n++) {
    uint8_t* out = reinterpret_cast<uint8_t*>(n == 0 ? &key->vlan_tci0 : &key->vlan_tci1);
    storeBe16(out, at.be16(2) | kVlanCfi);
    store<uint16_t>(out + 2, load<uint16_t>(at.data()));
    at.skip(kVlanTagBytes);
  }
}

// Consumes the type, or the length and what follows it. Returns the EtherType of the key.
uint16_t extractEthType(Cursor& at) noexcept {
  const uint16_t type = at.be16(0);
  at.skip(2);
  if (type >= kEthTypeMin) return type;
  static constexpr uint8_t kSnap[6] = {0xaa, 0xaa, 0x03, 0, 0, 0};
  if (!at.has(kSnapBytes) || __builtin_memcmp(at.data(), kSnap, sizeof kSnap) != 0) {
    return kEthTypeNone;
  }
  const uint16_t snapType = at.be16(6);
  at.skip(kSnapBytes);
  return snapType >= kEthTypeMin ? snapType : uint16_t{kEthTypeNone};
}

void extractMpls(Cursor& at, FlowKey* key) noexcept {
  uint32_t* const entries[kMplsLabelsMax] = {&key->mpls_lse0, &key->mpls_lse1, &key->mpls_lse2};
  for (uint32_t n = 0; at.has(4); n++) {
    const bool bottom = at.data()[2] & 1;
    if (n < kMplsLabelsMax) *entries[n] = load<uint32_t>(at.data());
    at.skip(4);
    if (bottom) break;
  }
}

// RFC 826 for Ethernet and IPv4.
void extractArp(const Cursor& at, FlowKey* key) noexcept {
  static constexpr uint8_t kEthernetIpv4[6] = {0, 1, 8, 0, 6, 4};
  if (!at.has(28) || __builtin_memcmp(at.data(), kEthernetIpv4, 6) != 0) return;
  const uint8_t* arp = at.data();
  const uint16_t operation = loadBe16(arp + 6);
  if (operation <= 0xff) key->nw_proto = static_cast<uint8_t>(operation);
  __builtin_memcpy(key->arp_sha, arp + 8, 6);
  key->nw_src = load<uint32_t>(arp + 14);
  __builtin_memcpy(key->arp_tha, arp + 18, 6);
  key->nw_dst = load<uint32_t>(arp + 24);
}

// RFC 8300. The fields lie where those of IPv6 would: see KEY_OVERLAYS of flow-key.ts.
void extractNsh(const Cursor& at, FlowKey* key) noexcept {
  if (!at.has(kNshBaseBytes)) return;
  const uint8_t* nsh = at.data();
  const uint32_t bytes = nshBytes(nsh);
  const uint8_t type = nsh[2];
  if (!at.has(bytes) || nsh[0] >> 6 != 0) return;
  if (type == kNshType1 ? bytes != kNshType1Bytes : type == kNshType2 && bytes < kNshBaseBytes) {
    return;
  }
  const uint16_t first = loadBe16(nsh);
  uint8_t* out = key->ipv6_src;
  out[0] = static_cast<uint8_t>(first >> 12 & 3);
  out[1] = static_cast<uint8_t>(first >> 6 & 63);
  out[2] = type;
  out[3] = nsh[3];
  __builtin_memcpy(out + 4, nsh + 4, type == kNshType1 ? 20 : 4);
}

// RFC 791. Leaves `at` at the payload, cut to the total length. False when the header is invalid.
bool extractIpv4(Cursor& at, FlowKey* key) noexcept {
  if (!at.has(kIpv4HeaderBytes)) return false;
  const uint8_t* ip = at.data();
  const uint32_t headerBytes = (ip[0] & 15) * 4u;
  const uint32_t totalBytes = loadBe16(ip + 2);
  if (headerBytes < kIpv4HeaderBytes || !at.has(headerBytes)) return false;
  if (!at.has(totalBytes) || headerBytes > totalBytes) return false;
  if (at.left() - totalBytes > 0xffff) return false;
  at.cut(totalBytes);
  key->nw_src = load<uint32_t>(ip + 12);
  key->nw_dst = load<uint32_t>(ip + 16);
  key->nw_tos = ip[1];
  key->nw_ttl = ip[8];
  key->nw_proto = ip[9];
  const uint16_t fragment = loadBe16(ip + 6);
  if (fragment & 0x3fff) key->nw_frag = kFragAny | (fragment & 0x1fff ? kFragLater : 0);
  at.skip(headerBytes);
  return true;
}

}  // namespace

LayerOffsets extractKey(const uint8_t* frame, uint32_t bytes, const PacketMeta& meta,
                        uint32_t vlanLimit, FlowKey* key) noexcept {
  __builtin_memset(key, 0, sizeof *key);
  key->in_port = swap32(meta.inPort);
  key->recirc_id = swap32(meta.recircId);
  key->dp_hash = swap32(meta.dpHash);
  key->pkt_mark = meta.mark;
  key->skb_priority = meta.priority;

  LayerOffsets offsets;
  Cursor at(frame, bytes);
  uint16_t type = static_cast<uint16_t>(meta.packetType);
  if (__builtin_expect(meta.packetType == 0, 1)) {
    if (bytes < kEthHeaderBytes) return offsets;
    __builtin_memcpy(key->eth_dst, frame, 12);
    at.skip(12);
    extractVlans(at, vlanLimit, key);
    type = extractEthType(at);
  }
  key->packet_type = swap32(meta.packetType);
  key->eth_type = swap16(type);
  if (type == kEthMpls || type == kEthMplsMulticast) {
    offsets.l25 = at.offset(frame);
    extractMpls(at, key);
  }
  offsets.l3 = at.offset(frame);
  if (type == kEthIpv4) {
    if (!extractIpv4(at, key)) return offsets;
  } else if (type == kEthIpv6) {
    if (!extractIpv6(at, key)) return offsets;
  } else {
    if (type == kEthArp || type == kEthRarp) extractArp(at, key);
    if (type == kEthNsh) extractNsh(at, key);
    return offsets;
  }
  offsets.l4 = at.offset(frame);
  offsets.protocol = key->nw_proto;
  offsets.fragment = key->nw_frag | (type == kEthIpv6 ? kLayerIpv6 : 0);
  if (!(key->nw_frag & kFragLater)) extractL4(at, key);
  return offsets;
}

uint32_t keyClassOf(const FlowKey& key) noexcept {
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(&key);
  if (!allZero(bytes + 128, 128)) return 2;
  if (key.eth_type == swap16(kEthIpv6)) return 1;
  return allZero(bytes + 64, 64) ? 0 : 1;
}

}  // namespace pollux
