// SPDX-License-Identifier: Apache-2.0
#include "../packet/cursor.h"
#include "action.h"
#include "transport.h"

namespace pollux {

namespace {
constexpr uint32_t kFormBytes = 28;
constexpr uint32_t kFormSll = 16;
constexpr uint32_t kFormTll = 22;
constexpr uint32_t kNdBytes = 24;
constexpr uint32_t kExtensionFormBytes = 8;

Sum rewrite(uint8_t* at, const uint8_t* value, const uint8_t* mask, uint32_t bytes) noexcept {
  uint8_t updated[16];
  __builtin_memcpy(updated, at, bytes);
  setMasked(updated, value, mask, bytes);
  const Sum change = changeOf(at, updated, bytes);
  __builtin_memcpy(at, updated, bytes);
  return change;
}
}  // namespace

// RFC 4861 §4.3, §4.4: target at 8, options from 24; an option is {type, length / 8, address}.
void actionSetNd(ActionContext& context, const uint8_t* payload, bool) noexcept {
  uint8_t* nd = transportHeader(context, kIpIcmpv6, kNdBytes);
  if (!nd) return;
  const uint8_t* mask = payload + kFormBytes;
  Sum change = rewrite(nd + 8, payload, mask, 16);
  Cursor at(nd, payloadBytes(context));
  if (at.trySkip(kNdBytes)) {
    while (at.has(8)) {
      uint8_t* option = nd + at.offset(nd);
      const uint32_t bytes = option[1] * 8u;
      if (bytes == 0 || !at.has(bytes)) break;
      if (bytes == 8 && (option[0] == 1 || option[0] == 2)) {
        const uint32_t form = option[0] == 1 ? kFormSll : kFormTll;
        change += rewrite(option + 2, payload + form, mask + form, 6);
        // A message has one link-layer address; as in the stock switch, the first one it is.
        break;
      }
      at.skip(bytes);
    }
  }
  updateChecksum(nd + 2, change);
}

// reserved 4, type of the first link-layer option 1, 3 unused; then the masks.
void actionSetNdExt(ActionContext& context, const uint8_t* payload, bool) noexcept {
  uint8_t* nd = transportHeader(context, kIpIcmpv6, kNdBytes);
  if (!nd) return;
  const uint8_t* mask = payload + kExtensionFormBytes;
  Sum change = rewrite(nd + 4, payload, mask, 4);
  if (mask[4] != 0 && payloadBytes(context) >= kNdBytes + 8) {
    // Type and length are one word of the checksum.
    uint8_t* option = nd + kNdBytes;
    const uint8_t value[2] = {payload[4], 0};
    const uint8_t bits[2] = {mask[4], 0};
    change += rewrite(option, value, bits, 2);
  }
  updateChecksum(nd + 2, change);
}

}  // namespace pollux
