// SPDX-License-Identifier: Apache-2.0
#include "layers.h"

#include <initializer_list>

namespace pollux {

static void shiftFrom(LayerOffsets& offsets, uint32_t at, int bytes) noexcept {
  for (uint16_t* offset : {&offsets.l25, &offsets.l3, &offsets.l4}) {
    if (*offset != kNoOffset && *offset >= at) *offset = static_cast<uint16_t>(*offset + bytes);
  }
}

uint8_t* insertHeader(ActionContext& context, uint32_t at, uint32_t bytes) noexcept {
  char* frame = rte_pktmbuf_prepend(context.packet, static_cast<uint16_t>(bytes));
  if (!frame) {
    dropPacket(context.pmd, context.packet, kDropDatapathDropActionError);
    context.packet = nullptr;
    return nullptr;
  }
  __builtin_memmove(frame, frame + bytes, at);
  shiftFrom(context.offsets, at, static_cast<int>(bytes));
  return reinterpret_cast<uint8_t*>(frame);
}

void removeHeader(ActionContext& context, uint32_t at, uint32_t bytes) noexcept {
  uint8_t* frame = context.data();
  __builtin_memmove(frame + bytes, frame, at);
  rte_pktmbuf_adj(context.packet, static_cast<uint16_t>(bytes));
  shiftFrom(context.offsets, at + bytes, -static_cast<int>(bytes));
}

}  // namespace pollux
