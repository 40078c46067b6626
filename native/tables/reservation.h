// SPDX-License-Identifier: Apache-2.0
// Memory that is reserved once and never grows.
#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace pollux {

// One anonymous mapping, handed out in cache-line aligned pieces at construction time. Untouched
// pages cost nothing; the kernel may back it with huge pages.
// Thread-safety: used by the thread that builds the tables, before they are used.
class Reservation {
 public:
  Reservation() = default;
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  ~Reservation() {
    if (base_) munmap(base_, bytes_);
  }

  // False when the address space or the overcommit limit does not allow it.
  bool open(size_t bytes) noexcept {
    void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return false;
    madvise(at, bytes, MADV_HUGEPAGE);
    base_ = static_cast<uint8_t*>(at);
    bytes_ = bytes;
    return true;
  }

  // `count` zeroed objects, or null when the reservation is used up.
  template <typename T>
  T* take(size_t count) noexcept {
    const size_t bytes = (count * sizeof(T) + 63) & ~size_t{63};
    if (bytes > bytes_ - used_) return nullptr;
    void* at = base_ + used_;
    used_ += bytes;
    return static_cast<T*>(at);
  }

  size_t bytes() const noexcept { return used_; }

 private:
  uint8_t* base_ = nullptr;
  size_t bytes_ = 0;
  size_t used_ = 0;
};

}  // namespace pollux
