// SPDX-License-Identifier: Apache-2.0
// Unaligned loads and stores, and byte order.
#pragma once
#include <cstdint>
#include <cstring>

namespace pollux {

#define POLLUX_INLINE inline __attribute__((always_inline))

template <typename T>
POLLUX_INLINE T load(const void* at) noexcept {
  T value;
  __builtin_memcpy(&value, at, sizeof value);
  return value;
}

template <typename T>
POLLUX_INLINE void store(void* at, T value) noexcept {
  __builtin_memcpy(at, &value, sizeof value);
}

POLLUX_INLINE constexpr uint16_t swap16(uint16_t v) noexcept { return __builtin_bswap16(v); }
POLLUX_INLINE constexpr uint32_t swap32(uint32_t v) noexcept { return __builtin_bswap32(v); }

POLLUX_INLINE uint16_t loadBe16(const void* at) noexcept { return swap16(load<uint16_t>(at)); }
POLLUX_INLINE uint32_t loadBe32(const void* at) noexcept { return swap32(load<uint32_t>(at)); }
POLLUX_INLINE void storeBe16(void* at, uint16_t v) noexcept { store<uint16_t>(at, swap16(v)); }
POLLUX_INLINE void storeBe32(void* at, uint32_t v) noexcept { store<uint32_t>(at, swap32(v)); }

// Whether `bytes` bytes are all zero.
inline bool allZero(const uint8_t* at, uint32_t bytes) noexcept {
  uint8_t any = 0;
  for (uint32_t i = 0; i < bytes; i++) any |= at[i];
  return any == 0;
}

}  // namespace pollux
