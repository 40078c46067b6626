// SPDX-License-Identifier: Apache-2.0
#include "action.h"

namespace pollux {

// Queues the packet for another pass; passes run after the burst, oldest first.
void actionRecirc(ActionContext& context, const uint8_t* payload, bool last) noexcept {
  PmdState& pmd = context.pmd;
  rte_mbuf* packet = takePacket(context, last);
  if (!packet) return;
  Recirculation& queue = pmd.recirculation;
  if (context.depth + 1 >= kRecircDepthMax || queue.tail - queue.head == Recirculation::kMax) {
    return dropPacket(pmd, packet, kDropDatapathDropRecircError);
  }
  Recirculated& entry = queue.entry[queue.tail++ % Recirculation::kMax];
  entry = {packet, context.meta, context.depth + 1};
  entry.meta.recircId = load<uint32_t>(payload);
  pmd.count(kPmdCounterRecirculations, 1);
}

}  // namespace pollux
