// SPDX-License-Identifier: Apache-2.0
// One thread's packet path: its ports, queues, tables and statistics.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

struct rte_mempool;

namespace pollux {

struct PathOps;
struct PmdState;

// The SIMD levels of the hot functions. `kBest` asks the CPU.
enum class IsaLevel : uint8_t { kBest, kV2, kAvx2, kAvx512 };

// An iteration that took longer than the limit in shared memory (pmd/shm/stalls.ts).
struct PmdStall {
  uint64_t cycles;
  // Its longest step: the slot of a receive queue, or one of kStallStep*.
  uint64_t stepCycles;
  uint32_t step;
};

struct PmdConfig {
  // Aligned start of the shared memory (see shmPad) and its size: kPmdShmBytes less the padding.
  uint8_t* shm;
  size_t shmBytes;
  // Buffers for PACKET_EXECUTE.
  rte_mempool* injectPool;
  // Called on the PMD's thread when upcalls wait and the control thread has armed the wake-up;
  // not called again until it arms it again. Must not block.
  void (*wake)(void* argument) noexcept;
  void* wakeArgument;
  IsaLevel isa = IsaLevel::kBest;
  // Instead of a level's: a measuring build of the same functions. Null: the level's.
  const PathOps* ops = nullptr;
  // Called on the PMD's thread, if set: about once a millisecond; at the end of a stall.
  void (*everyMs)(void* argument) noexcept = nullptr;
  void (*stalled)(void* argument, const PmdStall& stall) noexcept = nullptr;
  void* watcher = nullptr;
};

// Bytes to skip at `buffer` so that shared records start on a cache line (pmd/shm/pmd-shm.ts).
inline uint32_t shmPad(const uint8_t* buffer) noexcept {
  return static_cast<uint32_t>(-reinterpret_cast<uintptr_t>(buffer) & 63);
}

// Created and destroyed by the control thread or the worker, between which the caller orders;
// pollIteration on one thread only. Everything is allocated by create().
class Pmd {
 public:
  // Null with `*error` set (static text) when memory is short or the configuration is wrong.
  static std::unique_ptr<Pmd> create(const PmdConfig& config, const char** error);
  // Frees every parked packet (counted as datapath_drop_shutdown).
  ~Pmd();

  // Applies waiting commands, receives one burst from every queue, runs it, sends. Returns true
  // when packets were received. Accounts cycles and iterations itself.
  bool pollIteration() noexcept;

  // Sends what waits for the flush interval and tells of upcalls: before the thread sleeps or ends.
  void flush() noexcept;

  // The thread has slept since its last iteration: that time is no iteration's. `count`: of its own
  // accord, with queues to poll, which is shown.
  void slept(bool count) noexcept;

  // True when commands wait (for a thread that sleeps between iterations).
  bool commandsWaiting() const noexcept;

  // Control thread: copies the packet parked in `slot` (from an upcall not yet resolved) to `out`;
  // returns the packet's length, copying at most `size` bytes. 0 when nothing is parked there.
  uint32_t copyParked(uint32_t slot, uint8_t* out, uint32_t size) const noexcept;

  // Bytes of native memory reserved by create().
  size_t stateBytes() const noexcept;

  // "x86-64-v2", "avx2" or "avx512": the level in use.
  const char* isaName() const noexcept;

 private:
  explicit Pmd(PmdState* state) noexcept : state_(state) {}
  PmdState* state_;
};

}  // namespace pollux
