// SPDX-License-Identifier: Apache-2.0
#include "extract-l4.h"

#include "protocols.h"

namespace pollux {
namespace {

constexpr uint16_t kIpv6FragmentOffsetMask = 0xfff8;

// RFC 4861 §4.6.1.
enum NdOption : uint8_t { kNdSourceLinkAddress = 1, kNdTargetLinkAddress = 2 };
enum NdType : uint8_t { kNdSolicit = 135, kNdAdvert = 136 };

bool isExtension(uint8_t protocol) noexcept {
  return protocol == kIpHopOptions || protocol == kIpRouting ||
         protocol == kIpDestinationOptions || protocol == kIpAuthentication ||
         protocol == kIpFragment;
}

// Walks extension headers; `protocol` and `fragment` become the key's. False when cut short.
bool skipExtensions(Cursor& at, uint8_t* protocol, uint8_t* fragment) noexcept {
  while (isExtension(*protocol)) {
    if (!at.has(8)) return false;
    const uint8_t* header = at.data();
    const uint8_t kind = *protocol;
    *protocol = header[0];
    uint32_t bytes = (header[1] + 1u) * 8;
    if (kind == kIpFragment) {
      bytes = 8;
      const uint16_t offset = loadBe16(header + 2);
      if (offset != 0) *fragment = kFragAny;
      if (offset & kIpv6FragmentOffsetMask) {
        *fragment |= kFragLater;
        *protocol = kIpFragment;
        at.skip(bytes);
        return true;
      }
    } else if (kind == kIpAuthentication) {
      bytes = (header[1] + 2u) * 4;
    }
    if (!at.trySkip(bytes)) return false;
  }
  return true;
}

// Some fields of ND lie where IPv4 has its own (KEY_OVERLAYS of flow-key.ts): a packet that carries
// ICMPv6 over IPv4 must not overwrite them.
bool hasNdOverlays(const FlowKey* key) noexcept { return key->eth_type == swap16(kEthIpv6); }

// Options of a neighbour solicitation or advertisement. False when an address is given twice.
bool extractNdOptions(Cursor& at, FlowKey* key) noexcept {
  while (at.has(8)) {
    const uint8_t* option = at.data();
    const uint32_t bytes = option[1] * 8u;
    if (bytes == 0 || !at.has(bytes)) return true;
    const bool address = option[0] == kNdSourceLinkAddress || option[0] == kNdTargetLinkAddress;
    if (address && bytes == 8) {
      uint8_t* out = option[0] == kNdSourceLinkAddress ? key->arp_sha : key->arp_tha;
      if (!allZero(out, 6)) return false;
      __builtin_memcpy(out, option + 2, 6);
      // The first one is nd_options_type.
      if (key->tcp_flags == 0 && hasNdOverlays(key)) key->tcp_flags = swap16(option[0]);
    }
    at.skip(bytes);
  }
  return true;
}

void setIcmp(const uint8_t* icmp, FlowKey* key) noexcept {
  key->tp_src = swap16(icmp[0]);
  key->tp_dst = swap16(icmp[1]);
}

void extractIcmpv6(Cursor& at, FlowKey* key) noexcept {
  if (!at.has(8)) return;
  const uint8_t* icmp = at.data();
  setIcmp(icmp, key);
  if (icmp[1] != 0 || (icmp[0] != kNdSolicit && icmp[0] != kNdAdvert)) return;
  // nd_reserved
  if (hasNdOverlays(key)) key->nw_src = load<uint32_t>(icmp + 4);
  at.skip(8);
  if (!at.has(16)) return;
  __builtin_memcpy(key->nd_target, at.data(), 16);
  at.skip(16);
  if (extractNdOptions(at, key)) return;
  __builtin_memset(key->nd_target, 0, 16);
  __builtin_memset(key->arp_sha, 0, 6);
  __builtin_memset(key->arp_tha, 0, 6);
}

void extractTcp(const Cursor& at, FlowKey* key) noexcept {
  if (!at.has(kTcpHeaderBytes)) return;
  const uint8_t* tcp = at.data();
  const uint32_t headerBytes = (tcp[12] >> 4) * 4u;
  if (headerBytes < kTcpHeaderBytes || !at.has(headerBytes)) return;
  key->tp_src = load<uint16_t>(tcp);
  key->tp_dst = load<uint16_t>(tcp + 2);
  key->tcp_flags = swap16(loadBe16(tcp + 12) & 0x0fff);
}

void extractPorts(const Cursor& at, uint32_t headerBytes, FlowKey* key) noexcept {
  if (!at.has(headerBytes)) return;
  key->tp_src = load<uint16_t>(at.data());
  key->tp_dst = load<uint16_t>(at.data() + 2);
}

}  // namespace

bool extractIpv6(Cursor& at, FlowKey* key) noexcept {
  if (!at.has(kIpv6HeaderBytes)) return false;
  const uint8_t* ip = at.data();
  const uint32_t payloadBytes = loadBe16(ip + 4);
  if (!at.has(kIpv6HeaderBytes + payloadBytes)) return false;
  if (at.left() - (kIpv6HeaderBytes + payloadBytes) > 0xffff) return false;
  at.skip(kIpv6HeaderBytes);
  at.cut(payloadBytes);
  __builtin_memcpy(key->ipv6_src, ip + 8, 32);
  uint8_t protocol = ip[6];
  uint8_t fragment = 0;
  if (!skipExtensions(at, &protocol, &fragment)) return false;
  const uint32_t first = loadBe32(ip);
  key->ipv6_label = swap32(first & 0x000fffff);
  key->nw_tos = static_cast<uint8_t>(first >> 20);
  key->nw_ttl = ip[7];
  key->nw_proto = protocol;
  key->nw_frag = fragment;
  return true;
}

void extractL4(Cursor& at, FlowKey* key) noexcept {
  switch (key->nw_proto) {
    case kIpTcp:
      return extractTcp(at, key);
    case kIpUdp:
      return extractPorts(at, kUdpHeaderBytes, key);
    case kIpSctp:
      return extractPorts(at, kSctpHeaderBytes, key);
    case kIpIcmp:
    case kIpIgmp:
      if (at.has(8)) setIcmp(at.data(), key);
      return;
    case kIpIcmpv6:
      return extractIcmpv6(at, key);
    default:
      return;
  }
}

}  // namespace pollux
