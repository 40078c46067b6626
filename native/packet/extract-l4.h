// SPDX-License-Identifier: Apache-2.0
// The parts of key extraction above Ethernet that are long: IPv6 and the transport layer.
#pragma once
#include "../generated/shm.h"
#include "cursor.h"

namespace pollux {

// RFC 8200 with its extension headers. Leaves `at` at the first header that is not an extension,
// cut to the payload length. False when a header is invalid; what was found before stays.
bool extractIpv6(Cursor& at, FlowKey* key) noexcept;

// TCP, UDP, SCTP, ICMP, IGMP, ICMPv6 and ND by key->nw_proto.
void extractL4(Cursor& at, FlowKey* key) noexcept;

}  // namespace pollux
