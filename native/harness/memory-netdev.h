// SPDX-License-Identifier: Apache-2.0
// A device in memory: packets are fed by hand and collected, or replayed for benchmarks.
#pragma once
#include <rte_mbuf.h>

#include <deque>
#include <vector>

#include "../path/netdev.h"

namespace pollux {

class MemoryNetdev : public Netdev {
 public:
  std::deque<rte_mbuf*> waiting;
  std::vector<rte_mbuf*> sent;
  // Packets taken per txBurst call; for tests of a device that refuses.
  uint16_t room = 0xffff;
  // Replay: the same packets again and again, never freed.
  std::vector<rte_mbuf*> loop;
  // What they hold before anything is done to them.
  std::vector<std::vector<uint8_t>> pristine;
  size_t loopAt = 0;

  uint16_t rxBurst(uint16_t, rte_mbuf** packets, uint16_t n) noexcept override {
    if (!loop.empty()) {
      if (loopAt == loop.size()) loopAt = 0;
      for (uint16_t i = 0; i < n; i++) packets[i] = loop[loopAt + i];
      loopAt += n;
      return n;
    }
    uint16_t count = 0;
    for (; count < n && !waiting.empty(); count++) {
      packets[count] = waiting.front();
      waiting.pop_front();
    }
    return count;
  }

  uint16_t txBurst(uint16_t, rte_mbuf** packets, uint16_t n) noexcept override {
    if (!replaySink) {
      const uint16_t taken = n < room ? n : room;
      sent.insert(sent.end(), packets, packets + taken);
      return taken;
    }
    return n;
  }

  // Forgets what is sent: the packets belong to a replaying device.
  bool replaySink = false;
};

}  // namespace pollux
