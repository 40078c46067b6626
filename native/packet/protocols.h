// SPDX-License-Identifier: Apache-2.0
// Numbers of the wire: EtherTypes and IP protocols, in host byte order.
#pragma once
#include <cstdint>

namespace pollux {

enum EtherType : uint16_t {
  kEthIpv4 = 0x0800,
  kEthArp = 0x0806,
  kEthRarp = 0x8035,
  kEthVlan = 0x8100,
  kEthIpv6 = 0x86dd,
  kEthMpls = 0x8847,
  kEthMplsMulticast = 0x8848,
  kEthQinq = 0x88a8,
  kEthNsh = 0x894f,
};

enum IpProtocol : uint8_t {
  kIpHopOptions = 0,
  kIpIcmp = 1,
  kIpIgmp = 2,
  kIpTcp = 6,
  kIpUdp = 17,
  kIpRouting = 43,
  kIpFragment = 44,
  kIpAuthentication = 51,
  kIpIcmpv6 = 58,
  kIpDestinationOptions = 60,
  kIpSctp = 132,
};

// Packet types that are EtherTypes: of packets without an Ethernet header (ovs-fields(7)).
inline constexpr uint32_t kPacketTypeEtherType = 1u << 16;

inline constexpr uint32_t kEthHeaderBytes = 14;
inline constexpr uint32_t kVlanTagBytes = 4;
inline constexpr uint32_t kIpv4HeaderBytes = 20;
inline constexpr uint32_t kIpv6HeaderBytes = 40;
inline constexpr uint32_t kTcpHeaderBytes = 20;
inline constexpr uint32_t kUdpHeaderBytes = 8;
inline constexpr uint32_t kSctpHeaderBytes = 12;

// Lowest value of the length/type field that is a type (IEEE 802.3 §3.2.6).
inline constexpr uint16_t kEthTypeMin = 0x600;

inline bool isVlanType(uint16_t type) noexcept { return type == kEthVlan || type == kEthQinq; }

}  // namespace pollux
