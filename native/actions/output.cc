// SPDX-License-Identifier: Apache-2.0
#include "../path/tx.h"
#include "action.h"

namespace pollux {

void actionOutput(ActionContext& context, const uint8_t* payload, bool last) noexcept {
  const uint32_t port = load<uint32_t>(payload);
  rte_mbuf* packet = last ? takePacket(context, true) : sharePacket(context);
  if (!packet) {
    context.keep = ~0u;
    return;
  }
  truncatePacket(context, packet);
  queueOutput(context.pmd, packet, port);
}

}  // namespace pollux
