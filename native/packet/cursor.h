// SPDX-License-Identifier: Apache-2.0
// A bounds-checked position in a frame.
#pragma once
#include "bytes.h"

namespace pollux {

// Callers ask has() before they read or skip.
class Cursor {
 public:
  Cursor(const uint8_t* data, uint32_t left) noexcept : data_(data), left_(left) {}

  const uint8_t* data() const noexcept { return data_; }
  uint32_t left() const noexcept { return left_; }
  bool has(uint32_t bytes) const noexcept { return left_ >= bytes; }
  uint16_t be16(uint32_t at) const noexcept { return loadBe16(data_ + at); }

  void skip(uint32_t bytes) noexcept {
    data_ += bytes;
    left_ -= bytes;
  }

  bool trySkip(uint32_t bytes) noexcept {
    if (left_ < bytes) return false;
    skip(bytes);
    return true;
  }

  // Forgets what lies beyond `bytes` (padding).
  void cut(uint32_t bytes) noexcept { left_ = bytes; }

  uint16_t offset(const uint8_t* frame) const noexcept {
    return static_cast<uint16_t>(data_ - frame);
  }

 private:
  const uint8_t* data_;
  uint32_t left_;
};

}  // namespace pollux
