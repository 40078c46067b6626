// SPDX-License-Identifier: Apache-2.0
#include "../packet/checksum.h"
#include "action.h"

namespace pollux {

namespace {
constexpr uint32_t kFormBytes = 24;
constexpr uint32_t kArpBytes = 28;
}  // namespace

// RFC 826: operation 6, SHA 8, SPA 14, THA 18, TPA 24.
void actionSetArp(ActionContext& context, const uint8_t* payload, bool) noexcept {
  if (context.offsets.l3 == kNoOffset) return;
  if (context.offsets.l3 + kArpBytes > context.length()) return;
  uint8_t* arp = context.data() + context.offsets.l3;
  const uint8_t* mask = payload + kFormBytes;
  if (mask[0]) {
    arp[6] = 0;
    setMasked(arp + 7, payload, mask, 1);
  }
  setMasked(arp + 14, payload + 4, mask + 4, 4);
  setMasked(arp + 24, payload + 8, mask + 8, 4);
  setMasked(arp + 8, payload + 12, mask + 12, 6);
  setMasked(arp + 18, payload + 18, mask + 18, 6);
}

}  // namespace pollux
