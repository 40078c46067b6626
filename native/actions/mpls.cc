// SPDX-License-Identifier: Apache-2.0
// Label stacks (RFC 3032). The EtherType in front of them is the last one of the link layer, behind
// the VLAN tags; a packet without Ethernet header has it in its metadata.
#include "../packet/checksum.h"
#include "action.h"
#include "layers.h"

namespace pollux {
namespace {

constexpr uint32_t kLabelBytes = 4;
constexpr uint8_t kBottomOfStack = 1;
// "Transparent Ethernet bridging": a frame is the payload.
constexpr uint16_t kEtherTypeFrame = 0x6558;

void setEtherType(ActionContext& context, uint32_t layer, uint16_t typeBe) noexcept {
  if (context.meta.packetType != 0) {
    const uint16_t type = swap16(typeBe);
    context.meta.packetType = type == kEtherTypeFrame ? 0 : kPacketTypeEtherType | type;
  } else {
    store<uint16_t>(context.data() + layer - 2, typeBe);
  }
}

// Where the labels are, or would be; kNoOffset when the packet has no place for them.
uint16_t labelsAt(const ActionContext& context) noexcept {
  return context.offsets.l25 != kNoOffset ? context.offsets.l25 : context.offsets.l3;
}

}  // namespace

void actionPushMpls(ActionContext& context, const uint8_t* payload, bool) noexcept {
  const uint16_t at = labelsAt(context);
  if (at == kNoOffset || at > context.length()) return;
  uint8_t* frame = insertHeader(context, at, kLabelBytes);
  if (!frame) return;
  if (context.offsets.l25 == kNoOffset) {
    context.offsets.l25 = at;
  } else {
    context.offsets.l25 = static_cast<uint16_t>(context.offsets.l25 - kLabelBytes);
  }
  store<uint32_t>(frame + at, load<uint32_t>(payload));
  setEtherType(context, at, load<uint16_t>(payload + 4));
}

void actionPopMpls(ActionContext& context, const uint8_t* payload, bool) noexcept {
  const uint16_t at = context.offsets.l25;
  if (at == kNoOffset || context.length() < at + kLabelBytes) return;
  const bool bottom = context.data()[at + 2] & kBottomOfStack;
  setEtherType(context, at, load<uint16_t>(payload));
  removeHeader(context, at, kLabelBytes);
  context.offsets.l25 = bottom ? kNoOffset : at;
}

void actionSetMpls(ActionContext& context, const uint8_t* payload, bool) noexcept {
  const uint16_t at = context.offsets.l25;
  if (at == kNoOffset || context.length() < at + kLabelBytes) return;
  setMasked(context.data() + at, payload, payload + kLabelBytes, kLabelBytes);
}

// In front of everything: what was a frame is the payload.
void actionAddMpls(ActionContext& context, const uint8_t* payload, bool) noexcept {
  uint8_t* frame = insertHeader(context, 0, kLabelBytes);
  if (!frame) return;
  store<uint32_t>(frame, load<uint32_t>(payload));
  context.offsets.l25 = 0;
  context.meta.packetType = kPacketTypeEtherType | loadBe16(payload + 4);
}

}  // namespace pollux
