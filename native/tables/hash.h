// SPDX-License-Identifier: Apache-2.0
// The hash of keys: 64x64→128-bit products of secret-keyed words, folded and summed. Cheap (a
// multiply per two words), and who does not know the secrets cannot choose colliding keys.
#pragma once
#include "../packet/bytes.h"

namespace pollux {

// One per PMD, filled from the kernel's random numbers.
struct alignas(64) HashSecret {
  uint64_t word[32];
};

POLLUX_INLINE uint64_t foldedProduct(uint64_t a, uint64_t b) noexcept {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// The whole key, `words` even.
POLLUX_INLINE uint64_t hashKey(const uint64_t* key, uint32_t words,
                               const HashSecret& secret) noexcept {
  uint64_t hash = 0;
  for (uint32_t i = 0; i < words; i += 2) {
    hash += foldedProduct(key[i] ^ secret.word[i], key[i + 1] ^ secret.word[i + 1]);
  }
  return hash;
}

}  // namespace pollux
