// SPDX-License-Identifier: Apache-2.0
#include <initializer_list>

#include "action.h"

namespace pollux {

// Moves the layers that lie behind the tag.
static void shift(LayerOffsets& offsets, int bytes) noexcept {
  for (uint16_t* offset : {&offsets.l25, &offsets.l3, &offsets.l4}) {
    if (*offset != kNoOffset) *offset = static_cast<uint16_t>(*offset + bytes);
  }
}

// IEEE 802.1Q: the new tag is the outermost, right after the addresses.
void actionPushVlan(ActionContext& context, const uint8_t* payload, bool) noexcept {
  if (context.length() < kEthHeaderBytes) return;
  char* frame = rte_pktmbuf_prepend(context.packet, kVlanTagBytes);
  if (!frame) {
    dropPacket(context.pmd, context.packet, kDropDatapathDropActionError);
    context.packet = nullptr;
    return;
  }
  const uint64_t first = load<uint64_t>(frame + 4);
  const uint32_t second = load<uint32_t>(frame + 12);
  store(frame, first);
  store(frame + 8, second);
  store<uint16_t>(frame + 12, load<uint16_t>(payload));
  storeBe16(frame + 14, loadBe16(payload + 2) & ~kVlanCfi);
  shift(context.offsets, kVlanTagBytes);
}

void actionPopVlan(ActionContext& context, const uint8_t*, bool) noexcept {
  uint8_t* frame = context.data();
  if (context.length() < kEthHeaderBytes + kVlanTagBytes || !isVlanType(loadBe16(frame + 12))) {
    return;
  }
  const uint64_t first = load<uint64_t>(frame);
  const uint32_t second = load<uint32_t>(frame + 8);
  store(frame + 4, first);
  store(frame + 12, second);
  rte_pktmbuf_adj(context.packet, kVlanTagBytes);
  shift(context.offsets, -static_cast<int>(kVlanTagBytes));
}

}  // namespace pollux
