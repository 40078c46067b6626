// SPDX-License-Identifier: Apache-2.0
// Where the cycles of the packet's path go: a build of its functions that reads the clock between
// the steps, for bench/path.
#pragma once
#include <cstdint>

namespace pollux {

struct PathOps;

enum Step : uint32_t {
  kStepSimple,
  kStepParse,
  kStepExact,
  kStepSignature,
  kStepTuple,
  kStepMiss,
  kStepExecute,
  kSteps
};
inline constexpr const char* kStepNames[kSteps] = {"simple", "parse", "exact",  "signature",
                                                   "tuple",  "miss",  "execute"};

// Cycles of each step since the program began or they were last set to 0.
extern uint64_t gStepCycles[kSteps];

// The functions; null when the CPU lacks AVX-512.
const PathOps* stepOps() noexcept;

}  // namespace pollux
