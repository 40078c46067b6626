// SPDX-License-Identifier: Apache-2.0
// Steps: the exact-match cache, then the tuple space, over a burst. Included once per SIMD level.
//
// Both work in stages over all packets, so that the memory accesses of 32 packets overlap: fetch
// the bucket, compare tags and fetch key, flow and statistics, verify.
#include <immintrin.h>
#include <rte_prefetch.h>

#include "execute.h"
#include "upcall.h"

namespace pollux {
namespace POLLUX_LEVEL {

// Whether two narrow keys are equal.
static POLLUX_INLINE bool sameKey(const uint64_t* a, const uint64_t* b) noexcept {
#if defined(__AVX512F__)
  return _mm512_cmpneq_epi64_mask(_mm512_load_si512(a), _mm512_load_si512(b)) == 0;
#elif defined(__AVX2__)
  const __m256i x = _mm256_xor_si256(_mm256_load_si256(reinterpret_cast<const __m256i*>(a)),
                                     _mm256_load_si256(reinterpret_cast<const __m256i*>(b)));
  const __m256i y = _mm256_xor_si256(_mm256_load_si256(reinterpret_cast<const __m256i*>(a) + 1),
                                     _mm256_load_si256(reinterpret_cast<const __m256i*>(b) + 1));
  const __m256i any = _mm256_or_si256(x, y);
  return _mm256_testz_si256(any, any);
#else
  uint64_t any = 0;
  for (uint32_t i = 0; i < 8; i++) any |= a[i] ^ b[i];
  return any == 0;
#endif
}

// Ways of 8 (or the first 7 of a rule bucket) whose tag is `tag`, as bits.
static POLLUX_INLINE uint32_t matchTags(const uint32_t* tags, uint32_t tag) noexcept {
#if defined(__AVX2__)
  const __m256i equal = _mm256_cmpeq_epi32(
      _mm256_load_si256(reinterpret_cast<const __m256i*>(tags)), _mm256_set1_epi32(tag));
  return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(equal)));
#else
  const __m128i wanted = _mm_set1_epi32(static_cast<int>(tag));
  const __m128i* at = reinterpret_cast<const __m128i*>(tags);
  const uint32_t low = _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(at[0], wanted)));
  const uint32_t high = _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(at[1], wanted)));
  return low | high << 4;
#endif
}

static inline uint32_t wideExactMatch(PmdState& pmd, Burst& burst, uint32_t i) noexcept {
  const uint64_t hash = burst.hash[i];
  const ExactSet& set = pmd.wideCache.set(hash);
  uint32_t ways = matchTags(set.tag, WideExactMatch::tagOf(hash));
  for (; ways; ways &= ways - 1) {
    const uint32_t way = __builtin_ctz(ways);
    const uint32_t id = set.stamp[way] & kFlowIdMask;
    const FlowHot& flow = pmd.flows.hot(id);
    if (flow.stamp == set.stamp[way] && flow.keyClass == burst.keyClass[i] &&
        __builtin_memcmp(pmd.wideCache.key(set, way), burst.wide[i], kKeyBytes) == 0) {
      return id;
    }
  }
  return kNoFlow;
}

// Gives flows to the packets whose key is cached; lists the others in `missed`, returns how many.
static inline uint32_t exactMatch(PmdState& pmd, Burst& burst, uint8_t* missed) noexcept {
  const uint32_t count = burst.count;
  uint32_t misses = 0;
  if (pmd.emcInverseProbability == 0) {
    for (; misses < count; misses++) missed[misses] = static_cast<uint8_t>(misses);
    return misses;
  }
  const uint64_t* candidate[kBurstMax];
  uint32_t stamp[kBurstMax];
  for (uint32_t i = 0; i < count; i++) {
    const uint64_t hash = burst.hash[i];
    const ExactSet& set = pmd.narrowCache.set(hash);
    const uint32_t ways = matchTags(set.tag, NarrowExactMatch::tagOf(hash));
    const uint32_t way = __builtin_ctz(ways | 1u << 31) & 7;
    stamp[i] = ways ? set.stamp[way] : kNoStamp;
    candidate[i] = pmd.narrowCache.key(set, way);
    if (ways) {
      rte_prefetch0(candidate[i]);
      rte_prefetch0(&pmd.flows.hot(stamp[i] & kFlowIdMask));
      rte_prefetch0(&pmd.flows.stats(stamp[i] & kFlowIdMask));
    }
  }
  for (uint32_t i = 0; i < count; i++) {
    uint32_t id = kNoFlow;
    if (__builtin_expect(burst.keyClass[i] != 0, 0)) {
      id = wideExactMatch(pmd, burst, i);
    } else if (stamp[i] != kNoStamp) {
      const uint32_t cached = stamp[i] & kFlowIdMask;
      if (pmd.flows.hot(cached).stamp == stamp[i] && sameKey(candidate[i], burst.narrow[i])) {
        id = cached;
      }
    }
    burst.flow[i] = id;
    if (id == kNoFlow) missed[misses++] = static_cast<uint8_t>(i);
  }
  pmd.count(kPmdCounterEmcHits, count - misses);
  return misses;
}

// A packet found its flow in the tuple space: keeps the order of its key's packets, and teaches
// the cache. False when the packet has to park after all.
static inline bool found(PmdState& pmd, Burst& burst, uint32_t i, uint32_t id) noexcept {
  const uint64_t* key = keyOf(burst, i);
  if (__builtin_expect(pmd.pending.misses() != 0, 0)) {
    const uint32_t slot = pmd.pending.find(burst.hash[i], key, burst.keyClass[i]);
    if (slot != kNoSlot && !releaseEarly(pmd, slot, id)) return false;
  }
  burst.flow[i] = id;
  const uint32_t inverse = pmd.emcInverseProbability;
  if (inverse == 0) return true;
  if (inverse != 1) {
    const uint32_t random = pmd.nextRandom();
    if (static_cast<uint64_t>(random) * inverse >> 32) return true;
  }
  const uint32_t inPort = swap32(static_cast<uint32_t>(key[0]));
  if (inPort < kPortsMax && !pmd.ports[inPort].emcEnabled) return true;
  const uint32_t stamp = pmd.flows.hot(id).stamp;
  if (burst.keyClass[i] == 0) {
    pmd.narrowCache.insert(burst.hash[i], key, stamp, pmd.flows, pmd.nextRandom());
  } else {
    pmd.wideCache.insert(burst.hash[i], key, stamp, pmd.flows, pmd.nextRandom());
  }
  return true;
}

// Packets one by one: mixed ports or classes.
static inline uint32_t tupleSpaceAny(PmdState& pmd, Burst& burst, uint8_t* missed,
                                     uint32_t misses) noexcept {
  uint32_t left = 0;
  uint32_t probed = 0;
  for (uint32_t k = 0; k < misses; k++) {
    const uint32_t i = missed[k];
    const uint64_t* key = keyOf(burst, i);
    const uint32_t id = pmd.tuples.lookup(key, swap32(static_cast<uint32_t>(key[0])),
                                          burst.keyClass[i], &probed);
    if (id == kNoFlow || !found(pmd, burst, i, id)) missed[left++] = static_cast<uint8_t>(i);
  }
  pmd.count(kPmdCounterMegaflowHits, misses - left);
  pmd.count(kPmdCounterMaskedLookups, probed);
  return left;
}

static inline uint32_t tupleSpace(PmdState& pmd, Burst& burst, uint32_t port, bool onePort,
                                  uint8_t* missed, uint32_t misses) noexcept {
  return tupleSpaceAny(pmd, burst, missed, misses);
}

}  // namespace POLLUX_LEVEL
}  // namespace pollux
