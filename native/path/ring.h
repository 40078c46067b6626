// SPDX-License-Identifier: Apache-2.0
// The PMD's ends of the two rings of pmd/shm/ring.ts.
#pragma once
#include "../generated/shm.h"
#include "../packet/bytes.h"

namespace pollux {

// Reads records in place. The counterpart of RingWriter.
class RingReader {
 public:
  void open(uint8_t* ring, uint32_t bytes) noexcept {
    head_ = reinterpret_cast<uint32_t*>(ring);
    tail_ = reinterpret_cast<uint32_t*>(ring + 64);
    data_ = ring + kRingHeaderBytes;
    mask_ = bytes - 1;
    position_ = __atomic_load_n(tail_, __ATOMIC_RELAXED);
  }

  bool empty() const noexcept { return __atomic_load_n(head_, __ATOMIC_ACQUIRE) == position_; }

  // The oldest record, or null. Valid until advance().
  const uint8_t* peek() noexcept {
    for (;;) {
      if (empty()) return nullptr;
      const uint8_t* record = data_ + (position_ & mask_);
      if (load<uint16_t>(record + 4) != kCommandPad) return record;
      advance();
    }
  }

  void advance() noexcept {
    position_ += load<uint32_t>(data_ + (position_ & mask_));
    __atomic_store_n(tail_, position_, __ATOMIC_RELEASE);
  }

 private:
  uint32_t* head_ = nullptr;
  uint32_t* tail_ = nullptr;
  const uint8_t* data_ = nullptr;
  uint32_t mask_ = 0;
  uint32_t position_ = 0;
};

// Writes records in place. The counterpart of RingReader of ring.ts.
class RingWriter {
 public:
  void open(uint8_t* ring, uint32_t bytes) noexcept {
    head_ = reinterpret_cast<uint32_t*>(ring);
    tail_ = reinterpret_cast<uint32_t*>(ring + 64);
    data_ = ring + kRingHeaderBytes;
    size_ = bytes;
    position_ = __atomic_load_n(head_, __ATOMIC_RELAXED);
  }

  // Whether a record of `bytes` fits and leaves `reserve` bytes free.
  bool hasRoom(uint32_t bytes, uint32_t reserve) noexcept {
    if (size_ - (position_ - knownTail_) >= 2 * bytes + reserve) return true;
    knownTail_ = __atomic_load_n(tail_, __ATOMIC_ACQUIRE);
    return size_ - (position_ - knownTail_) >= 2 * bytes + reserve;
  }

  // Place for a record; the caller has asked hasRoom(). Not zeroed.
  uint8_t* reserve(uint32_t bytes) noexcept {
    const uint32_t toEnd = size_ - (position_ & (size_ - 1));
    if (toEnd < bytes) {
      uint8_t* pad = data_ + (position_ & (size_ - 1));
      store<uint32_t>(pad, toEnd);
      store<uint16_t>(pad + 4, kUpcallPad);
      position_ += toEnd;
    }
    uint8_t* record = data_ + (position_ & (size_ - 1));
    store<uint32_t>(record, bytes);
    position_ += bytes;
    return record;
  }

  void commit() noexcept { __atomic_store_n(head_, position_, __ATOMIC_RELEASE); }

 private:
  uint32_t* head_ = nullptr;
  uint32_t* tail_ = nullptr;
  uint8_t* data_ = nullptr;
  uint32_t size_ = 0;
  uint32_t position_ = 0;
  uint32_t knownTail_ = 0;
};

}  // namespace pollux
