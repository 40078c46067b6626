// SPDX-License-Identifier: Apache-2.0
#include "pmd.h"

#include <rte_cycles.h>
#include <sys/random.h>
#include <time.h>

#include <initializer_list>
#include <new>

#include "commands.h"
#include "state.h"
#include "tx.h"
#include "upcall.h"

namespace pollux {

extern const PathOps kPathOps_v2;
extern const PathOps kPathOps_avx2;
extern const PathOps kPathOps_avx512;

namespace {

constexpr size_t kReservedBytes = FlowSlab::kBytes + ProgramArena::kBytes + TupleSpace::kBytes +
                                  NarrowExactMatch::kBytes + WideExactMatch::kBytes +
                                  SignatureMatch::kBytes +
                                  PendingTable::kBytes + (size_t{1} << 16);

const PathOps* chooseOps(IsaLevel level) noexcept {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi") &&
                      __builtin_cpu_supports("vaes");
  switch (level) {
    case IsaLevel::kV2:
      return &kPathOps_v2;
    case IsaLevel::kAvx2:
      return avx2 ? &kPathOps_avx2 : &kPathOps_v2;
    default:
      return avx512 ? &kPathOps_avx512 : avx2 ? &kPathOps_avx2 : &kPathOps_v2;
  }
}

uint64_t monotonicMs() noexcept {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1000000;
}

bool openTables(PmdState& pmd) noexcept {
  return pmd.memory.open(kReservedBytes) &&
         pmd.flows.open(pmd.memory, reinterpret_cast<FlowStats*>(pmd.shm + kShmFlowStats)) &&
         pmd.programs.open(pmd.memory) && pmd.narrowCache.open(pmd.memory) &&
         pmd.wideCache.open(pmd.memory) && pmd.signatures.open(pmd.memory) &&
         pmd.pending.open(pmd.memory) &&
         pmd.tuples.open(pmd.memory, &pmd.flows, &pmd.secret, pmd.ops->narrowHash);
}

// One clock read per millisecond at most: the TSC says when.
void updateClock(PmdState& pmd, uint64_t tsc) noexcept {
  pmd.nowTsc = tsc;
  if (pmd.nowTsc - pmd.clockTsc < pmd.tscPerMs) return;
  pmd.clockTsc = pmd.nowTsc;
  pmd.nowMs = monotonicMs();
  if (pmd.everyMs) pmd.everyMs(pmd.watcher);
  if (pmd.nowTsc - pmd.rankTsc < pmd.tscPerMs * 1000) return;
  pmd.rankTsc = pmd.nowTsc;
  pmd.tuples.rank();
}

// Waking takes a system call, as long as a hundred packets: not for every miss of a storm. Those
// beyond wait for the next millisecond.
constexpr uint32_t kWakesPerMs = 6;

// Pairs with the control thread: it arms, then looks at the ring; we write the ring, then look
// whether it is armed. The fence makes sure that one of the two sees the other.
void wakeControl(PmdState& pmd) noexcept {
  pmd.upcallsWritten = false;
  uint32_t* armed = reinterpret_cast<uint32_t*>(pmd.shm + kShmControl + kControlWakeArmed);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (__atomic_load_n(armed, __ATOMIC_RELAXED) == 0) return;
  __atomic_store_n(armed, 0, __ATOMIC_RELAXED);
  pmd.wakesOfMs++;
  if (pmd.wake) pmd.wake(pmd.wakeArgument);
}

bool mayWake(PmdState& pmd) noexcept {
  if (pmd.wakesMs != pmd.nowMs) {
    pmd.wakesMs = pmd.nowMs;
    pmd.wakesOfMs = 0;
  }
  return pmd.wakesOfMs < kWakesPerMs;
}

// Keeps the longest step of the iteration.
inline void noteStep(PmdState& pmd, uint32_t step, uint64_t cycles) noexcept {
  const bool longer = cycles > pmd.stall.stepCycles;
  pmd.stall.stepCycles = longer ? cycles : pmd.stall.stepCycles;
  pmd.stall.step = longer ? step : pmd.stall.step;
}

// What no step took is the iteration's own: polls that brought nothing, and everything around.
__attribute__((noinline, cold)) void endStall(PmdState& pmd, uint64_t cycles) noexcept {
  if (!pmd.stalled) return;
  PmdStall& stall = pmd.stall;
  stall.cycles = cycles;
  if (stall.stepCycles < cycles / 2) {
    stall.stepCycles = cycles - stall.stepCycles;
    stall.step = kStallStepOther;
  }
  pmd.stalled(pmd.watcher, stall);
}

bool pollQueue(PmdState& pmd, RxQueue& rxq) noexcept {
  const uint16_t count = rxq.netdev->rxBurst(rxq.queue, pmd.burst.packet, kBurstMax);
  if (count == 0) return false;
  pmd.ops->received(pmd, rxq.port, count);
  flushDue(pmd, pmd.iterationTsc);
  const uint64_t now = rte_rdtsc();
  rxq.counters[kRxqCounterCycles] += now - pmd.iterationTsc;
  noteStep(pmd, rxq.slot, now - pmd.iterationTsc);
  rxq.counters[kRxqCounterPackets] += count;
  rxq.counters[kRxqCounterBursts]++;
  pmd.iterationTsc = now;
  return true;
}

// Makes the pages of the upcall ring exist, whatever they hold: a miss must not wait for one.
void touchUpcallRing(uint8_t* shm) noexcept {
  constexpr uint32_t kPage = 4096;
  for (uint32_t at = 0; at < kRingHeaderBytes + kUpcallRingBytes; at += kPage) {
    __atomic_fetch_add(reinterpret_cast<uint64_t*>(shm + kShmUpcallRing + at), 0,
                       __ATOMIC_RELAXED);
  }
}

void fillSecret(HashSecret& secret) noexcept {
  // A short read leaves predictable words: only worth less against an attacker.
  const ssize_t got = getrandom(&secret, sizeof secret, GRND_NONBLOCK);
  (void)got;
  for (uint32_t i = 0; i < 32; i++) secret.word[i] ^= 0x9e3779b97f4a7c15ull * (i + 1);
}

}  // namespace

std::unique_ptr<Pmd> Pmd::create(const PmdConfig& config, const char** error) {
  if (config.shmBytes < kPmdShmBytes - kCacheLine ||
      reinterpret_cast<uintptr_t>(config.shm) % kCacheLine != 0) {
    *error = "shared memory of a PMD has the wrong size or alignment";
    return nullptr;
  }
  void* at = nullptr;
  if (posix_memalign(&at, kCacheLine, sizeof(PmdState)) != 0) {
    *error = "out of memory for a PMD";
    return nullptr;
  }
  PmdState* state = new (at) PmdState();
  state->shm = config.shm;
  fillSecret(state->secret);
  state->ops = config.ops ? config.ops : chooseOps(config.isa);
  if (!openTables(*state)) {
    state->~PmdState();
    free(at);
    *error = "out of memory for a PMD's tables";
    return nullptr;
  }
  state->counters = reinterpret_cast<uint64_t*>(config.shm + kShmCounters);
  state->drops = reinterpret_cast<uint64_t*>(config.shm + kShmDrops);
  state->commands.open(config.shm + kShmCommandRing, kCommandRingBytes);
  state->upcalls.open(config.shm + kShmUpcallRing, kUpcallRingBytes);
  touchUpcallRing(config.shm);
  for (PmdCounter gauge : {kPmdCounterParked, kPmdCounterFlows, kPmdCounterMasks}) {
    state->counters[gauge] = 0;
  }
  state->injectPool = config.injectPool;
  state->wake = config.wake;
  state->wakeArgument = config.wakeArgument;
  state->stallLimit = reinterpret_cast<const uint64_t*>(config.shm + kShmStalls);
  state->everyMs = config.everyMs;
  state->stalled = config.stalled;
  state->watcher = config.watcher;
  state->emcInverseProbability = 100;
  state->vlanLimit = 1;
  state->random = static_cast<uint32_t>(state->secret.word[0]) | 1;
  state->tscPerMs = rte_get_tsc_hz() / 1000;
  state->iterationTsc = state->rankTsc = rte_rdtsc();
  state->nowMs = monotonicMs();
  return std::unique_ptr<Pmd>(new Pmd(state));
}

Pmd::~Pmd() {
  dropParked(*state_);
  state_->~PmdState();
  free(state_);
}

bool Pmd::pollIteration() noexcept {
  PmdState& pmd = *state_;
  // The end of the last iteration is the beginning of this one: the caller's loop is ours.
  const uint64_t start = pmd.iterationTsc;
  updateClock(pmd, start);
  bool busy = false;
  pmd.stall.stepCycles = 0;
  if (__builtin_expect(!pmd.commands.empty(), 0)) {
    // What was done by a queue that goes to another PMD must be out before that begins.
    busy = pmd.dirtyCount != 0;
    flushPorts(pmd);
    const bool moved = applyCommands(pmd);
    // Released packets may want another pass, and must leave before newer ones.
    pmd.ops->recirculate(pmd);
    flushPorts(pmd);
    pmd.iterationTsc = rte_rdtsc();
    noteStep(pmd, kStallStepCommands, pmd.iterationTsc - start);
    if (moved) pmd.count(kPmdCounterUpcallCycles, pmd.iterationTsc - start);
    busy |= moved;
  }
  bool received = false;
  for (uint32_t i = 0; i < pmd.rxqCount; i++) received |= pollQueue(pmd, pmd.rxqs[i]);
  if (__builtin_expect(pmd.upcallsWritten, 0) && mayWake(pmd)) wakeControl(pmd);
  // The TSC takes a while to read: after packets, the last queue's reading will do.
  const uint64_t end = received ? pmd.iterationTsc : rte_rdtsc();
  pmd.iterationTsc = end;
  busy |= received;
  if (__builtin_expect(!received && pmd.dirtyCount != 0, 0)) busy |= flushDue(pmd, end);
  pmd.count(busy ? kPmdCounterCyclesBusy : kPmdCounterCyclesIdle, end - start);
  pmd.count(busy ? kPmdCounterIterationsBusy : kPmdCounterIterationsIdle, 1);
  // A limit of 0 becomes the largest number.
  const uint64_t limit = __atomic_load_n(pmd.stallLimit, __ATOMIC_RELAXED) - 1;
  if (__builtin_expect(end - start > limit, 0)) endStall(pmd, end - start);
  return received;
}

void Pmd::flush() noexcept {
  flushPorts(*state_);
  if (state_->upcallsWritten) wakeControl(*state_);
}

void Pmd::slept(bool count) noexcept {
  const uint64_t now = rte_rdtsc();
  if (count) {
    state_->count(kPmdCounterCyclesSleep, now - state_->iterationTsc);
    state_->count(kPmdCounterIterationsSleep, 1);
  }
  state_->iterationTsc = now;
}

bool Pmd::commandsWaiting() const noexcept { return !state_->commands.empty(); }

uint32_t Pmd::copyParked(uint32_t slot, uint8_t* out, uint32_t size) const noexcept {
  if (slot >= kUpcallsMax) return 0;
  const rte_mbuf* packet = state_->pending.slot(slot).packet;
  if (!packet) return 0;
  const uint32_t bytes = packet->pkt_len < size ? packet->pkt_len : size;
  __builtin_memcpy(out, rte_pktmbuf_mtod(packet, const uint8_t*), bytes);
  return packet->pkt_len;
}

size_t Pmd::stateBytes() const noexcept { return sizeof(PmdState) + state_->memory.bytes(); }

const char* Pmd::isaName() const noexcept { return state_->ops->name; }

}  // namespace pollux
