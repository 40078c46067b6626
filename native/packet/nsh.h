// SPDX-License-Identifier: Apache-2.0
// Network Service Header (RFC 8300 §2): version 2 bits, flags, TTL 6, length in words 6, type 4,
// next protocol 8, service path 24, index 8, context headers.
#pragma once
#include "bytes.h"
#include "protocols.h"

namespace pollux {

inline constexpr uint32_t kNshBaseBytes = 8;
inline constexpr uint32_t kNshType1Bytes = 24;
inline constexpr uint8_t kNshType1 = 1;
inline constexpr uint8_t kNshType2 = 2;
// Of a set's value.
inline constexpr uint32_t kNshFormBytes = 24;

inline uint32_t nshBytes(const uint8_t* nsh) noexcept { return (nsh[1] & 63u) * 4; }

// False when it is none that can be handled.
inline bool nshNextPacketType(uint8_t next, uint32_t* packetType) noexcept {
  switch (next) {
    case 1:
      *packetType = kPacketTypeEtherType | kEthIpv4;
      return true;
    case 2:
      *packetType = kPacketTypeEtherType | kEthIpv6;
      return true;
    case 3:
      *packetType = 0;
      return true;
    case 4:
      *packetType = kPacketTypeEtherType | kEthNsh;
      return true;
    default:
      return false;
  }
}

}  // namespace pollux
