// SPDX-License-Identifier: Apache-2.0
// Packet buffers.
//
// What it is
// ==========
// One pool per (NUMA socket, size class), shared by the ports of that class. The class is the frame
// (MTU + 26: Ethernet, CRC, two VLAN tags) rounded up to 1 KiB, so that a frame fits one buffer.
//
// Limits
// ======
// A new pool asks for `kBuffersWanted` buffers, on hugepages and for ordinary frames for
// `kBuffersMany`, as the stock switch does; it halves the wish until it is granted, at
// `kBuffersLeast` it gives up.
//
// Thread-safety
// =============
// Control thread only. A released pool is freed when its last buffer has come home: buffers may
// still be parked or in a guest's ring.
#pragma once

#include <rte_mempool.h>

#include <cstdint>

namespace pollux {

constexpr uint32_t kBuffersMany = 262144;
constexpr uint32_t kBuffersWanted = 65536;
constexpr uint32_t kBuffersLeast = 16384;

// A reference on the pool for that MTU, or nullptr with rte_errno set.
rte_mempool* mbufPoolAcquire(int socket, uint16_t mtu);
// The same for devices that carry little, of which there may be many.
rte_mempool* mbufPoolAcquireFew(uint16_t mtu);
// A reference on the pool for packets that the control thread makes: few and large.
rte_mempool* mbufPoolAcquireInject();
void mbufPoolRelease(rte_mempool* pool);

// Bytes of payload one buffer of that MTU's class holds (headroom apart).
uint32_t mbufPoolRoom(uint16_t mtu);

// Frees released pools that are complete again.
void mbufPoolSweep();

}  // namespace pollux
