// SPDX-License-Identifier: Apache-2.0
#include "mbuf-pool.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <string>
#include <vector>

namespace pollux {
namespace {

constexpr uint32_t kCacheBuffers = 256;
constexpr uint32_t kFrameOverhead = 26;

struct Pool {
  rte_mempool* pool;
  int socket;
  uint32_t room;
  uint32_t wanted;
  uint32_t references;
};

std::vector<Pool> gPools;
uint32_t gSerial = 0;

// Packets that the control thread sends: a batch per burst of its own, at most a jumbo frame each.
constexpr uint32_t kInjectBuffers = 2048;
constexpr uint32_t kInjectRoom = 10240;
constexpr uint32_t kFewBuffers = 8192;

rte_mempool* create(int socket, uint32_t room, uint32_t wanted, uint32_t least) {
  for (uint32_t count = wanted; count >= least; count /= 2) {
    std::string name = "pollux" + std::to_string(gSerial++) + "_" + std::to_string(room);
    rte_mempool* pool = rte_pktmbuf_pool_create(name.c_str(), count - 1, kCacheBuffers, 0,
                                                RTE_PKTMBUF_HEADROOM + room, socket);
    if (pool != nullptr) return pool;
    if (rte_errno != ENOMEM) return nullptr;
  }
  return nullptr;
}

rte_mempool* acquire(int socket, uint32_t room, uint32_t wanted, uint32_t least) {
  mbufPoolSweep();
  if (socket < 0) socket = static_cast<int>(rte_socket_id());
  for (Pool& entry : gPools) {
    if (entry.socket == socket && entry.room == room && entry.wanted == wanted) {
      entry.references++;
      return entry.pool;
    }
  }
  rte_mempool* pool = create(socket, room, wanted, least);
  if (pool == nullptr && socket != SOCKET_ID_ANY) pool = create(SOCKET_ID_ANY, room, wanted, least);
  if (pool != nullptr) gPools.push_back({pool, socket, room, wanted, 1});
  return pool;
}

}  // namespace

uint32_t mbufPoolRoom(uint16_t mtu) { return (mtu + kFrameOverhead + 1023u) / 1024 * 1024; }

rte_mempool* mbufPoolAcquire(int socket, uint16_t mtu) {
  const bool many = mtu <= RTE_ETHER_MTU && rte_eal_has_hugepages() != 0;
  return acquire(socket, mbufPoolRoom(mtu), many ? kBuffersMany : kBuffersWanted, kBuffersLeast);
}

rte_mempool* mbufPoolAcquireFew(uint16_t mtu) {
  return acquire(SOCKET_ID_ANY, mbufPoolRoom(mtu), kFewBuffers, kFewBuffers / 8);
}

rte_mempool* mbufPoolAcquireInject() {
  return acquire(SOCKET_ID_ANY, kInjectRoom, kInjectBuffers, kInjectBuffers);
}

void mbufPoolRelease(rte_mempool* pool) {
  for (Pool& entry : gPools) {
    if (entry.pool == pool && entry.references > 0) entry.references--;
  }
  mbufPoolSweep();
}

void mbufPoolSweep() {
  auto complete = [](const Pool& entry) {
    if (entry.references != 0 || !rte_mempool_full(entry.pool)) return false;
    rte_mempool_free(entry.pool);
    return true;
  };
  gPools.erase(std::remove_if(gPools.begin(), gPools.end(), complete), gPools.end());
}

}  // namespace pollux
