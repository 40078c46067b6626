// SPDX-License-Identifier: Apache-2.0
// Step: from packets to keys and hashes. Included once per SIMD level.
//
// Most packets are untagged IPv4 with TCP or UDP: their key is put together from a few words. All
// others go through extractKey(); test/path holds both against each other.
#pragma once
#include "../packet/extract.h"
#include "state.h"

namespace pollux {

// Words of a narrow key in host order of a little-endian machine: see pmd/shm/flow-key.ts.
struct CommonKey {
  uint64_t word[6];
};

// Fills words 1…5 when the frame is untagged, unfragmented IPv4 without options and TCP or UDP,
// whole and consistent. Words 6 and 7 are zero. Returns the protocol, or 0.
POLLUX_INLINE uint32_t parseCommon(const uint8_t* frame, uint32_t bytes, uint64_t* word) noexcept {
  // IPv4, version 4 with 5 words, at least a UDP header behind it.
  if (__builtin_expect(bytes < 42, 0)) return 0;
  const uint32_t typeAndVersion = load<uint32_t>(frame + 12) & 0x00ffffff;
  const uint32_t fragment = load<uint16_t>(frame + 20) & swap16(0x3fff);
  if (__builtin_expect((typeAndVersion ^ 0x00450008) | fragment, 0)) return 0;
  const uint32_t total = loadBe16(frame + 16);
  const uint32_t protocol = frame[23];
  const uint32_t left = bytes - kEthHeaderBytes;
  if (__builtin_expect(total > left, 0)) return 0;
  uint64_t flags = 0;
  if (protocol == kIpUdp) {
    if (__builtin_expect(total < kIpv4HeaderBytes + kUdpHeaderBytes, 0)) return 0;
  } else if (protocol == kIpTcp) {
    if (__builtin_expect(total < kIpv4HeaderBytes + kTcpHeaderBytes, 0)) return 0;
    const uint32_t headerBytes = (frame[46] >> 4) * 4u;
    if (headerBytes < kTcpHeaderBytes || kIpv4HeaderBytes + headerBytes > total) return 0;
    flags = load<uint16_t>(frame + 46) & swap16(0x0fff);
  } else {
    return 0;
  }
  word[1] = load<uint64_t>(frame);
  word[2] = load<uint64_t>(frame + 8) & 0x0000ffffffffffffull;
  word[3] = static_cast<uint64_t>(protocol) << 56;
  word[4] = load<uint64_t>(frame + 26);
  word[5] = frame[15] | static_cast<uint64_t>(frame[22]) << 8 | flags << 16 |
            static_cast<uint64_t>(load<uint32_t>(frame + 34)) << 32;
  return protocol;
}

// Makes `packet` linear. False when it cannot be.
inline bool makeLinear(rte_mbuf* packet) noexcept {
  return packet->nb_segs == 1 || rte_pktmbuf_linearize(packet) == 0;
}

// Any packet. Fills the burst's entry `i`; the burst's meta[i] is already there.
inline void parseAny(PmdState& pmd, Burst& burst, uint32_t i) noexcept {
  const rte_mbuf* packet = burst.packet[i];
  FlowKey& key = *reinterpret_cast<FlowKey*>(burst.wide[i]);
  burst.offsets[i] = extractKey(rte_pktmbuf_mtod(packet, const uint8_t*), packet->data_len,
                                burst.meta[i], pmd.vlanLimit, &key);
  const uint32_t keyClass = keyClassOf(key);
  burst.keyClass[i] = static_cast<uint8_t>(keyClass);
  if (keyClass == 0) __builtin_memcpy(burst.narrow[i], burst.wide[i], 64);
  burst.hash[i] = hashKey(burst.wide[i], kKeyClassBytes[keyClass] / 8, pmd.secret);
}

}  // namespace pollux
