// SPDX-License-Identifier: Apache-2.0
// The packet's path, included once per SIMD level by isa-*.cc with POLLUX_LEVEL (its namespace) and
// POLLUX_SIMD (bits of a vector) defined.
//
//   received → parse → simple match, or: exact match → signature match → tuple space → miss
//            → execute → (recirculate)
#include <rte_cycles.h>
#include <rte_prefetch.h>

#include "parse.h"

#include "execute.h"

#include "classify.h"

#include "simple.h"

namespace pollux {
namespace POLLUX_LEVEL {

// Turns burst.packet[0…count) into keys and hashes; drops what cannot be parsed.
static POLLUX_INLINE void parseReceived(PmdState& pmd, Burst& burst, uint32_t port,
                                        uint32_t count) noexcept {
  const uint64_t word0 = swap32(port);
  burst.received = true;
  burst.port = port;
  burst.common = 0;
  __builtin_memset(burst.keyClass, 0, sizeof burst.keyClass);
  for (uint32_t i = 0; i < kPrefetchAhead && i < count; i++) {
    rte_prefetch0(rte_pktmbuf_mtod(burst.packet[i], void*));
  }
  uint32_t n = 0;
  uint32_t common = 0;
  uint64_t total = 0;
  for (uint32_t i = 0; i < count; i++) {
    rte_mbuf* packet = burst.packet[i];
    if (i + kPrefetchAhead < count) {
      rte_prefetch0(rte_pktmbuf_mtod(burst.packet[i + kPrefetchAhead], void*));
    }
    const uint8_t* frame = rte_pktmbuf_mtod(packet, const uint8_t*);
    const uint32_t bytes = packet->data_len;
    total += packet->pkt_len;
    burst.packet[n] = packet;
    const uint32_t protocol = commonProtocol(frame, bytes);
    if (__builtin_expect(protocol != 0 && isPlain(packet), 1)) {
      const uint64_t hash =
          commonKey<false>(frame, bytes, protocol, word0, burst.narrow[n], pmd.secret);
      burst.hash[n] = hash;
      common |= 1u << n;
      rte_prefetch0(&pmd.narrowCache.set(hash));
    } else if (!parseReceivedTagged(pmd, burst, n, word0) && !parseReceivedAny(pmd, burst, n)) {
      continue;
    }
    n++;
  }
  burst.count = n;
  burst.common = common;
  uint64_t* counters = pmd.ports[port].counters;
  counters[kPortCounterRxPackets] += count;
  counters[kPortCounterRxBytes] += total;
  pmd.count(kPmdCounterRxPackets, count);
}

// Hands what matched nothing to the control thread.
static void parkMissed(PmdState& pmd, Burst& burst, const uint8_t* missed,
                       uint32_t misses) noexcept {
  const uint64_t before = rte_rdtsc();
  for (uint32_t k = 0; k < misses; k++) {
    const uint32_t i = missed[k];
    upcallMiss(pmd, burst.packet[i], burst.hash[i], keyOf(burst, i), burst.keyClass[i],
               burst.received ? 0 : burst.depth[i]);
    burst.flow[i] = kTaken;
  }
  pmd.count(kPmdCounterUpcallCycles, rte_rdtsc() - before);
}

// Looks every packet up, accounts and runs it.
static POLLUX_INLINE void process(PmdState& pmd, Burst& burst) noexcept {
  uint8_t missed[kBurstMax + 1];
  uint32_t misses;
  if (__builtin_expect(simpleMatchServes(pmd, burst), 0)) {
    misses = simpleMatch(pmd, burst, missed);
  } else {
    misses = exactMatch(pmd, burst, missed);
    if (misses && pmd.signatures.worthAsking()) misses = signatureMatch(pmd, burst, missed, misses);
  }
  if (misses) misses = tupleSpace(pmd, burst, missed, misses);
  if (misses) parkMissed(pmd, burst, missed, misses);
  executeBurst(pmd, burst, misses == 0);
}

// Another pass for everything that asked for one, oldest first.
static void recirculate(PmdState& pmd) noexcept {
  Recirculation& queue = pmd.recirculation;
  Burst& burst = pmd.burst;
  while (queue.head != queue.tail) {
    uint32_t n = 0;
    for (; n < kBurstMax && queue.head != queue.tail; n++) {
      const Recirculated& entry = queue.entry[queue.head++ % Recirculation::kMax];
      burst.packet[n] = entry.packet;
      burst.meta[n] = entry.meta;
      burst.depth[n] = static_cast<uint8_t>(entry.depth);
      parseAny(pmd, burst, n, entry.meta);
    }
    burst.received = false;
    burst.common = 0;
    burst.count = n;
    process(pmd, burst);
  }
}

static void received(PmdState& pmd, uint32_t port, uint32_t count) noexcept {
  if (!receivedSimple(pmd, pmd.burst, port, count)) {
    parseReceived(pmd, pmd.burst, port, count);
    process(pmd, pmd.burst);
  }
  if (__builtin_expect(pmd.recirculation.head != pmd.recirculation.tail, 0)) recirculate(pmd);
}

static uint64_t narrowHash(const uint64_t* key, const Subtable& table,
                           const HashSecret& secret) noexcept {
  return hashNarrowMasked(key, table, secret);
}

}  // namespace POLLUX_LEVEL
}  // namespace pollux
