// SPDX-License-Identifier: Apache-2.0
#include "stall-recorder.h"

#include <rte_cycles.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>

namespace pollux {
namespace {

constexpr uint32_t kTicksPerReading = 16;

uint64_t nowNs(clockid_t clock) noexcept {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

uint64_t less(uint64_t a, uint64_t b) noexcept { return a > b ? a - b : 0; }

uint32_t clamp32(int64_t value) noexcept {
  return static_cast<uint32_t>(std::clamp<int64_t>(value, 0, UINT32_MAX));
}

}  // namespace

void StallRecorder::open(uint8_t* shm) noexcept {
  block_ = shm + kShmStalls;
  counters_ = reinterpret_cast<const uint64_t*>(shm + kShmCounters);
  nsPerCycle_ = 1e9 / static_cast<double>(rte_get_tsc_hz());
}

uint64_t StallRecorder::nsOf(uint64_t cycles) const noexcept {
  return static_cast<uint64_t>(static_cast<double>(cycles) * nsPerCycle_);
}

StallRecorder::Usage StallRecorder::usage() const noexcept {
  rusage kernel = {};
  getrusage(RUSAGE_THREAD, &kernel);
  return {rte_rdtsc(), nowNs(CLOCK_THREAD_CPUTIME_ID), counters_[kPmdCounterCyclesSleep],
          counters_[kPmdCounterIterationsSleep], kernel.ru_nivcsw, kernel.ru_nvcsw,
          kernel.ru_majflt, kernel.ru_minflt};
}

void StallRecorder::restart() noexcept {
  before_ = usage();
  ticks_ = 0;
}

void StallRecorder::tick() noexcept {
  if (++ticks_ >= kTicksPerReading) restart();
}

void StallRecorder::record(const PmdStall& iteration) noexcept {
  const Usage now = usage();
  auto* header = reinterpret_cast<StallHeader*>(block_);
  auto* ring = reinterpret_cast<Stall*>(block_ + sizeof(StallHeader));
  Stall& stall = ring[header->count % kStallsKept];
  const uint64_t slept = now.sleepCycles - before_.sleepCycles;
  const uint64_t wallNs = nsOf(less(now.tsc - before_.tsc, slept));
  const auto sleeps = static_cast<int64_t>(now.sleeps - before_.sleeps);
  stall.iteration =
      counters_[kPmdCounterIterationsIdle] + counters_[kPmdCounterIterationsBusy];
  stall.at_ms = nowNs(CLOCK_MONOTONIC) / 1000000;
  stall.duration_ns = nsOf(iteration.cycles);
  stall.off_cpu_ns = std::min(stall.duration_ns, less(wallNs, now.cpuNs - before_.cpuNs));
  stall.step_ns = nsOf(iteration.stepCycles);
  stall.step = iteration.step;
  stall.involuntary_switches = clamp32(now.involuntary - before_.involuntary);
  stall.voluntary_switches = clamp32(now.voluntary - before_.voluntary - sleeps);
  stall.major_faults = clamp32(now.majorFaults - before_.majorFaults);
  stall.minor_faults = clamp32(now.minorFaults - before_.minorFaults);
  __atomic_store_n(&header->count, header->count + 1, __ATOMIC_RELEASE);
  before_ = now;
  ticks_ = 0;
}

}  // namespace pollux
