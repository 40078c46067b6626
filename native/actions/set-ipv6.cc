// SPDX-License-Identifier: Apache-2.0
#include "../packet/cursor.h"
#include "action.h"
#include "transport.h"

namespace pollux {

namespace {
constexpr uint32_t kFormLabel = 32;
constexpr uint32_t kFormTos = 36;
constexpr uint32_t kFormTtl = 37;
constexpr uint32_t kFormBytes = 40;
constexpr uint32_t kAddresses = 8;

// With segments left in a routing header, the checksum covers the final destination, not the one
// in the IPv6 header (RFC 8200 §8.1).
bool routedOnward(const uint8_t* ip, uint32_t bytes) noexcept {
  Cursor at(ip, bytes);
  uint8_t protocol = ip[6];
  at.skip(kIpv6HeaderBytes);
  while (at.has(8)) {
    const uint8_t* header = at.data();
    if (protocol == kIpRouting) return header[3] > 0;
    uint32_t length = (header[1] + 1u) * 8;
    if (protocol == kIpFragment) length = 8;
    else if (protocol == kIpAuthentication) length = (header[1] + 2u) * 4;
    else if (protocol != kIpHopOptions && protocol != kIpDestinationOptions) return false;
    protocol = header[0];
    if (!at.trySkip(length)) return false;
  }
  return false;
}
}  // namespace

void actionSetIpv6(ActionContext& context, const uint8_t* payload, bool) noexcept {
  if (!hasIp(context, 6)) return;
  uint8_t* ip = context.data() + context.offsets.l3;
  const uint8_t* mask = payload + kFormBytes;

  uint8_t addresses[32];
  __builtin_memcpy(addresses, ip + kAddresses, 32);
  setMasked(addresses, payload, mask, 32);
  Sum change = changeOf(ip + kAddresses, addresses, 16);
  const bool direct = ip[6] == context.offsets.protocol ||
                      !routedOnward(ip, context.length() - context.offsets.l3);
  if (direct) change += changeOf(ip + kAddresses + 16, addresses + 16, 16);
  __builtin_memcpy(ip + kAddresses, addresses, 32);
  updatePseudoHeader(context, change);

  // Version 4 bits, traffic class 8, flow label 20.
  const uint32_t labelMask = loadBe32(mask + kFormLabel) & 0xfffff;
  const uint32_t wordMask = labelMask | static_cast<uint32_t>(mask[kFormTos]) << 20;
  const uint32_t value =
      (loadBe32(payload + kFormLabel) & 0xfffff) | static_cast<uint32_t>(payload[kFormTos]) << 20;
  storeBe32(ip, (loadBe32(ip) & ~wordMask) | (value & wordMask));
  setMasked(ip + 7, payload + kFormTtl, mask + kFormTtl, 1);
}

}  // namespace pollux
