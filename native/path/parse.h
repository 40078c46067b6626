// SPDX-License-Identifier: Apache-2.0
// Step: from packets to keys and hashes. Included once per SIMD level.
//
// Most packets are IPv4 with TCP or UDP, untagged or with one tag: their key is put together from a
// few words, or by one byte permutation. All others go through extractKey(); test/path holds both
// against each other.
#pragma once
#include <immintrin.h>

#include "../packet/extract.h"
#include "state.h"

namespace pollux {
namespace POLLUX_LEVEL {

// How far ahead packet headers are fetched: about one memory latency of parsing.
constexpr uint32_t kPrefetchAhead = 6;

// Whether the frame is untagged, unfragmented IPv4 without options and TCP or UDP, whole and
// consistent. Returns the protocol, or 0.
static POLLUX_INLINE uint32_t commonProtocol(const uint8_t* frame, uint32_t bytes) noexcept {
  if (__builtin_expect(bytes < 42, 0)) return 0;
  // EtherType and the version byte; the fragment offset and "more fragments".
  const uint32_t typeAndVersion = load<uint32_t>(frame + 12) & 0x00ffffff;
  const uint32_t fragment = load<uint16_t>(frame + 20) & swap16(0x3fff);
  if (__builtin_expect((typeAndVersion ^ 0x00450008) | fragment, 0)) return 0;
  const uint32_t total = loadBe16(frame + 16);
  const uint32_t protocol = frame[23];
  if (__builtin_expect(total > bytes - kEthHeaderBytes, 0)) return 0;
  if (__builtin_expect(protocol == kIpUdp, 1)) {
    return total >= kIpv4HeaderBytes + kUdpHeaderBytes ? protocol : 0;
  }
  if (protocol != kIpTcp || total < kIpv4HeaderBytes + kTcpHeaderBytes) return 0;
  const uint32_t headerBytes = (frame[46] >> 4) * 4u;
  return headerBytes >= kTcpHeaderBytes && kIpv4HeaderBytes + headerBytes <= total ? protocol : 0;
}

// The same for a frame with one VLAN tag, which burst.offsets must then describe.
static POLLUX_INLINE uint32_t taggedProtocol(const uint8_t* frame, uint32_t bytes) noexcept {
  if (bytes < 42 + kVlanTagBytes || !isVlanType(loadBe16(frame + 12))) return 0;
  return commonProtocol(frame + kVlanTagBytes, bytes - kVlanTagBytes);
}

#if POLLUX_SIMD >= 512

// Key byte i of such a frame is frame byte from[i] & keep[tcp][i], or set[i].
struct alignas(64) CommonShape {
  uint8_t from[64];
  uint8_t keep[2][64];
  uint8_t set[64];
};

constexpr CommonShape makeCommonShape(uint32_t tagBytes) noexcept {
  CommonShape shape{};
  auto move = [&](uint32_t to, uint32_t from, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; i++) {
      shape.from[to + i] = static_cast<uint8_t>(from + i);
      shape.keep[0][to + i] = shape.keep[1][to + i] = 0xff;
    }
  };
  move(offsetof(FlowKey, eth_dst), 0, 12);
  if (tagBytes != 0) {
    move(offsetof(FlowKey, vlan_tpid0), 12, 2);
    move(offsetof(FlowKey, vlan_tci0), 14, 2);
    shape.set[offsetof(FlowKey, vlan_tci0)] = kVlanCfi >> 8;
  }
  move(offsetof(FlowKey, eth_type), tagBytes + 12, 2);
  move(offsetof(FlowKey, nw_proto), tagBytes + 23, 1);
  move(offsetof(FlowKey, nw_src), tagBytes + 26, 8);
  move(offsetof(FlowKey, nw_tos), tagBytes + 15, 1);
  move(offsetof(FlowKey, nw_ttl), tagBytes + 22, 1);
  move(offsetof(FlowKey, tcp_flags), tagBytes + 46, 2);
  move(offsetof(FlowKey, tp_src), tagBytes + 34, 4);
  shape.keep[0][offsetof(FlowKey, tcp_flags)] = 0;
  shape.keep[0][offsetof(FlowKey, tcp_flags) + 1] = 0;
  shape.keep[1][offsetof(FlowKey, tcp_flags)] = 0x0f;
  return shape;
}
static constexpr CommonShape kCommonShape[] = {makeCommonShape(0), makeCommonShape(kVlanTagBytes)};

// Hash of 64 bytes: AES rounds keyed with secrets.
static POLLUX_INLINE uint64_t hash512(__m512i x, const HashSecret& secret) noexcept {
  const __m512i* keys = reinterpret_cast<const __m512i*>(secret.word);
  x = _mm512_aesenc_epi128(_mm512_xor_si512(x, _mm512_load_si512(keys)),
                           _mm512_load_si512(keys + 1));
  const __m256i y =
      _mm256_aesenc_epi128(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
  __m128i z = _mm_aesenc_si128(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));
  const __m128i* last = reinterpret_cast<const __m128i*>(secret.word + 16);
  z = _mm_aesenc_si128(z, _mm_load_si128(last));
  z = _mm_aesenc_si128(z, _mm_load_si128(last + 1));
  return static_cast<uint64_t>(_mm_cvtsi128_si64(z));
}

static POLLUX_INLINE uint64_t hashNarrow(const uint64_t* key, const HashSecret& secret) noexcept {
  return hash512(_mm512_load_si512(key), secret);
}

static POLLUX_INLINE uint64_t hashNarrowMasked(const uint64_t* key, const Subtable& table,
                                               const HashSecret& secret) noexcept {
  const __m512i masked = _mm512_and_si512(_mm512_loadu_si512(key), _mm512_load_si512(table.mask));
  return hash512(_mm512_xor_si512(masked, _mm512_set1_epi64(static_cast<int64_t>(table.seed))),
                 secret);
}

// Puts the key together and returns its hash.
template <bool Tagged>
static POLLUX_INLINE uint64_t commonKey(const uint8_t* frame, uint32_t bytes, uint32_t protocol,
                                        uint64_t word0, uint64_t* key,
                                        const HashSecret& secret) noexcept {
  const CommonShape& shape = kCommonShape[Tagged];
  const uint64_t there = bytes >= 64 ? ~0ull : (1ull << bytes) - 1;
  const __m512i in = _mm512_maskz_loadu_epi8(there, frame);
  const __m512i moved = _mm512_permutexvar_epi8(_mm512_load_si512(shape.from), in);
  __m512i kept = _mm512_and_si512(moved, _mm512_load_si512(shape.keep[protocol == kIpTcp]));
  if (Tagged) kept = _mm512_or_si512(kept, _mm512_load_si512(shape.set));
  const __m512i out = _mm512_mask_set1_epi64(kept, 1, static_cast<int64_t>(word0));
  _mm512_store_si512(key, out);
  return hash512(out, secret);
}

#else

static POLLUX_INLINE uint64_t hashNarrow(const uint64_t* key, const HashSecret& secret) noexcept {
  return hashKey(key, 8, secret);
}

static POLLUX_INLINE uint64_t hashNarrowMasked(const uint64_t* key, const Subtable& table,
                                               const HashSecret& secret) noexcept {
  switch (table.words) {
    case 2:
      return hashMasked<2>(key, table, secret);
    case 3:
      return hashMasked<3>(key, table, secret);
    case 4:
      return hashMasked<4>(key, table, secret);
    case 5:
      return hashMasked<5>(key, table, secret);
    default:
      return hashMasked<0>(key, table, secret);
  }
}

template <bool Tagged>
static POLLUX_INLINE uint64_t commonKey(const uint8_t* frame, uint32_t, uint32_t protocol,
                                        uint64_t word0, uint64_t* key,
                                        const HashSecret& secret) noexcept {
  const uint8_t* const ether = frame + (Tagged ? kVlanTagBytes : 0);
  uint64_t flags = 0;
  if (protocol == kIpTcp) flags = load<uint16_t>(ether + 46) & swap16(0x0fff);
  const uint64_t type = load<uint16_t>(ether + 12);
  const uint64_t tci = Tagged ? load<uint16_t>(frame + 14) | swap16(kVlanCfi) : 0;
  const uint64_t tpid = Tagged ? load<uint16_t>(frame + 12) : 0;
  key[0] = word0;
  key[1] = load<uint64_t>(frame);
  key[2] = load<uint32_t>(frame + 8) | type << 32 | tci << 48;
  key[3] = static_cast<uint64_t>(protocol) << 56 | tpid;
  key[4] = load<uint64_t>(ether + 26);
  key[5] = ether[15] | static_cast<uint64_t>(ether[22]) << 8 | flags << 16 |
           static_cast<uint64_t>(load<uint32_t>(ether + 34)) << 32;
  key[6] = 0;
  key[7] = 0;
  return hashKey(key, 8, secret);
}

#endif

// Any packet, with its metadata. Fills the burst's entry `i`.
static inline void parseAny(PmdState& pmd, Burst& burst, uint32_t i,
                            const PacketMeta& meta) noexcept {
  const rte_mbuf* packet = burst.packet[i];
  FlowKey& key = *reinterpret_cast<FlowKey*>(burst.wide[i]);
  burst.offsets[i] = extractKey(rte_pktmbuf_mtod(packet, const uint8_t*), packet->data_len, meta,
                                pmd.vlanLimit, &key);
  const uint32_t keyClass = keyClassOf(key);
  burst.keyClass[i] = static_cast<uint8_t>(keyClass);
  __builtin_memcpy(burst.narrow[i], burst.wide[i], 64);
  burst.hash[i] = keyClass == 0 ? hashNarrow(burst.narrow[i], pmd.secret)
                                : hashKey(burst.wide[i], kKeyClassBytes[keyClass] / 8, pmd.secret);
}

// Whether the packet is one segment, and nobody else's: an output to several devices shares it,
// and a device inside this process (net_ring) may bring it back.
static POLLUX_INLINE bool isPlain(const rte_mbuf* packet) noexcept {
  static_assert(offsetof(rte_mbuf, nb_segs) == offsetof(rte_mbuf, refcnt) + 2);
  return load<uint32_t>(&packet->refcnt) == 0x00010001;
}

// A received packet of the common shape behind one tag. False, with nothing done, for any other.
static POLLUX_INLINE bool parseReceivedTagged(PmdState& pmd, Burst& burst, uint32_t i,
                                              uint64_t word0) noexcept {
  const rte_mbuf* packet = burst.packet[i];
  const uint8_t* frame = rte_pktmbuf_mtod(packet, const uint8_t*);
  const uint32_t protocol = taggedProtocol(frame, packet->data_len);
  if (protocol == 0 || !isPlain(packet)) return false;
  const uint64_t hash = commonKey<true>(frame, packet->data_len, protocol, word0, burst.narrow[i],
                                        pmd.secret);
  constexpr uint32_t l3 = kEthHeaderBytes + kVlanTagBytes;
  burst.offsets[i] = {kNoOffset, l3, l3 + kIpv4HeaderBytes, static_cast<uint8_t>(protocol), 0};
  burst.hash[i] = hash;
  rte_prefetch0(&pmd.narrowCache.set(hash));
  return true;
}

// Makes a packet plain. False when it had to be dropped.
static inline bool makePlain(PmdState& pmd, Burst& burst, uint32_t i) noexcept {
  rte_mbuf* packet = burst.packet[i];
  if (rte_mbuf_refcnt_read(packet) != 1) {
    rte_mbuf* copy = rte_pktmbuf_copy(packet, packet->pool, 0, UINT32_MAX);
    if (!copy) {
      dropPacket(pmd, packet, kDropDatapathDropNoBuffer);
      return false;
    }
    rte_pktmbuf_free(packet);
    burst.packet[i] = packet = copy;
  }
  if (packet->nb_segs == 1 || rte_pktmbuf_linearize(packet) == 0) return true;
  pmd.ports[burst.port].counters[kPortCounterRxDropped]++;
  dropPacket(pmd, packet, kDropDatapathDropRxInvalidPacket);
  return false;
}

// A packet that is not of the common shape, as received. False when it had to be dropped.
static __attribute__((noinline)) bool parseReceivedAny(PmdState& pmd, Burst& burst,
                                                       uint32_t i) noexcept {
  if (!isPlain(burst.packet[i]) && !makePlain(pmd, burst, i)) return false;
  parseAny(pmd, burst, i, PacketMeta{burst.port, 0, 0, 0, 0});
  return true;
}

}  // namespace POLLUX_LEVEL
}  // namespace pollux
