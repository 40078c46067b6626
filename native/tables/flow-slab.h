// SPDX-License-Identifier: Apache-2.0
// Flows by id.
//
// What it is
// ==========
// Arrays indexed by the flow id that the control thread chose. The hot part is 16 bytes, so that a
// hit touches a quarter of a cache line; masked keys are kept apart by class; statistics live in
// shared memory.
//
// Generations: a (id, generation) pair names one life of a flow. Caches keep the pair and compare
// it with the slab's, so a deleted flow is never hit. The generation of an id is bumped when its
// flow goes; when it wraps, `wrapped` tells the owner to empty its caches first.
//
// Thread-safety: its PMD only.
#pragma once
#include "../generated/shm.h"
#include "../packet/bytes.h"
#include "reservation.h"

namespace pollux {

inline constexpr uint32_t kFlowIdBits = 18;
static_assert(kFlowsMax == 1u << kFlowIdBits);
inline constexpr uint32_t kFlowIdMask = kFlowsMax - 1;
// One less than the bits allow: a stamp of all ones is nobody's.
inline constexpr uint32_t kGenerationMax = (1u << (32 - kFlowIdBits)) - 2;
// Not a flow: its slot exists, is dead, and is prefetched harmlessly.
inline constexpr uint32_t kNoFlow = kFlowsMax;

// How the path runs a flow's program.
enum FlowKind : uint8_t { kFlowDead, kFlowOutput, kFlowDrop, kFlowProgram };

struct FlowHot {
  // id | generation << kFlowIdBits
  uint32_t stamp;
  // In units of kProgramUnit.
  uint32_t program;
  // kFlowOutput: the port; kFlowDrop: the reason; kFlowProgram: Program::outputs, in units of
  // kProgramAlign from its beginning.
  uint16_t operand;
  uint16_t subtable;
  uint8_t kind;
  uint8_t keyClass;
  uint16_t unused;
};
static_assert(sizeof(FlowHot) == 16);

inline constexpr uint16_t kNoSubtable = 0xffff;

class FlowSlab {
 public:
  static constexpr size_t kBytes =
      (kFlowsMax + 4) * sizeof(FlowHot) + size_t{kFlowsMax + 1} * (64 + 256) + 4 * kCacheLine;

  bool open(Reservation& memory, FlowStats* stats) noexcept {
    hot_ = memory.take<FlowHot>(kFlowsMax + 4);
    narrow_ = memory.take<NarrowKey>(kFlowsMax + 1);
    wide_ = memory.take<WideKey>(kFlowsMax);
    stats_ = stats;
    if (!hot_ || !narrow_ || !wide_) return false;
    for (uint32_t id = 0; id < kFlowsMax; id++) hot_[id].stamp = id;
    // Pages that lookups touch without a flow.
    __builtin_memset(stats_, 0, sizeof *stats_);
    __builtin_memset(narrow_, 0, sizeof *narrow_);
    __builtin_memset(narrow_ + kNoFlow, 0, sizeof *narrow_);
    hot_[kNoFlow].stamp = ~0u;
    hot_[kNoFlow].subtable = kNoSubtable;
    return true;
  }

  POLLUX_INLINE FlowHot& hot(uint32_t id) noexcept { return hot_[id]; }
  POLLUX_INLINE FlowStats& stats(uint32_t id) noexcept { return stats_[id]; }

  // The masked key of a rule; 8 words for class 0, 32 for the others.
  POLLUX_INLINE uint64_t* narrowKey(uint32_t id) noexcept { return narrow_[id].word; }
  POLLUX_INLINE uint64_t* wideKey(uint32_t id) noexcept { return wide_[id].word; }
  POLLUX_INLINE uint64_t* key(uint32_t id) noexcept {
    return hot_[id].keyClass == 0 ? narrowKey(id) : wideKey(id);
  }

  bool live(uint32_t id) const noexcept { return id < kFlowsMax && hot_[id].kind != kFlowDead; }

  // Ends the life of a flow. True when the id's generation wrapped.
  bool retire(uint32_t id) noexcept {
    FlowHot& flow = hot_[id];
    const uint32_t generation = (flow.stamp >> kFlowIdBits) + 1;
    const bool wrapped = generation > kGenerationMax;
    flow = FlowHot{};
    flow.stamp = id | (wrapped ? 0 : generation) << kFlowIdBits;
    return wrapped;
  }

 private:
  struct alignas(64) NarrowKey {
    uint64_t word[8];
  };
  struct alignas(64) WideKey {
    uint64_t word[32];
  };
  FlowHot* hot_ = nullptr;
  NarrowKey* narrow_ = nullptr;
  WideKey* wide_ = nullptr;
  FlowStats* stats_ = nullptr;
};

}  // namespace pollux
