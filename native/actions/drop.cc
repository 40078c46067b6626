// SPDX-License-Identifier: Apache-2.0
#include "action.h"

namespace pollux {

void actionDrop(ActionContext& context, const uint8_t* payload, bool) noexcept {
  dropPacket(context.pmd, context.packet, static_cast<Drop>(load<uint32_t>(payload)));
  context.packet = nullptr;
}

}  // namespace pollux
