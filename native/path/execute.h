// SPDX-License-Identifier: Apache-2.0
// Step: accounting a burst on its flows and running their programs. Included once per SIMD level.
#pragma once
#include "../actions/action.h"
#include "tx.h"
#include "upcall.h"

namespace pollux {

// Marks a packet of a burst that a step has taken.
inline constexpr uint32_t kTaken = ~0u;

namespace POLLUX_LEVEL {

static POLLUX_INLINE const uint64_t* keyOf(const Burst& burst, uint32_t i) noexcept {
  return burst.keyClass[i] == 0 ? burst.narrow[i] : burst.wide[i];
}

static POLLUX_INLINE void accountRun(PmdState& pmd, uint32_t id, uint32_t packets, uint64_t bytes,
                                     uint32_t flagsBe) noexcept {
  FlowStats& stats = pmd.flows.stats(id);
  stats.packets += packets;
  stats.bytes += bytes;
  stats.used_ms = pmd.nowMs;
  if (__builtin_expect(flagsBe != 0, 0)) stats.tcp_flags |= swap16(static_cast<uint16_t>(flagsBe));
}

static __attribute__((noinline)) void runPrograms(PmdState& pmd, Burst& burst, uint32_t from,
                                                  uint32_t to, uint32_t id) noexcept {
  const Program program = programOf(pmd, pmd.flows.hot(id));
  for (uint32_t i = from; i < to; i++) {
    ActionContext context{pmd, burst.packet[i], {}, {}, 0, ~0u, id};
    if (burst.received) {
      context.meta.inPort = burst.port;
    } else {
      context.meta = burst.meta[i];
      context.depth = burst.depth[i];
    }
    if (burst.common >> i & 1) {
      const uint8_t protocol = static_cast<uint8_t>(burst.narrow[i][3] >> 56);
      context.offsets = {kNoOffset, kEthHeaderBytes, kEthHeaderBytes + kIpv4HeaderBytes, protocol,
                         0};
    } else {
      context.offsets = burst.offsets[i];
    }
    runProgram(context, program);
  }
}

// Appends packets from..to to a port's queue.
static POLLUX_INLINE void outputRun(PmdState& pmd, Burst& burst, uint32_t from, uint32_t to,
                                    uint32_t portNumber, uint64_t bytes) noexcept {
  TxPort& port = pmd.ports[portNumber];
  const uint32_t packets = to - from;
  if (__builtin_expect(!port.netdev || port.count + packets > kBurstMax, 0)) {
    for (uint32_t i = from; i < to; i++) queueOutput(pmd, burst.packet[i], portNumber);
    return;
  }
  uint32_t count = port.count;
  port.bytes += bytes;
  for (uint32_t i = from; i < to; i++) port.packets[count++] = burst.packet[i];
  port.count = static_cast<uint16_t>(count);
  if (__builtin_expect(!port.queued, 0)) {
    port.queued = true;
    pmd.dirty[pmd.dirtyCount++] = static_cast<uint16_t>(portNumber);
  }
  if (count == kBurstMax) flushPort(pmd, port);
}

// Accounts packets from..to on their flow and runs it.
static POLLUX_INLINE void executeRun(PmdState& pmd, Burst& burst, uint32_t from, uint32_t to,
                                     uint32_t id, uint64_t bytes, uint32_t flagsBe) noexcept {
  accountRun(pmd, id, to - from, bytes, flagsBe);
  const FlowHot& flow = pmd.flows.hot(id);
  if (__builtin_expect(flow.kind == kFlowOutput, 1)) {
    outputRun(pmd, burst, from, to, flow.operand, bytes);
  } else if (flow.kind == kFlowDrop) {
    pmd.drops[flow.operand] += to - from;
    rte_pktmbuf_free_bulk(burst.packet + from, to - from);
  } else {
    runPrograms(pmd, burst, from, to, id);
  }
}

// Kind and operand of a flow, to compare.
static POLLUX_INLINE uint64_t kindAndOperand(const FlowHot& flow) noexcept {
  static_assert(offsetof(FlowHot, operand) == 8 && offsetof(FlowHot, kind) == 12);
  return load<uint64_t>(&flow.operand) & 0x000000ff0000ffff;
}

// Accounts a burst whose packets have flows; returns their bytes.
static POLLUX_INLINE uint64_t accountBurst(PmdState& pmd, const Burst& burst) noexcept {
  uint64_t total = 0;
  for (uint32_t i = 0; i < burst.count;) {
    const uint32_t id = burst.flow[i];
    const uint32_t start = i;
    uint64_t bytes = 0;
    uint64_t word5 = 0;
    do {
      bytes += burst.packet[i]->pkt_len;
      word5 |= burst.narrow[i][5];
      i++;
    } while (i < burst.count && burst.flow[i] == id);
    accountRun(pmd, id, i - start, bytes, static_cast<uint16_t>(word5 >> 16));
    total += bytes;
  }
  return total;
}

// The commonest burst: every packet has a flow, and all flows do nothing but send to one port.
// False, with nothing done, for any other.
static POLLUX_INLINE bool outputTogether(PmdState& pmd, Burst& burst) noexcept {
  const FlowHot& first = pmd.flows.hot(burst.flow[0]);
  if (first.kind != kFlowOutput) return false;
  uint32_t others = 0;
  for (uint32_t i = 1; i < burst.count; i++) others |= burst.flow[i] ^ burst.flow[0];
  if (others != 0) {
    const uint64_t wanted = kindAndOperand(first);
    uint64_t differ = 0;
    for (uint32_t i = 1; i < burst.count; i++) {
      differ |= kindAndOperand(pmd.flows.hot(burst.flow[i])) ^ wanted;
    }
    if (differ != 0) return false;
  }
  const uint32_t port = first.operand;
  outputRun(pmd, burst, 0, burst.count, port, accountBurst(pmd, burst));
  return true;
}

// Every packet of the burst has its flow, or kTaken. Consecutive packets of one flow are one run:
// its statistics are written once.
// `whole`: no packet is taken.
static POLLUX_INLINE void executeBurst(PmdState& pmd, Burst& burst, bool whole) noexcept {
  const uint32_t count = burst.count;
  if (whole && count != 0 && outputTogether(pmd, burst)) return;
  for (uint32_t i = 0; i < count;) {
    const uint32_t id = burst.flow[i];
    if (__builtin_expect(id == kTaken, 0)) {
      i++;
      continue;
    }
    const uint32_t start = i;
    uint64_t bytes = 0;
    uint64_t word5 = 0;
    do {
      bytes += burst.packet[i]->pkt_len;
      word5 |= burst.narrow[i][5];
      i++;
    } while (i < count && burst.flow[i] == id);
    executeRun(pmd, burst, start, i, id, bytes, static_cast<uint16_t>(word5 >> 16));
  }
}

}  // namespace POLLUX_LEVEL
}  // namespace pollux
