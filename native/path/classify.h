// SPDX-License-Identifier: Apache-2.0
// Steps: the exact-match cache, then the tuple space, over a burst. Included once per SIMD level.
//
// Both work in stages over all packets, so that the memory accesses of 32 packets overlap: fetch
// the bucket, compare tags and fetch key, flow and statistics, verify.
#include <immintrin.h>
#include <rte_prefetch.h>

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

// Whether this burst should ask the cache: see CacheWorth. "Always insert" means always ask.
static POLLUX_INLINE bool cacheWorthAsking(PmdState& pmd) noexcept {
  if (pmd.emcInverseProbability == 0) return false;
  CacheWorth& worth = pmd.cacheWorth;
  return !worth.asleep || pmd.emcInverseProbability == 1 || (++worth.burst & 7) == 0;
}

static POLLUX_INLINE void learnCacheWorth(CacheWorth& worth, uint32_t asked,
                                          uint32_t hits) noexcept {
  worth.asked += asked;
  worth.hits += hits;
  if (__builtin_expect(worth.asked < CacheWorth::kWindow, 1)) return;
  // A miss costs about a quarter of what a hit saves.
  worth.asleep = worth.hits * 4 < worth.asked;
  worth.asked = 0;
  worth.hits = 0;
}

// Gives flows to the packets whose key is cached; lists the others in `missed`, returns how many.
static POLLUX_INLINE uint32_t exactMatch(PmdState& pmd, Burst& burst, uint8_t* missed) noexcept {
  const uint32_t count = burst.count;
  uint32_t misses = 0;
  if (!cacheWorthAsking(pmd)) {
    for (; misses < count; misses++) missed[misses] = static_cast<uint8_t>(misses);
    return misses;
  }
  const uint64_t* candidate[kBurstMax];
  uint32_t stamp[kBurstMax];
  for (uint32_t i = 0; i < count; i++) {
    const uint64_t hash = burst.hash[i];
    const ExactSet& set = pmd.narrowCache.set(hash);
    const uint32_t ways = matchTags(set.tag, NarrowExactMatch::tagOf(hash));
    const uint32_t way = __builtin_ctz(ways | 0x80);
    const uint32_t cached = ways ? set.stamp[way] : kNoStamp;
    stamp[i] = cached;
    candidate[i] = pmd.narrowCache.key(set, way);
    rte_prefetch0(candidate[i]);
    rte_prefetch0(&pmd.flows.hot(cached & kFlowIdMask));
    rte_prefetch0(&pmd.flows.stats(cached & kFlowIdMask));
  }
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t cached = stamp[i] & kFlowIdMask;
    uint32_t id = kNoFlow;
    if (__builtin_expect(burst.keyClass[i] != 0, 0)) {
      id = wideExactMatch(pmd, burst, i);
    } else if (pmd.flows.hot(cached).stamp == stamp[i] && sameKey(candidate[i], burst.narrow[i])) {
      id = cached;
    }
    burst.flow[i] = id;
    missed[misses] = static_cast<uint8_t>(i);
    misses += id == kNoFlow;
  }
  pmd.count(kPmdCounterEmcHits, count - misses);
  learnCacheWorth(pmd.cacheWorth, count, count - misses);
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

// Whether `key & mask` is the rule's key, for class 0.
static POLLUX_INLINE bool sameMasked(const uint64_t* key, const uint64_t* mask,
                                     const uint64_t* rule) noexcept {
#if defined(__AVX512F__)
  const __m512i masked = _mm512_and_si512(_mm512_load_si512(key), _mm512_load_si512(mask));
  return _mm512_cmpneq_epi64_mask(masked, _mm512_load_si512(rule)) == 0;
#else
  uint64_t any = 0;
  for (uint32_t i = 0; i < 8; i++) any |= (key[i] & mask[i]) ^ rule[i];
  return any == 0;
#endif
}

// Packets of class 0 from one port, one subtable after the other: the buckets, then the candidates
// of all packets are fetched together.
static inline uint32_t tupleSpaceTogether(PmdState& pmd, Burst& burst, uint8_t* missed,
                                          uint32_t misses) noexcept {
  const SubtableList& list = pmd.tuples.list(burst.port, 0);
  const RuleTable::Geometry geometry = pmd.tuples.rules().geometry();
  uint64_t hash[kBurstMax];
  uint32_t candidate[kBurstMax];
  uint32_t probed = 0;
  const uint32_t before = misses;
  for (uint32_t s = 0; s < list.count && misses; s++) {
    const uint32_t index = list.index[s];
    Subtable& table = pmd.tuples.subtable(index);
    for (uint32_t k = 0; k < misses; k++) {
      hash[k] = hashNarrowMasked(burst.narrow[missed[k]], table, pmd.secret);
      rte_prefetch0(geometry.bucket(hash[k]));
    }
    for (uint32_t k = 0; k < misses; k++) {
      const RuleBucket* bucket = geometry.bucket(hash[k]);
      const uint32_t ways = matchTags(bucket->tag, RuleTable::tagOf(hash[k])) & 0x7f;
      candidate[k] = kNoFlow;
      if (ways) {
        const uint32_t id = bucket->id[__builtin_ctz(ways)];
        candidate[k] = id;
        rte_prefetch0(pmd.flows.narrowKey(id));
        rte_prefetch0(&pmd.flows.hot(id));
        rte_prefetch0(&pmd.flows.stats(id));
      } else if (__builtin_expect(bucket->next != 0, 0)) {
        candidate[k] = pmd.tuples.find(burst.narrow[missed[k]], index, hash[k]);
      }
    }
    uint32_t left = 0;
    uint32_t hits = 0;
    for (uint32_t k = 0; k < misses; k++) {
      const uint32_t i = missed[k];
      uint32_t id = candidate[k];
      if (id != kNoFlow && (pmd.flows.hot(id).subtable != index ||
                            !sameMasked(burst.narrow[i], table.mask, pmd.flows.narrowKey(id)))) {
        // Another entry with the same tag came first.
        id = pmd.tuples.find(burst.narrow[i], index, hash[k]);
      }
      if (id != kNoFlow && found(pmd, burst, i, id)) hits++;
      else missed[left++] = static_cast<uint8_t>(i);
    }
    table.hits += hits;
    probed += hits * (s + 1);
    misses = left;
  }
  pmd.count(kPmdCounterMegaflowHits, before - misses);
  pmd.count(kPmdCounterMaskedLookups, probed);
  return misses;
}

static inline uint32_t tupleSpace(PmdState& pmd, Burst& burst, uint8_t* missed,
                                  uint32_t misses) noexcept {
  // The common case: a burst from one port, all of class 0.
  bool together = burst.received;
  for (uint32_t i = 0; i < burst.count; i++) together &= burst.keyClass[i] == 0;
  return together ? tupleSpaceTogether(pmd, burst, missed, misses)
                  : tupleSpaceAny(pmd, burst, missed, misses);
}

}  // namespace POLLUX_LEVEL
}  // namespace pollux
