// SPDX-License-Identifier: Apache-2.0
// Everything a PMD owns, and the few operations that every step uses.
#pragma once
#include <rte_mbuf.h>

#include "../generated/shm.h"
#include "../packet/extract.h"
#include "../tables/exact-match.h"
#include "../tables/flow-slab.h"
#include "../tables/pending.h"
#include "../tables/program-arena.h"
#include "../tables/signature-match.h"
#include "../tables/simple-match.h"
#include "../tables/tuple-space.h"
#include "netdev.h"
#include "pmd.h"
#include "ring.h"

namespace pollux {

// A port as this PMD sends to it. Packets of an iteration collect here and leave in bursts.
struct alignas(64) TxPort {
  Netdev* netdev;
  uint64_t* counters;
  // Of `packets`.
  uint64_t bytes;
  uint16_t queue;
  uint16_t count;
  // In PmdState::dirty.
  bool queued;
  bool emcEnabled;
  rte_mbuf* packets[kBurstMax];
};

struct RxQueue {
  Netdev* netdev;
  uint64_t* counters;
  uint32_t port;
  uint16_t queue;
  uint16_t slot;
};

// One pass of up to kBurstMax packets through the tables: a structure of arrays.
struct Burst {
  // The first 64 bytes of every key.
  alignas(64) uint64_t narrow[kBurstMax][8];
  // Whole keys of packets whose class is not 0.
  alignas(64) uint64_t wide[kBurstMax][32];
  alignas(64) uint64_t hash[kBurstMax];
  rte_mbuf* packet[kBurstMax];
  uint32_t flow[kBurstMax];
  alignas(32) uint8_t keyClass[kBurstMax];
  uint32_t count;
  // Bit i: packet i has the layers of untagged IPv4 without options; `offsets` does not hold it.
  uint32_t common;
  LayerOffsets offsets[kBurstMax];
  // As received from one port: `port` says it all; else meta and depth hold each packet's own.
  bool received;
  uint32_t port;
  PacketMeta meta[kBurstMax];
  uint8_t depth[kBurstMax];
};

// Whether the exact-match cache is worth asking and teaching: it is not when more flows are active
// than it holds. Then only one burst in eight does, to see whether that has changed.
struct CacheWorth {
  static constexpr uint32_t kWindow = 1024;
  uint32_t asked;
  uint32_t hits;
  uint32_t burst;
  bool asleep;
  // In the burst in progress.
  bool inUse;
};

// A packet on its way into another pass.
struct Recirculated {
  rte_mbuf* packet;
  PacketMeta meta;
  uint32_t depth;
};

struct Recirculation {
  static constexpr uint32_t kMax = 1024;
  Recirculated entry[kMax];
  uint32_t head;
  uint32_t tail;
};

struct PmdState {
  // Tables.
  Reservation memory;
  HashSecret secret;
  FlowSlab flows;
  ProgramArena programs;
  TupleSpace tuples;
  NarrowExactMatch narrowCache;
  WideExactMatch wideCache;
  SignatureMatch signatures;
  SimplePort simple[kPortsMax];
  PendingTable pending;

  // Shared memory.
  uint8_t* shm;
  uint64_t* counters;
  uint64_t* drops;
  RingReader commands;
  RingWriter upcalls;
  // Records written since the control thread was last woken.
  bool upcallsWritten;
  // How often it was, in which millisecond.
  uint32_t wakesOfMs;
  uint64_t wakesMs;

  // Devices.
  TxPort ports[kPortsMax];
  uint16_t dirty[kPortsMax];
  uint32_t dirtyCount;
  RxQueue rxqs[kRxqsPerPmdMax];
  uint32_t rxqCount;
  rte_mempool* injectPool;

  // Settings.
  uint32_t emcInverseProbability;
  bool smcEnabled;
  uint32_t vlanLimit;
  // How long packets may wait for others to the same port; 0: not at all.
  uint64_t txFlushCycles;
  // When those that wait must leave; 0: none wait.
  uint64_t txDeadline;

  // The pass in progress.
  Burst burst;
  CacheWorth cacheWorth;
  Recirculation recirculation;
  uint64_t nowMs;
  uint64_t nowTsc;
  uint64_t clockTsc;
  uint64_t tscPerMs;
  uint64_t rankTsc;
  uint32_t random;
  uint64_t iterationTsc;

  // Iterations that take too long: see pmd.h.
  const uint64_t* stallLimit;
  PmdStall stall;
  void (*everyMs)(void*) noexcept;
  void (*stalled)(void*, const PmdStall&) noexcept;
  void* watcher;

  void (*wake)(void*) noexcept;
  void* wakeArgument;
  const struct PathOps* ops;

  POLLUX_INLINE void count(PmdCounter counter, uint64_t n) noexcept { counters[counter] += n; }
  POLLUX_INLINE uint32_t nextRandom() noexcept {
    random ^= random << 13;
    random ^= random >> 17;
    random ^= random << 5;
    return random;
  }
};

// The functions that exist once per SIMD level.
struct PathOps {
  const char* name;
  // `count` packets in pmd.burst.packet as they came from a port: parse, look up, run.
  void (*received)(PmdState& pmd, uint32_t port, uint32_t count) noexcept;
  // Another pass for everything that waits for one.
  void (*recirculate)(PmdState& pmd) noexcept;
  // The hash by which subtables of class 0 are probed.
  NarrowHash narrowHash;
};

// Loses a packet, by name.
inline void dropPacket(PmdState& pmd, rte_mbuf* packet, Drop reason) noexcept {
  pmd.drops[reason]++;
  rte_pktmbuf_free(packet);
}

}  // namespace pollux
