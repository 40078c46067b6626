// SPDX-License-Identifier: Apache-2.0
#include "checksum.h"

#include <nmmintrin.h>

namespace pollux {

namespace {
uint32_t crc(uint32_t value, const uint8_t* at, uint32_t bytes) noexcept {
  for (; bytes >= 8; bytes -= 8, at += 8) {
    value = static_cast<uint32_t>(_mm_crc32_u64(value, load<uint64_t>(at)));
  }
  for (; bytes > 0; bytes--) value = _mm_crc32_u8(value, *at++);
  return value;
}
}  // namespace

uint32_t sctpChecksum(const uint8_t* header, uint32_t bytes) noexcept {
  uint32_t value = crc(~0u, header, 8);
  value = _mm_crc32_u32(value, 0);
  return ~crc(value, header + 12, bytes - 12);
}

}  // namespace pollux
