// SPDX-License-Identifier: Apache-2.0
// Sending: packets collect per port and leave in bursts at the end of the iteration, or sooner when
// a burst is full.
#pragma once
#include "state.h"

namespace pollux {

// Sends what a port has collected. What the device refuses is dropped.
void flushPort(PmdState& pmd, TxPort& port) noexcept;

// Sends what every port has collected.
void flushPorts(PmdState& pmd) noexcept;

POLLUX_INLINE void queueOutput(PmdState& pmd, rte_mbuf* packet, uint32_t portNumber) noexcept {
  if (__builtin_expect(portNumber >= kPortsMax || !pmd.ports[portNumber].netdev, 0)) {
    return dropPacket(pmd, packet, kDropDatapathDropInvalidPort);
  }
  TxPort& port = pmd.ports[portNumber];
  port.packets[port.count++] = packet;
  port.bytes += packet->pkt_len;
  if (!port.queued) {
    port.queued = true;
    pmd.dirty[pmd.dirtyCount++] = static_cast<uint16_t>(portNumber);
  }
  if (__builtin_expect(port.count == kBurstMax, 0)) flushPort(pmd, port);
}

}  // namespace pollux
