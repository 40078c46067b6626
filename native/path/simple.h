// SPDX-License-Identifier: Apache-2.0
// Step: simple match (native/tables/simple-match.h). Included once per SIMD level.
//
// A burst of nothing but untagged IPv4 with TCP or UDP from a port whose flows are all simple
// needs neither keys nor hashes: it belongs to one flow. Any other burst of such a port is parsed,
// and its packets are compared with the port's few flows.

namespace pollux {
namespace POLLUX_LEVEL {

// Not while packets wait for an answer: theirs may be among those of the burst.
static POLLUX_INLINE bool simpleMatchServes(const PmdState& pmd, const Burst& burst) noexcept {
  return burst.received && pmd.simple[burst.port].complete() && pmd.pending.misses() == 0;
}

// Gives flows to the packets that match one of the port's; lists the others in `missed`.
static inline uint32_t simpleMatch(PmdState& pmd, Burst& burst, uint8_t* missed) noexcept {
  const SimplePort& port = pmd.simple[burst.port];
  uint32_t misses = 0;
  for (uint32_t i = 0; i < burst.count; i++) {
    const uint32_t id = port.find(burst.narrow[i], burst.keyClass[i]);
    burst.flow[i] = id;
    missed[misses] = static_cast<uint8_t>(i);
    misses += id == kNoFlow;
  }
  pmd.count(kPmdCounterSimpleMatchHits, burst.count - misses);
  return misses;
}

// Runs a burst that belongs to one simple flow. False, with nothing done, for any other.
static POLLUX_INLINE bool receivedSimple(PmdState& pmd, Burst& burst, uint32_t port,
                                         uint32_t count) noexcept {
  const uint32_t id = pmd.simple[port].common();
  if (__builtin_expect(id == kNoFlow || pmd.pending.misses() != 0, 1)) return false;
  for (uint32_t i = 0; i < kPrefetchAhead && i < count; i++) {
    rte_prefetch0(rte_pktmbuf_mtod(burst.packet[i], void*));
  }
  uint64_t bytes = 0;
  uint32_t flags = 0;
  for (uint32_t i = 0; i < count; i++) {
    const rte_mbuf* packet = burst.packet[i];
    if (i + kPrefetchAhead < count) {
      rte_prefetch0(rte_pktmbuf_mtod(burst.packet[i + kPrefetchAhead], void*));
    }
    const uint8_t* frame = rte_pktmbuf_mtod(packet, const uint8_t*);
    const uint32_t protocol = commonProtocol(frame, packet->data_len);
    if (__builtin_expect(protocol == 0 || !isPlain(packet), 0)) return false;
    bytes += packet->pkt_len;
    if (protocol == kIpTcp) flags |= load<uint16_t>(frame + 46) & swap16(0x0fff);
    // What running a program needs of the key.
    burst.narrow[i][3] = static_cast<uint64_t>(protocol) << 56;
  }
  burst.received = true;
  burst.port = port;
  burst.count = count;
  burst.common = static_cast<uint32_t>((1ull << count) - 1);
  uint64_t* counters = pmd.ports[port].counters;
  counters[kPortCounterRxPackets] += count;
  counters[kPortCounterRxBytes] += bytes;
  pmd.count(kPmdCounterRxPackets, count);
  pmd.count(kPmdCounterSimpleMatchHits, count);
  executeRun(pmd, burst, 0, count, id, bytes, flags);
  return true;
}

}  // namespace POLLUX_LEVEL
}  // namespace pollux
