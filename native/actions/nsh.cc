// SPDX-License-Identifier: Apache-2.0
// Network Service Header (RFC 8300).
#include "../packet/checksum.h"
#include "../packet/nsh.h"

#include "action.h"
#include "layers.h"

namespace pollux {

// The payload is the header, its length in it.
void actionPushNsh(ActionContext& context, const uint8_t* payload, bool) noexcept {
  const uint32_t bytes = nshBytes(payload);
  uint8_t* frame = insertHeader(context, 0, bytes);
  if (!frame) return;
  __builtin_memcpy(frame, payload, bytes);
  context.offsets = {};
  context.offsets.l3 = 0;
  context.meta.packetType = kPacketTypeEtherType | kEthNsh;
}

// The packet is parsed again afterwards: a recirculation follows.
void actionPopNsh(ActionContext& context, const uint8_t*, bool) noexcept {
  const uint8_t* frame = context.data();
  const bool whole = context.length() >= kNshBaseBytes && nshBytes(frame) <= context.length() &&
                     nshBytes(frame) >= kNshBaseBytes;
  uint32_t next = 0;
  const bool nsh = context.meta.packetType == (kPacketTypeEtherType | kEthNsh);
  if (!nsh || !whole || !nshNextPacketType(frame[3], &next)) {
    dropPacket(context.pmd, context.packet, kDropDatapathDropNshDecapError);
    context.packet = nullptr;
    return;
  }
  rte_pktmbuf_adj(context.packet, static_cast<uint16_t>(nshBytes(frame)));
  context.offsets = {};
  context.meta.packetType = next;
}

// flags, ttl, type, next protocol, path, context headers; then their masks.
void actionSetNsh(ActionContext& context, const uint8_t* payload, bool) noexcept {
  const uint16_t at = context.offsets.l3;
  if (at == kNoOffset || context.length() < at + kNshBaseBytes) return;
  uint8_t* nsh = context.data() + at;
  const uint8_t* mask = payload + kNshFormBytes;
  uint16_t first = loadBe16(nsh);
  const uint16_t flags = static_cast<uint16_t>((mask[0] & 3) << 12);
  const uint16_t ttl = static_cast<uint16_t>((mask[1] & 63) << 6);
  first = static_cast<uint16_t>((first & ~(flags | ttl)) | ((payload[0] << 12) & flags) |
                                ((payload[1] << 6) & ttl));
  storeBe16(nsh, first);
  setMasked(nsh + 4, payload + 4, mask + 4, 4);
  const bool fixed = (nsh[2] & 15) == kNshType1;
  if (fixed && context.length() >= at + kNshType1Bytes) {
    setMasked(nsh + 8, payload + 8, mask + 8, 16);
  }
}

}  // namespace pollux
