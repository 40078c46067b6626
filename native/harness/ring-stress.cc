// SPDX-License-Identifier: Apache-2.0
// Both ends of native/path/ring.h in two threads, for the thread sanitizer: every record arrives
// once, in order and whole. Prints how many.
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "../path/ring.h"

namespace pollux {
namespace {

constexpr uint32_t kRecords = 200000;
// Small, so that it is full and wraps all the time.
constexpr uint32_t kBytes = 4096;

uint32_t lengthOf(uint32_t n) { return 16 + (n * 2654435761u >> 24) / 8 * 8; }

void write(uint8_t* ring) {
  RingWriter writer;
  writer.open(ring, kBytes);
  for (uint32_t n = 0; n < kRecords;) {
    const uint32_t length = lengthOf(n);
    if (!writer.hasRoom(length, 0)) {
      std::this_thread::yield();
      continue;
    }
    uint8_t* record = writer.reserve(length);
    store<uint16_t>(record + 4, 1);
    store<uint32_t>(record + 8, n);
    for (uint32_t at = 12; at < length; at++) record[at] = static_cast<uint8_t>(n + at);
    writer.commit();
    n++;
  }
}

bool whole(const uint8_t* record, uint32_t n) {
  if (load<uint32_t>(record) != lengthOf(n) || load<uint32_t>(record + 8) != n) return false;
  for (uint32_t at = 12; at < lengthOf(n); at++) {
    if (record[at] != static_cast<uint8_t>(n + at)) return false;
  }
  return true;
}

uint32_t read(uint8_t* ring) {
  RingReader reader;
  reader.open(ring, kBytes);
  uint32_t n = 0;
  while (n < kRecords) {
    const uint8_t* record = reader.peek();
    if (!record) {
      std::this_thread::yield();
      continue;
    }
    if (!whole(record, n)) break;
    reader.advance();
    n++;
  }
  return n;
}

}  // namespace
}  // namespace pollux

int main() {
  void* ring = std::aligned_alloc(64, pollux::kRingHeaderBytes + pollux::kBytes);
  __builtin_memset(ring, 0, pollux::kRingHeaderBytes + pollux::kBytes);
  uint8_t* bytes = static_cast<uint8_t*>(ring);
  std::thread writer(pollux::write, bytes);
  const uint32_t records = pollux::read(bytes);
  std::printf("%u records\n", records);
  if (records != pollux::kRecords) std::_Exit(1);
  writer.join();
  std::free(ring);
  return 0;
}
