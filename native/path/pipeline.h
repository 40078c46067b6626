// SPDX-License-Identifier: Apache-2.0
// The packet's path, included once per SIMD level by isa-*.cc with POLLUX_LEVEL defined.
//
//   received ──► parse ──► exact match ──► tuple space ──► miss ──► execute ──► (recirculate)
#include <rte_prefetch.h>

#include "classify.h"
#include "execute.h"
#include "parse.h"

namespace pollux {
namespace POLLUX_LEVEL {

// How far ahead packet headers are fetched: about one memory latency of parsing.
constexpr uint32_t kPrefetchAhead = 6;

// Fills the burst from packets of one port; drops what cannot be parsed.
static inline void parseReceived(PmdState& pmd, Burst& burst, uint32_t port, rte_mbuf** packets,
                                 uint32_t count) noexcept {
  const uint64_t word0 = swap32(port);
  // What words 6 and 7 contribute when they are zero.
  const uint64_t tail = foldedProduct(pmd.secret.word[6], pmd.secret.word[7]);
  const PacketMeta meta{port, 0, 0, 0, 0};
  for (uint32_t i = 0; i < kPrefetchAhead && i < count; i++) {
    rte_prefetch0(rte_pktmbuf_mtod(packets[i], void*));
  }
  uint32_t n = 0;
  uint64_t total = 0;
  for (uint32_t i = 0; i < count; i++) {
    rte_mbuf* packet = packets[i];
    if (i + kPrefetchAhead < count) {
      rte_prefetch0(rte_pktmbuf_mtod(packets[i + kPrefetchAhead], void*));
    }
    const uint8_t* frame = rte_pktmbuf_mtod(packet, const uint8_t*);
    burst.packet[n] = packet;
    burst.length[n] = packet->pkt_len;
    total += packet->pkt_len;
    uint64_t* key = burst.narrow[n];
    const uint32_t protocol = parseCommon(frame, packet->data_len, key);
    if (__builtin_expect(protocol != 0 && packet->nb_segs == 1, 1)) {
      key[0] = word0;
      key[6] = 0;
      key[7] = 0;
      const uint64_t* s = pmd.secret.word;
      const uint64_t hash = foldedProduct(word0 ^ s[0], key[1] ^ s[1]) +
                            foldedProduct(key[2] ^ s[2], key[3] ^ s[3]) +
                            foldedProduct(key[4] ^ s[4], key[5] ^ s[5]) + tail;
      burst.hash[n] = hash;
      burst.keyClass[n] = 0;
      store<uint64_t>(&burst.offsets[n],
                      0x000000220000ffffull | uint64_t{kEthHeaderBytes} << 16 |
                          static_cast<uint64_t>(protocol) << 48);
      rte_prefetch0(&pmd.narrowCache.set(hash));
    } else {
      if (!makeLinear(packet)) {
        pmd.ports[port].counters[kPortCounterRxDropped]++;
        dropPacket(pmd, packet, kDropDatapathDropRxInvalidPacket);
        continue;
      }
      burst.meta[n] = meta;
      parseAny(pmd, burst, n);
    }
    n++;
  }
  burst.count = n;
  pmd.ports[port].counters[kPortCounterRxPackets] += count;
  pmd.ports[port].counters[kPortCounterRxBytes] += total;
  pmd.count(kPmdCounterRxPackets, count);
}

// Looks every packet up, accounts and runs it.
static inline void process(PmdState& pmd, Burst& burst, uint32_t port, bool onePort) noexcept {
  uint8_t missed[kBurstMax];
  uint32_t misses = exactMatch(pmd, burst, missed);
  if (misses) misses = tupleSpace(pmd, burst, port, onePort, missed, misses);
  for (uint32_t k = 0; k < misses; k++) {
    const uint32_t i = missed[k];
    upcallMiss(pmd, burst.packet[i], burst.hash[i], keyOf(burst, i), burst.keyClass[i],
               burst.depth[i]);
    burst.flow[i] = kTaken;
  }
  executeBurst(pmd, burst);
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
      burst.length[n] = entry.packet->pkt_len;
      burst.meta[n] = entry.meta;
      burst.depth[n] = static_cast<uint8_t>(entry.depth);
      parseAny(pmd, burst, n);
    }
    burst.count = n;
    process(pmd, burst, 0, false);
  }
}

static void received(PmdState& pmd, uint32_t port, rte_mbuf** packets, uint32_t count) noexcept {
  Burst& burst = pmd.burst;
  parseReceived(pmd, burst, port, packets, count);
  for (uint32_t i = 0; i < burst.count; i++) {
    burst.depth[i] = 0;
    burst.meta[i] = {port, 0, 0, 0, 0};
  }
  process(pmd, burst, port, true);
  recirculate(pmd);
}

}  // namespace POLLUX_LEVEL
}  // namespace pollux
