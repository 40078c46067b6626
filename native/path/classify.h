// SPDX-License-Identifier: Apache-2.0
// Steps: the exact-match cache, the signature-match cache, then the tuple space, over a burst.
// Included once per SIMD level.
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
#if POLLUX_SIMD >= 512
  return _mm512_cmpneq_epi64_mask(_mm512_load_si512(a), _mm512_load_si512(b)) == 0;
#elif POLLUX_SIMD >= 256
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

// Whether `key & mask` is the rule's key, for class 0.
static POLLUX_INLINE bool sameMasked(const uint64_t* key, const uint64_t* mask,
                                     const uint64_t* rule) noexcept {
#if POLLUX_SIMD >= 512
  const __m512i masked = _mm512_and_si512(_mm512_load_si512(key), _mm512_load_si512(mask));
  return _mm512_cmpneq_epi64_mask(masked, _mm512_load_si512(rule)) == 0;
#else
  uint64_t any = 0;
  for (uint32_t i = 0; i < 8; i++) any |= (key[i] & mask[i]) ^ rule[i];
  return any == 0;
#endif
}

// Ways of 8 (or the first 7 of a rule bucket) whose tag is `tag`, as bits.
static POLLUX_INLINE uint32_t matchTags(const uint32_t* tags, uint32_t tag) noexcept {
#if POLLUX_SIMD >= 256
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

// Fetches what running a flow needs. Never of a flow that is not there: its page may not exist, and
// a prefetch that finds no page costs a page walk every time. Flow 0's pages exist.
static POLLUX_INLINE void fetchFlow(PmdState& pmd, uint32_t id) noexcept {
  rte_prefetch0(&pmd.flows.hot(id));
  rte_prefetch0(&pmd.flows.stats(id));
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

// Whether this burst should ask the cache: see CacheWorth.
static POLLUX_INLINE bool cacheWorthAsking(PmdState& pmd) noexcept {
  if (pmd.emcInverseProbability == 0) return false;
  CacheWorth& worth = pmd.cacheWorth;
  worth.inUse = !worth.asleep || (++worth.burst & 7) == 0;
  return worth.inUse;
}

static POLLUX_INLINE bool cacheWorthTeaching(const PmdState& pmd) noexcept {
  return pmd.emcInverseProbability != 0 && pmd.cacheWorth.inUse;
}

static POLLUX_INLINE void learnCacheWorth(CacheWorth& worth, uint32_t asked,
                                          uint32_t hits) noexcept {
  worth.asked += asked;
  worth.hits += hits;
  if (__builtin_expect(worth.asked < CacheWorth::kWindow, 1)) return;
  // A hit saves no more than a third of what a miss costs: the signature-match cache comes next.
  worth.asleep = worth.hits * 4 < worth.asked * 3;
  worth.asked = 0;
  worth.hits = 0;
}

// Whether all packets have one hash, as those of one sender of bulk data have.
static POLLUX_INLINE bool oneHash(const Burst& burst) noexcept {
  uint64_t differ = 0;
  for (uint32_t i = 1; i < burst.count; i++) differ |= burst.hash[i] ^ burst.hash[0];
  return differ == 0 && burst.count > 1;
}

// exactMatch for such a burst: one way of one set. False, with nothing done, when that does not
// serve every packet.
static inline bool exactMatchOne(PmdState& pmd, Burst& burst) noexcept {
  const uint64_t hash = burst.hash[0];
  const ExactSet& set = pmd.narrowCache.set(hash);
  const uint32_t ways = matchTags(set.tag, NarrowExactMatch::tagOf(hash));
  if (ways == 0) return false;
  const uint32_t way = __builtin_ctz(ways);
  const uint32_t id = set.stamp[way] & kFlowIdMask;
  const uint64_t* key = pmd.narrowCache.key(set, way);
  bool match = pmd.flows.hot(id).stamp == set.stamp[way];
  for (uint32_t i = 0; i < burst.count; i++) {
    match &= (burst.keyClass[i] == 0) & sameKey(key, burst.narrow[i]);
    burst.flow[i] = id;
  }
  if (!match) return false;
  pmd.count(kPmdCounterEmcHits, burst.count);
  learnCacheWorth(pmd.cacheWorth, burst.count, burst.count);
  return true;
}

// Gives flows to the packets whose key is cached; lists the others in `missed`, returns how many.
static POLLUX_INLINE uint32_t exactMatch(PmdState& pmd, Burst& burst, uint8_t* missed) noexcept {
  const uint32_t count = burst.count;
  uint32_t misses = 0;
  if (!cacheWorthAsking(pmd)) {
    for (; misses < count; misses++) missed[misses] = static_cast<uint8_t>(misses);
    return misses;
  }
  if (__builtin_expect(oneHash(burst), 0) && exactMatchOne(pmd, burst)) return 0;
  const uint64_t* candidate[kBurstMax];
  uint32_t stamp[kBurstMax];
  for (uint32_t i = 0; i < count; i++) {
    const uint64_t hash = burst.hash[i];
    const ExactSet& set = pmd.narrowCache.set(hash);
    const uint32_t ways = matchTags(set.tag, NarrowExactMatch::tagOf(hash));
    const uint32_t way = __builtin_ctz(ways | 0x80);
    const uint32_t cached = set.stamp[way];
    stamp[i] = ways ? cached : kNoStamp;
    candidate[i] = ways ? pmd.narrowCache.key(set, way) : burst.narrow[i];
    rte_prefetch0(candidate[i]);
    fetchFlow(pmd, ways ? cached & kFlowIdMask : 0);
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

// Teaches the cache that a packet's key belongs to its flow, one time in emcInverseProbability.
static inline void learn(PmdState& pmd, Burst& burst, uint32_t i, uint32_t id) noexcept {
  const uint32_t inverse = pmd.emcInverseProbability;
  if (inverse != 1) {
    const uint64_t random = pmd.nextRandom();
    if (__builtin_expect(random * inverse >> 32 != 0, 1)) return;
  }
  const uint64_t* key = keyOf(burst, i);
  const uint32_t inPort = swap32(static_cast<uint32_t>(key[0]));
  if (inPort < kPortsMax && !pmd.ports[inPort].emcEnabled) return;
  const uint32_t stamp = pmd.flows.hot(id).stamp;
  if (burst.keyClass[i] == 0) {
    pmd.narrowCache.insert(burst.hash[i], key, stamp, pmd.flows, pmd.nextRandom());
  } else {
    pmd.wideCache.insert(burst.hash[i], key, stamp, pmd.flows, pmd.nextRandom());
  }
}

// What follows for packets that found their flow by its mask (burst.flow): the order of each key's
// packets is kept, and the exact-match cache is taught. Packets that have to park after all are
// added to `missed`; returns how many it then holds.
static inline uint32_t settleFound(PmdState& pmd, Burst& burst, const uint8_t* found,
                                   uint32_t count, uint8_t* missed, uint32_t misses) noexcept {
  const bool pending = pmd.pending.misses() != 0;
  const bool teaching = cacheWorthTeaching(pmd);
  if (!pending && !teaching) return misses;
  for (uint32_t k = 0; k < count; k++) {
    const uint32_t i = found[k];
    if (__builtin_expect(pending, 0)) {
      const uint32_t slot = pmd.pending.find(burst.hash[i], keyOf(burst, i), burst.keyClass[i]);
      if (slot != kNoSlot && !releaseEarly(pmd, slot, burst.flow[i])) {
        missed[misses++] = static_cast<uint8_t>(i);
        continue;
      }
    }
    if (teaching) learn(pmd, burst, i, burst.flow[i]);
  }
  return misses;
}

// Whether a packet matches the flow that its signature names.
static POLLUX_INLINE bool signatureHolds(PmdState& pmd, Burst& burst, uint32_t i,
                                         uint32_t stamp) noexcept {
  const uint32_t id = stamp & kFlowIdMask;
  const FlowHot& flow = pmd.flows.hot(id);
  if (flow.stamp != stamp || flow.subtable == kNoSubtable) return false;
  if (flow.keyClass != burst.keyClass[i]) return false;
  if (__builtin_expect(flow.keyClass != 0, 0)) {
    return pmd.tuples.matches(burst.wide[i], flow.subtable, id);
  }
  return sameMasked(burst.narrow[i], pmd.tuples.subtable(flow.subtable).mask,
                    pmd.flows.narrowKey(id));
}

// Whether packets of this key wait for an answer: then the tuple space sees to their order.
static inline bool isPending(PmdState& pmd, const Burst& burst, uint32_t i) noexcept {
  return pmd.pending.find(burst.hash[i], keyOf(burst, i), burst.keyClass[i]) != kNoSlot;
}

// With smc-enable off, the cache is part of the tuple space: what it finds took one probe.
static POLLUX_INLINE void countSignatureHits(PmdState& pmd, uint32_t hits) noexcept {
  if (pmd.smcEnabled) return pmd.count(kPmdCounterSmcHits, hits);
  pmd.count(kPmdCounterMegaflowHits, hits);
  pmd.count(kPmdCounterMaskedLookups, hits);
}

// Gives flows to the packets in `missed` whose key the signature-match cache knows; returns how
// many are left in it. Like exactMatch, with a flow's own mask and key to verify against.
static inline uint32_t signatureMatch(PmdState& pmd, Burst& burst, uint8_t* missed,
                                      uint32_t misses) noexcept {
  uint32_t stamp[kBurstMax];
  for (uint32_t k = 0; k < misses; k++) {
    rte_prefetch0(&pmd.signatures.set(burst.hash[missed[k]]));
  }
  for (uint32_t k = 0; k < misses; k++) {
    const uint64_t hash = burst.hash[missed[k]];
    const ExactSet& set = pmd.signatures.set(hash);
    const uint32_t ways = matchTags(set.tag, SignatureMatch::tagOf(hash));
    const uint32_t cached = set.stamp[__builtin_ctz(ways | 0x80)];
    stamp[k] = ways ? cached : kNoStamp;
    const uint32_t id = ways ? cached & kFlowIdMask : 0;
    fetchFlow(pmd, id);
    rte_prefetch0(pmd.flows.narrowKey(id));
  }
  const bool pending = pmd.pending.misses() != 0;
  const bool teaching = cacheWorthTeaching(pmd);
  uint32_t left = 0;
  for (uint32_t k = 0; k < misses; k++) {
    const uint32_t i = missed[k];
    const uint32_t id = stamp[k] & kFlowIdMask;
    if (!signatureHolds(pmd, burst, i, stamp[k]) || (pending && isPending(pmd, burst, i))) {
      missed[left++] = static_cast<uint8_t>(i);
      continue;
    }
    burst.flow[i] = id;
    if (teaching) learn(pmd, burst, i, id);
  }
  countSignatureHits(pmd, misses - left);
  pmd.signatures.learnWorth(misses, misses - left);
  return left;
}

// Packets one by one: mixed ports or classes.
static inline uint32_t tupleSpaceAny(PmdState& pmd, Burst& burst, uint8_t* missed, uint32_t misses,
                                     uint8_t* found) noexcept {
  uint32_t left = 0;
  uint32_t hits = 0;
  uint32_t probed = 0;
  for (uint32_t k = 0; k < misses; k++) {
    const uint32_t i = missed[k];
    const uint64_t* key = keyOf(burst, i);
    const uint32_t id = pmd.tuples.lookup(key, swap32(static_cast<uint32_t>(key[0])),
                                          burst.keyClass[i], &probed);
    burst.flow[i] = id;
    if (id == kNoFlow) missed[left++] = static_cast<uint8_t>(i);
    else found[hits++] = static_cast<uint8_t>(i);
  }
  pmd.count(kPmdCounterMaskedLookups, probed);
  return left;
}

// The packets of a burst that still look for a flow, and those that found one.
struct Search {
  uint8_t* missed;
  uint8_t* found;
  uint32_t misses;
  uint32_t hits;
};

// Probes one subtable for every packet of the search. The buckets, then the candidates of all
// packets are fetched together. Whether a packet matches is as good as random, so nothing branches
// on it.
static POLLUX_INLINE void probeSubtable(PmdState& pmd, Burst& burst, uint32_t index,
                                        const RuleTable::Geometry& geometry,
                                        Search& search) noexcept {
  uint64_t hash[kBurstMax];
  uint32_t candidate[kBurstMax];
  TupleSpace& tuples = pmd.tuples;
  Subtable& table = tuples.subtable(index);
  const uint8_t* const missed = search.missed;
  const uint32_t misses = search.misses;
  for (uint32_t k = 0; k < misses; k++) {
    hash[k] = hashNarrowMasked(burst.narrow[missed[k]], table, pmd.secret);
    rte_prefetch0(geometry.bucket(hash[k]));
  }
  for (uint32_t k = 0; k < misses; k++) {
    const RuleBucket* bucket = geometry.bucket(hash[k]);
    const uint32_t ways = matchTags(bucket->tag, RuleTable::tagOf(hash[k])) & 0x7f;
    // Without a match: the way after the last, then replaced without a branch.
    uint32_t id = bucket->id[__builtin_ctz(ways | 0x80)];
    id = ways ? id : kNoFlow;
    if (__builtin_expect(!ways && bucket->next != 0, 0)) {
      id = tuples.find(burst.narrow[missed[k]], index, hash[k]);
    }
    candidate[k] = id;
    const uint32_t fetch = id == kNoFlow ? 0 : id;
    fetchFlow(pmd, fetch);
    rte_prefetch0(pmd.flows.narrowKey(fetch));
  }
  uint32_t left = 0;
  uint32_t hits = search.hits;
  for (uint32_t k = 0; k < misses; k++) {
    const uint32_t i = missed[k];
    uint32_t id = candidate[k];
    bool match = (pmd.flows.hot(id).subtable == index) &
                 sameMasked(burst.narrow[i], table.mask, pmd.flows.narrowKey(id));
    if (__builtin_expect(!match && id != kNoFlow, 0)) {
      // Another entry with the same tag came first.
      id = tuples.find(burst.narrow[i], index, hash[k]);
      match = id != kNoFlow;
    }
    burst.flow[i] = id;
    search.missed[left] = static_cast<uint8_t>(i);
    left += !match;
    search.found[hits] = static_cast<uint8_t>(i);
    hits += match;
  }
  table.hits += hits - search.hits;
  search.misses = left;
  search.hits = hits;
}

// Packets of class 0 from one port: one subtable after the other.
static inline uint32_t tupleSpaceTogether(PmdState& pmd, Burst& burst, uint8_t* missed,
                                          uint32_t misses, uint8_t* found) noexcept {
  const SubtableList& list = pmd.tuples.list(burst.port, 0);
  const RuleTable::Geometry geometry = pmd.tuples.rules().geometry();
  Search search{missed, found, misses, 0};
  uint32_t probed = 0;
  for (uint32_t s = 0; s < list.count && search.misses; s++) {
    const uint32_t before = search.hits;
    probeSubtable(pmd, burst, list.index[s], geometry, search);
    probed += (search.hits - before) * (s + 1);
  }
  pmd.count(kPmdCounterMaskedLookups, probed);
  return search.misses;
}

// Gives flows to the packets in `missed` that match a wildcarded flow; returns how many are left.
static inline uint32_t tupleSpace(PmdState& pmd, Burst& burst, uint8_t* missed,
                                  uint32_t misses) noexcept {
  uint8_t found[kBurstMax + 1];
  // The common case: a burst from one port, all of class 0.
  bool together = burst.received;
  for (uint32_t i = 0; i < kBurstMax; i++) together &= burst.keyClass[i] == 0;
  const uint32_t left = together ? tupleSpaceTogether(pmd, burst, missed, misses, found)
                                 : tupleSpaceAny(pmd, burst, missed, misses, found);
  if (pmd.signatures.worthTeaching()) {
    for (uint32_t k = 0; k < misses - left; k++) {
      const uint32_t i = found[k];
      pmd.signatures.insert(burst.hash[i], pmd.flows.hot(burst.flow[i]).stamp, pmd.flows,
                            pmd.nextRandom());
    }
  }
  const uint32_t unsettled = settleFound(pmd, burst, found, misses - left, missed, left);
  pmd.count(kPmdCounterMegaflowHits, misses - unsettled);
  return unsettled;
}

}  // namespace POLLUX_LEVEL
}  // namespace pollux
