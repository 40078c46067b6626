// SPDX-License-Identifier: Apache-2.0
#include "action.h"
#include "transport.h"

namespace pollux {

namespace {
constexpr uint32_t kFormBytes = 4;

// The new first four bytes of the header (both ports), and what they change in a checksum.
Sum rewritePorts(uint8_t* header, const uint8_t* payload) noexcept {
  uint8_t ports[4];
  __builtin_memcpy(ports, header, 4);
  setMasked(ports, payload, payload + kFormBytes, 4);
  const Sum change = changeOf(header, ports, 4);
  __builtin_memcpy(header, ports, 4);
  return change;
}

// Type and code: the low bytes of the key's tp_src and tp_dst.
void rewriteIcmp(uint8_t* icmp, const uint8_t* payload) noexcept {
  const uint8_t value[2] = {payload[1], payload[3]};
  const uint8_t mask[2] = {payload[kFormBytes + 1], payload[kFormBytes + 3]};
  uint8_t word[2] = {icmp[0], icmp[1]};
  setMasked(word, value, mask, 2);
  updateChecksum(icmp + 2, changeOf(icmp, word, 2));
  __builtin_memcpy(icmp, word, 2);
}
}  // namespace

void actionSetTcp(ActionContext& context, const uint8_t* payload, bool) noexcept {
  uint8_t* tcp = transportHeader(context, kIpTcp, kTcpHeaderBytes);
  if (tcp) updateChecksum(tcp + 16, rewritePorts(tcp, payload));
}

void actionSetUdp(ActionContext& context, const uint8_t* payload, bool) noexcept {
  uint8_t* udp = transportHeader(context, kIpUdp, kUdpHeaderBytes);
  if (udp) updateUdpChecksum(udp + 6, rewritePorts(udp, payload));
}

// A checksum that was wrong stays as wrong as it was: the receiver, not the switch, judges it.
void actionSetSctp(ActionContext& context, const uint8_t* payload, bool) noexcept {
  uint8_t* sctp = transportHeader(context, kIpSctp, kSctpHeaderBytes);
  if (!sctp) return;
  const uint32_t bytes = payloadBytes(context);
  if (bytes < kSctpHeaderBytes) return;
  const uint32_t before = sctpChecksum(sctp, bytes);
  rewritePorts(sctp, payload);
  store(sctp + 8, load<uint32_t>(sctp + 8) ^ before ^ sctpChecksum(sctp, bytes));
}

void actionSetIcmp(ActionContext& context, const uint8_t* payload, bool) noexcept {
  if (uint8_t* icmp = transportHeader(context, kIpIcmp, 8)) rewriteIcmp(icmp, payload);
}

void actionSetIcmpv6(ActionContext& context, const uint8_t* payload, bool) noexcept {
  if (uint8_t* icmp = transportHeader(context, kIpIcmpv6, 8)) rewriteIcmp(icmp, payload);
}

}  // namespace pollux
