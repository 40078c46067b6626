// SPDX-License-Identifier: Apache-2.0
// Step: accounting a burst on its flows and running their programs.
#pragma once
#include "../actions/action.h"
#include "tx.h"
#include "upcall.h"

namespace pollux {

// Marks a packet of a burst that a step has taken.
inline constexpr uint32_t kTaken = ~0u;

POLLUX_INLINE const uint64_t* keyOf(const Burst& burst, uint32_t i) noexcept {
  return burst.keyClass[i] == 0 ? burst.narrow[i] : burst.wide[i];
}

POLLUX_INLINE void accountRun(PmdState& pmd, FlowStats& stats, uint32_t packets, uint64_t bytes,
                              uint16_t tcpFlags) noexcept {
  stats.packets += packets;
  stats.bytes += bytes;
  stats.used_ms = pmd.nowMs;
  // Most runs bring no new flag: do not dirty the word.
  if (tcpFlags & ~stats.tcp_flags) stats.tcp_flags |= tcpFlags;
}

inline void runOne(PmdState& pmd, Burst& burst, uint32_t i, uint32_t id) noexcept {
  ActionContext context{pmd,      burst.packet[i], burst.meta[i], burst.offsets[i],
                        burst.depth[i], ~0u,             id};
  runProgram(context, pmd.programs.program(pmd.flows.hot(id).program),
             pmd.programs.bytes(pmd.flows.hot(id).program));
}

// Every packet of the burst has its flow, or kTaken. Consecutive packets of one flow are one run:
// its statistics are written once.
POLLUX_INLINE void executeBurst(PmdState& pmd, Burst& burst) noexcept {
  const uint32_t count = burst.count;
  for (uint32_t i = 0; i < count;) {
    const uint32_t id = burst.flow[i];
    if (__builtin_expect(id == kTaken, 0)) {
      i++;
      continue;
    }
    const uint32_t start = i;
    uint64_t bytes = 0;
    uint32_t flags = 0;
    do {
      bytes += burst.length[i];
      flags |= static_cast<uint16_t>(keyOf(burst, i)[5] >> 16);
      i++;
    } while (i < count && burst.flow[i] == id);
    accountRun(pmd, pmd.flows.stats(id), i - start, bytes, swap16(static_cast<uint16_t>(flags)));
    const FlowHot& flow = pmd.flows.hot(id);
    if (__builtin_expect(flow.kind == kFlowOutput, 1)) {
      const uint32_t port = flow.operand;
      for (uint32_t at = start; at < i; at++) queueOutput(pmd, burst.packet[at], port);
    } else if (flow.kind == kFlowDrop) {
      pmd.drops[flow.operand] += i - start;
      rte_pktmbuf_free_bulk(burst.packet + start, i - start);
    } else {
      for (uint32_t at = start; at < i; at++) runOne(pmd, burst, at, id);
    }
  }
}

}  // namespace pollux
