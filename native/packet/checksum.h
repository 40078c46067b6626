// SPDX-License-Identifier: Apache-2.0
// The Internet checksum, kept right while header bytes change (RFC 1624 equation 3).
#pragma once
#include "bytes.h"

namespace pollux {

// A sum of 16-bit words as they lie in memory, not yet folded.
using Sum = uint64_t;

POLLUX_INLINE uint16_t foldSum(Sum sum) noexcept {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

// What replacing `from` by `to` adds to a checksum; bytes even, on an even offset of the
// checksummed data.
inline Sum changeOf(const uint8_t* from, const uint8_t* to, uint32_t bytes) noexcept {
  Sum sum = 0;
  for (uint32_t i = 0; i < bytes; i += 2) {
    sum += static_cast<uint16_t>(~load<uint16_t>(from + i));
    sum += load<uint16_t>(to + i);
  }
  return sum;
}

// The checksum field's new value, in memory order.
POLLUX_INLINE uint16_t updatedChecksum(uint16_t checksum, Sum change) noexcept {
  return static_cast<uint16_t>(~foldSum(static_cast<uint16_t>(~checksum) + change));
}

POLLUX_INLINE void updateChecksum(uint8_t* field, Sum change) noexcept {
  store(field, updatedChecksum(load<uint16_t>(field), change));
}

// UDP: zero means that there is none; a computed zero is sent as all ones (RFC 768).
POLLUX_INLINE void updateUdpChecksum(uint8_t* field, Sum change) noexcept {
  const uint16_t checksum = load<uint16_t>(field);
  if (checksum == 0) return;
  const uint16_t updated = updatedChecksum(checksum, change);
  store<uint16_t>(field, updated ? updated : 0xffff);
}

// Sets the masked bits of `bytes` bytes.
POLLUX_INLINE void setMasked(uint8_t* at, const uint8_t* value, const uint8_t* mask,
                             uint32_t bytes) noexcept {
  for (uint32_t i = 0; i < bytes; i++) {
    at[i] = static_cast<uint8_t>((at[i] & ~mask[i]) | (value[i] & mask[i]));
  }
}

// CRC32c over `bytes` bytes as SCTP stores it (RFC 9260 §6.8, appendix A), with the header's own
// checksum field (offset 8) taken as zero.
uint32_t sctpChecksum(const uint8_t* header, uint32_t bytes) noexcept;

}  // namespace pollux
