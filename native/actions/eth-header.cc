// SPDX-License-Identifier: Apache-2.0
#include "action.h"
#include "layers.h"

namespace pollux {

void actionPushEth(ActionContext& context, const uint8_t* payload, bool) noexcept {
  if (context.meta.packetType == 0) return;
  uint8_t* frame = insertHeader(context, 0, kEthHeaderBytes);
  if (!frame) return;
  __builtin_memcpy(frame, payload, 12);
  storeBe16(frame + 12, static_cast<uint16_t>(context.meta.packetType));
  context.meta.packetType = 0;
}

void actionPopEth(ActionContext& context, const uint8_t*, bool) noexcept {
  const uint16_t l25 = context.offsets.l25;
  const uint16_t end = l25 != kNoOffset ? l25 : context.offsets.l3;
  if (context.meta.packetType != 0 || end == kNoOffset || end > context.length()) return;
  const uint16_t type = loadBe16(context.data() + end - 2);
  removeHeader(context, 0, end);
  context.meta.packetType = kPacketTypeEtherType | type;
}

}  // namespace pollux
