// SPDX-License-Identifier: Apache-2.0
#include "../path/upcall.h"
#include "action.h"

namespace pollux {

void actionUserspace(ActionContext& context, const uint8_t* payload, bool last) noexcept {
  rte_mbuf* packet = takePacket(context, last);
  if (!packet) {
    context.keep = ~0u;
    return;
  }
  upcallAction(context, packet, load<uint32_t>(payload));
}

}  // namespace pollux
