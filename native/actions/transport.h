// SPDX-License-Identifier: Apache-2.0
// What the set actions share about the layer above IP.
#pragma once
#include "../packet/checksum.h"
#include "action.h"

namespace pollux {

// Whether the packet has a valid IP header of this version.
POLLUX_INLINE bool hasIp(const ActionContext& context, uint32_t version) noexcept {
  const bool ipv6 = context.offsets.fragment & kLayerIpv6;
  return context.offsets.l4 != kNoOffset && ipv6 == (version == 6);
}

// The transport header, or null when there is none of this protocol with at least `bytes` bytes
// (later fragments have none; padding behind the IP packet does not count).
uint8_t* transportHeader(ActionContext& context, uint8_t protocol, uint32_t bytes) noexcept;

// Bytes from the transport header to the end of the IP packet: padding does not count.
uint32_t payloadBytes(ActionContext& context) noexcept;

// Applies a change of IP addresses to the checksum of TCP, UDP or ICMPv6.
void updatePseudoHeader(ActionContext& context, Sum change) noexcept;

}  // namespace pollux
