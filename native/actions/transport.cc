// SPDX-License-Identifier: Apache-2.0
#include "transport.h"

namespace pollux {

uint8_t* transportHeader(ActionContext& context, uint8_t protocol, uint32_t bytes) noexcept {
  const LayerOffsets& offsets = context.offsets;
  if (offsets.l4 == kNoOffset || offsets.protocol != protocol) return nullptr;
  if (offsets.fragment & kFragLater || payloadBytes(context) < bytes) return nullptr;
  return context.data() + offsets.l4;
}

uint32_t payloadBytes(ActionContext& context) noexcept {
  const uint8_t* ip = context.data() + context.offsets.l3;
  const uint32_t ipBytes =
      hasIp(context, 4) ? loadBe16(ip + 2) : kIpv6HeaderBytes + loadBe16(ip + 4);
  const uint32_t end = context.offsets.l3 + ipBytes;
  return end <= context.length() && end > context.offsets.l4 ? end - context.offsets.l4 : 0;
}

void updatePseudoHeader(ActionContext& context, Sum change) noexcept {
  switch (context.offsets.protocol) {
    case kIpTcp:
      if (uint8_t* tcp = transportHeader(context, kIpTcp, kTcpHeaderBytes)) {
        updateChecksum(tcp + 16, change);
      }
      return;
    case kIpUdp:
      if (uint8_t* udp = transportHeader(context, kIpUdp, kUdpHeaderBytes)) {
        updateUdpChecksum(udp + 6, change);
      }
      return;
    case kIpIcmpv6: {
      // Over IPv4 the checksum has no pseudo header.
      uint8_t* icmp = hasIp(context, 6) ? transportHeader(context, kIpIcmpv6, 4) : nullptr;
      if (icmp) updateChecksum(icmp + 2, change);
      return;
    }
    default:
      return;
  }
}

}  // namespace pollux
