// SPDX-License-Identifier: Apache-2.0
// A hash by which packets of one flow are the same: addresses, protocol and ports.
#pragma once
#include <rte_hash_crc.h>
#include <rte_mbuf.h>

#include "../packet/bytes.h"
#include "../packet/protocols.h"

namespace pollux {

// The device's, where it gave one; else from the headers of the first segment. Fragments are told
// apart by their addresses alone, what is not IP by its MAC addresses.
inline uint32_t flowHash(const rte_mbuf* packet) noexcept {
  if (packet->ol_flags & RTE_MBUF_F_RX_RSS_HASH) return packet->hash.rss;
  const uint8_t* frame = rte_pktmbuf_mtod(packet, const uint8_t*);
  const uint32_t bytes = packet->data_len;
  if (bytes < 14) return 0;
  uint32_t at = 12;
  uint16_t type = loadBe16(frame + at);
  while ((type == 0x8100 || type == 0x88a8) && at + 6 <= bytes) {
    at += 4;
    type = loadBe16(frame + at);
  }
  at += 2;
  uint32_t hash = rte_hash_crc(frame, 12, type);
  uint8_t protocol = 0;
  bool whole = false;
  if (type == 0x0800 && at + 20 <= bytes) {
    protocol = frame[at + 9];
    whole = (loadBe16(frame + at + 6) & 0x3fff) == 0;
    hash = rte_hash_crc(frame + at + 12, 8, protocol);
    at += (frame[at] & 15u) * 4;
  } else if (type == 0x86dd && at + 40 <= bytes) {
    protocol = frame[at + 6];
    whole = true;
    hash = rte_hash_crc(frame + at + 8, 32, protocol);
    at += 40;
  }
  const bool ports = protocol == 6 || protocol == 17 || protocol == 132;
  if (!whole || !ports || at + 4 > bytes) return hash;
  return rte_hash_crc_4byte(load<uint32_t>(frame + at), hash);
}

}  // namespace pollux
