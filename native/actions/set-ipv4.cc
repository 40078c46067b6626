// SPDX-License-Identifier: Apache-2.0
#include "../packet/checksum.h"
#include "action.h"
#include "transport.h"

namespace pollux {

namespace {
// Offsets in the compact form (pmd/shm/actions.ts) and in the header (RFC 791).
constexpr uint32_t kFormTos = 8;
constexpr uint32_t kFormTtl = 9;
constexpr uint32_t kFormBytes = 12;
constexpr uint32_t kChecksum = 10;
constexpr uint32_t kAddresses = 12;
}  // namespace

// The addresses, and what that changes in the header's checksum; the transport's is made right.
static Sum setAddresses(ActionContext& context, uint8_t* ip, const uint8_t* payload) noexcept {
  uint8_t addresses[8];
  __builtin_memcpy(addresses, ip + kAddresses, 8);
  setMasked(addresses, payload, payload + kFormBytes, 8);
  const Sum change = changeOf(ip + kAddresses, addresses, 8);
  __builtin_memcpy(ip + kAddresses, addresses, 8);
  updatePseudoHeader(context, change);
  return change;
}

void actionSetIpv4(ActionContext& context, const uint8_t* payload, bool) noexcept {
  if (!hasIp(context, 4)) return;
  uint8_t* ip = context.data() + context.offsets.l3;
  const uint8_t* mask = payload + kFormBytes;
  Sum change = 0;
  if (load<uint64_t>(mask) != 0) change = setAddresses(context, ip, payload);
  if (load<uint16_t>(mask + kFormTos) != 0) {
    // The 16-bit words that hold TOS and TTL.
    uint8_t words[4] = {ip[0], ip[1], ip[8], ip[9]};
    setMasked(words + 1, payload + kFormTos, mask + kFormTos, 1);
    setMasked(words + 2, payload + kFormTtl, mask + kFormTtl, 1);
    const uint8_t old[4] = {ip[0], ip[1], ip[8], ip[9]};
    change += changeOf(old, words, 4);
    ip[1] = words[1];
    ip[8] = words[2];
  }
  updateChecksum(ip + kChecksum, change);
}

}  // namespace pollux
