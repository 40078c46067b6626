// SPDX-License-Identifier: Apache-2.0
#include "tx.h"

namespace pollux {

void flushPort(PmdState& pmd, TxPort& port) noexcept {
  const uint16_t count = port.count;
  if (count == 0) return;
  port.count = 0;
  uint64_t bytes = port.bytes;
  port.bytes = 0;
  const uint16_t sent = port.netdev->txBurst(port.queue, port.packets, count);
  for (uint16_t i = sent; i < count; i++) {
    bytes -= port.packets[i]->pkt_len;
    dropPacket(pmd, port.packets[i], kDropDatapathDropTxFailed);
  }
  port.counters[kPortCounterTxPackets] += sent;
  port.counters[kPortCounterTxBytes] += bytes;
  port.counters[kPortCounterTxDropped] += count - sent;
  pmd.count(kPmdCounterTxPackets, sent);
  if (sent) pmd.count(kPmdCounterTxBatches, 1);
}

void flushPorts(PmdState& pmd) noexcept {
  for (uint32_t i = 0; i < pmd.dirtyCount; i++) {
    TxPort& port = pmd.ports[pmd.dirty[i]];
    port.queued = false;
    flushPort(pmd, port);
  }
  pmd.dirtyCount = 0;
  pmd.txDeadline = 0;
}

}  // namespace pollux
