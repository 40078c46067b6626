// SPDX-License-Identifier: Apache-2.0
// As native/path/isa-avx512.cc, with the steps of native/path/pipeline.h in the same order and a
// reading of the clock after each. A test sees to it that both take the same way.
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,vaes,aes,avx2")
#pragma GCC target("bmi,bmi2,lzcnt,movbe,fma,popcnt,sse4.2")
#define POLLUX_LEVEL level_steps
#define POLLUX_SIMD 512
#include "../path/pipeline.h"

#include "steps.h"

namespace pollux {

uint64_t gStepCycles[kSteps];

namespace POLLUX_LEVEL {

// Adds the time since `from` to a step, and begins the next one.
static POLLUX_INLINE void lap(Step step, uint64_t& from) noexcept {
  const uint64_t now = rte_rdtsc();
  gStepCycles[step] += now - from;
  from = now;
}

static uint32_t lookUp(PmdState& pmd, Burst& burst, uint8_t* missed, uint64_t& from) noexcept {
  uint32_t misses;
  if (simpleMatchServes(pmd, burst)) {
    misses = simpleMatch(pmd, burst, missed);
    lap(kStepSimple, from);
  } else {
    misses = exactMatch(pmd, burst, missed);
    lap(kStepExact, from);
    if (misses && pmd.signatures.worthAsking()) {
      misses = signatureMatch(pmd, burst, missed, misses);
      lap(kStepSignature, from);
    }
  }
  if (misses) {
    misses = tupleSpace(pmd, burst, missed, misses);
    lap(kStepTuple, from);
  }
  return misses;
}

// pipeline.h's own is not wanted here.
[[maybe_unused]] static constexpr auto kUntimed = &received;

static void receivedTimed(PmdState& pmd, uint32_t port, uint32_t count) noexcept {
  uint64_t from = rte_rdtsc();
  Burst& burst = pmd.burst;
  if (receivedSimple(pmd, burst, port, count)) return lap(kStepSimple, from);
  parseReceived(pmd, burst, port, count);
  lap(kStepParse, from);
  uint8_t missed[kBurstMax + 1];
  const uint32_t misses = lookUp(pmd, burst, missed, from);
  for (uint32_t k = 0; k < misses; k++) {
    const uint32_t i = missed[k];
    upcallMiss(pmd, burst.packet[i], burst.hash[i], keyOf(burst, i), burst.keyClass[i], 0);
    burst.flow[i] = kTaken;
  }
  if (misses) lap(kStepMiss, from);
  executeBurst(pmd, burst, misses == 0);
  lap(kStepExecute, from);
  if (pmd.recirculation.head != pmd.recirculation.tail) recirculate(pmd);
}

}  // namespace POLLUX_LEVEL

const PathOps* stepOps() noexcept {
  static const PathOps ops = {"steps", POLLUX_LEVEL::receivedTimed, POLLUX_LEVEL::recirculate,
                              POLLUX_LEVEL::narrowHash};
  __builtin_cpu_init();
  const bool able = __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("vaes");
  return able ? &ops : nullptr;
}

}  // namespace pollux
