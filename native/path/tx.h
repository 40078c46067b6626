// SPDX-License-Identifier: Apache-2.0
// Sending: packets collect per port and leave in bursts after each queue's packets, or sooner when
// a burst is full. With a flush interval they wait for others, at most so long.
#pragma once
#include "state.h"

namespace pollux {

// Sends what a port has collected. What the device refuses is dropped.
void flushPort(PmdState& pmd, TxPort& port) noexcept;

// Sends what every port has collected.
void flushPorts(PmdState& pmd) noexcept;

// The same once packets have waited for the flush interval. Returns true when it sent.
POLLUX_INLINE bool flushDue(PmdState& pmd, uint64_t now) noexcept {
  if (pmd.dirtyCount == 0) return false;
  if (__builtin_expect(pmd.txFlushCycles != 0, 0)) {
    if (pmd.txDeadline == 0) pmd.txDeadline = now + pmd.txFlushCycles;
    if (now < pmd.txDeadline) return false;
  }
  flushPorts(pmd);
  return true;
}

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
