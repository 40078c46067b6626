// SPDX-License-Identifier: Apache-2.0
#include "../meter/meter-table.h"
#include "../packet/checksum.h"
#include "action.h"
#include "transport.h"

namespace pollux {

namespace {

// The DSCP with a higher drop precedence within its assured forwarding class (RFC 2597: class 1 to
// 4 in the upper three bits, precedence 1 to 3 in the next two, then 0); others as they are.
uint8_t remarked(uint8_t dscp, uint32_t by) noexcept {
  const uint32_t group = dscp >> 3;
  const uint32_t precedence = dscp >> 1 & 3;
  if (group < 1 || group > 4 || precedence == 0 || (dscp & 1)) return dscp;
  const uint32_t raised = precedence + by > 3 ? 3 : precedence + by;
  return static_cast<uint8_t>(group << 3 | raised << 1);
}

void remark(ActionContext& context, uint32_t by) noexcept {
  uint8_t* ip = context.data() + context.offsets.l3;
  if (hasIp(context, 4)) {
    const uint8_t old[2] = {ip[0], ip[1]};
    ip[1] = static_cast<uint8_t>(remarked(ip[1] >> 2, by) << 2 | (ip[1] & 3));
    updateChecksum(ip + 10, changeOf(old, ip, 2));
  } else if (hasIp(context, 6)) {
    // The traffic class is the 8 bits after the version's 4.
    const uint8_t tos = static_cast<uint8_t>(ip[0] << 4 | ip[1] >> 4);
    const uint8_t marked = static_cast<uint8_t>(remarked(tos >> 2, by) << 2 | (tos & 3));
    ip[0] = static_cast<uint8_t>((ip[0] & 0xf0) | marked >> 4);
    ip[1] = static_cast<uint8_t>((ip[1] & 0x0f) | marked << 4);
  }
}

}  // namespace

// A number without a meter lets everything pass.
void actionMeter(ActionContext& context, const uint8_t* payload, bool) noexcept {
  Meter* meter = MeterTable::at(load<uint32_t>(payload));
  if (!meter) return;
  const uint64_t nowMs = MeterClock::now(context.pmd.nowMs);
  const Meter::Verdict verdict = meter->judge(context.packet->pkt_len, nowMs);
  if (verdict.drop) {
    dropPacket(context.pmd, context.packet, kDropDatapathDropMeter);
    context.packet = nullptr;
  } else if (verdict.precedence) {
    remark(context, verdict.precedence);
  }
}

}  // namespace pollux
