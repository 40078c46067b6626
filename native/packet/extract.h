// SPDX-License-Identifier: Apache-2.0
// From bytes to the flow key (pmd/shm/flow-key.ts).
//
// Fields follow ovs-fields(7); a header that is cut short or contradicts its own lengths leaves
// its fields, and those of the layers above it, zero.
#pragma once
#include <cstdint>

#include "../generated/shm.h"
#include "bytes.h"
#include "protocols.h"

namespace pollux {

// What a packet carries beside its bytes. Multi-byte values in host byte order.
struct PacketMeta {
  uint32_t inPort = 0;
  uint32_t recircId = 0;
  uint32_t dpHash = 0;
  // As in the key: network byte order.
  uint32_t mark = 0;
  uint32_t priority = 0;
  // Host byte order; 0: Ethernet.
  uint32_t packetType = 0;
};

inline constexpr uint16_t kNoOffset = 0xffff;

// Where the layers start, from the first byte of the frame; kNoOffset when absent. `l4` is only
// set above a valid IP header; then `protocol` and `fragment` are the key's nw_proto and nw_frag,
// `fragment` with kLayerIpv6 above IPv6 (by EtherType: the version field is not looked at).
inline constexpr uint8_t kLayerIpv6 = 0x80;
struct LayerOffsets {
  uint16_t l25 = kNoOffset;
  uint16_t l3 = kNoOffset;
  uint16_t l4 = kNoOffset;
  uint8_t protocol = 0;
  uint8_t fragment = 0;
};
static_assert(sizeof(LayerOffsets) == 8);

// Fills all KEY_BYTES of `key`. `vlanLimit` tags are parsed (1 or 2).
LayerOffsets extractKey(const uint8_t* frame, uint32_t bytes, const PacketMeta& meta,
                        uint32_t vlanLimit, FlowKey* key) noexcept;

// The class of an extracted key: see keyClass() of flow-key.ts.
uint32_t keyClassOf(const FlowKey& key) noexcept;

}  // namespace pollux
