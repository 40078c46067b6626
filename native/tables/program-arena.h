// SPDX-License-Identifier: Apache-2.0
// Memory for flow programs: blocks of powers of two from one reservation, with a free list per
// size. No allocation from the system after start.
// Thread-safety: its PMD only.
#pragma once
#include "../generated/shm.h"
#include "../packet/bytes.h"
#include "reservation.h"

namespace pollux {

inline constexpr uint32_t kProgramUnit = 32;
// 0 is no program.
inline constexpr uint32_t kNoProgram = 0;

class ProgramArena {
 public:
  // 200 000 flows with programs of 256 bytes, or 8 000 of the longest.
  static constexpr size_t kBytes = size_t{128} << 20;

  bool open(Reservation& memory) noexcept {
    base_ = memory.take<uint8_t>(kBytes);
    next_ = 1;
    return base_ != nullptr;
  }

  // Copies a program; returns its handle or kNoProgram when the arena is used up.
  uint32_t put(const uint8_t* program, uint32_t bytes) noexcept {
    const uint32_t order = orderOf(bytes);
    uint32_t handle = free_[order];
    if (handle != kNoProgram) {
      free_[order] = load<uint32_t>(at(handle));
    } else {
      handle = next_;
      const uint32_t units = 1u << order;
      if ((size_t{next_} + units) * kProgramUnit > kBytes) return kNoProgram;
      next_ += units;
    }
    store<uint32_t>(at(handle), bytes);
    __builtin_memcpy(at(handle) + kHeader, program, bytes);
    return handle;
  }

  void drop(uint32_t handle) noexcept {
    if (handle == kNoProgram) return;
    const uint32_t order = orderOf(bytes(handle));
    store<uint32_t>(at(handle), free_[order]);
    free_[order] = handle;
  }

  POLLUX_INLINE const uint8_t* program(uint32_t handle) const noexcept {
    return base_ + size_t{handle} * kProgramUnit + kHeader;
  }
  POLLUX_INLINE uint32_t bytes(uint32_t handle) const noexcept {
    return load<uint32_t>(base_ + size_t{handle} * kProgramUnit);
  }

  void clear() noexcept {
    for (uint32_t& head : free_) head = kNoProgram;
    next_ = 1;
  }

 private:
  static constexpr uint32_t kHeader = 8;
  static constexpr uint32_t kOrders = 11;
  static_assert((kProgramUnit << (kOrders - 1)) >= kActionsBytesMax + kHeader);

  static uint32_t orderOf(uint32_t bytes) noexcept {
    const uint32_t units = (bytes + kHeader + kProgramUnit - 1) / kProgramUnit;
    return units <= 1 ? 0 : 32 - __builtin_clz(units - 1);
  }
  uint8_t* at(uint32_t handle) noexcept { return base_ + size_t{handle} * kProgramUnit; }

  uint8_t* base_ = nullptr;
  uint32_t next_ = 1;
  uint32_t free_[kOrders] = {};
};

}  // namespace pollux
