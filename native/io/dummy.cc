// SPDX-License-Identifier: Apache-2.0
// A device without hardware: packets are put in and taken out by the control thread.
//
// Thread-safety: two rings of DPDK's, each multi-producer and multi-consumer. Sums under one writer
// per side is not given (any thread may send), so they are atomic.
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <vector>

#include "../eal/js.h"
#include "device-table.h"
#include "device.h"
#include "mbuf-pool.h"
#include "tx-steering.h"

namespace pollux {
namespace {

constexpr unsigned kRingPackets = 4096;
constexpr uint32_t kQueuesMax = 64;

class Dummy final : public Device {
 public:
  explicit Dummy(const std::string& name) : name_(name) {}
  ~Dummy() override {
    resizeIn(0);
    freeRing(out_);
    if (pool_ != nullptr) mbufPoolRelease(pool_);
  }

  uint16_t rxBurst(uint16_t queue, rte_mbuf** packets, uint16_t count) noexcept override {
    unsigned received =
        rte_ring_dequeue_burst(in_[queue], reinterpret_cast<void**>(packets), count, nullptr);
    for (unsigned i = 0; i < received; i++) rxBytes_ += packets[i]->pkt_len;
    rxPackets_ += received;
    return static_cast<uint16_t>(received);
  }

  uint16_t txBurst(uint16_t thread, rte_mbuf** packets, uint16_t count) noexcept override {
    auto send = [&](uint16_t queue, rte_mbuf** lane, uint16_t length) {
      const uint16_t sent = sendOut(lane, length);
      queuePackets_[queue] += sent;
      return sent;
    };
    if (steering_.byHash(txQueues_)) return steering_.sendByHash(packets, count, txQueues_, send);
    return send(steering_.queueOf(thread, txQueues_), packets, count);
  }

  uint16_t sendOut(rte_mbuf** packets, uint16_t count) noexcept {
    uint64_t lengths[256];
    uint16_t most = std::min<uint16_t>(count, 256);
    for (uint16_t i = 0; i < most; i++) lengths[i] = packets[i]->pkt_len;
    unsigned sent = rte_ring_enqueue_burst(out_, reinterpret_cast<void**>(packets), most, nullptr);
    for (unsigned i = 0; i < sent; i++) txBytes_ += lengths[i];
    txPackets_ += sent;
    txDropped_ += count - sent;
    return static_cast<uint16_t>(sent);
  }

  std::string configure(const Params& params) override {
    mtu_ = paramNumber(params, "mtu", 1500);
    rte_mempool* pool = mbufPoolAcquire(SOCKET_ID_ANY, static_cast<uint16_t>(mtu_));
    if (pool == nullptr) return std::string("no memory: ") + rte_strerror(rte_errno);
    if (pool_ != nullptr) mbufPoolRelease(pool_);
    pool_ = pool;
    steering_.setMode(param(params, "tx_steering") == "hash");
    share(paramNumber(params, "threads", 1));
    txQueues_ = static_cast<uint16_t>(
        std::clamp(paramNumber(params, "n_txq", kQueuesMax), 1u, kQueuesMax));
    numa_ = static_cast<int>(paramNumber(params, "numa", 0));
    if (out_ == nullptr) out_ = makeRing("out");
    const uint32_t queues = std::clamp(paramNumber(params, "n_rxq", 1), 1u, kQueuesMax);
    return resizeIn(queues) && out_ != nullptr ? "" : "no memory for " + name_;
  }

  void share(uint32_t threads) override { steering_.share(threads); }

  void info(DeviceInfo* info) override {
    // A locally administered address that depends on the device alone.
    const uint8_t mac[6] = {0xaa, 0x55, 0xaa, 0x55, static_cast<uint8_t>(id >> 8),
                            static_cast<uint8_t>(id)};
    memcpy(info->mac, mac, sizeof mac);
    info->mtu = mtu_;
    info->adminUp = up_;
    info->linkUp = up_;
    info->numa = numa_;
    info->txQueues = txQueues_;
    info->rxQueues = static_cast<uint32_t>(in_.size());
  }

  void statistics(Statistics* statistics) override {
    statistics->emplace_back("rx_packets", rxPackets_);
    statistics->emplace_back("rx_bytes", rxBytes_);
    statistics->emplace_back("tx_packets", txPackets_);
    statistics->emplace_back("tx_bytes", txBytes_);
    statistics->emplace_back("tx_dropped", txDropped_);
    for (uint16_t queue = 0; queue < txQueues_; queue++) {
      const uint64_t packets = queuePackets_[queue];
      if (packets == 0) continue;
      statistics->emplace_back("tx_q" + std::to_string(queue) + "_packets", packets);
    }
  }

  int setUp(bool up) override {
    up_ = up;
    return 0;
  }

  bool receive(const uint8_t* data, size_t bytes, uint32_t queue) {
    if (queue >= in_.size()) return false;
    rte_mbuf* packet = rte_pktmbuf_alloc(pool_);
    if (packet == nullptr) return false;
    char* room = rte_pktmbuf_append(packet, static_cast<uint16_t>(bytes));
    if (room == nullptr || bytes > UINT16_MAX) {
      rte_pktmbuf_free(packet);
      return false;
    }
    memcpy(room, data, bytes);
    if (rte_ring_enqueue(in_[queue], packet) == 0) return true;
    rte_pktmbuf_free(packet);
    return false;
  }

  rte_mbuf* takeTransmitted() {
    void* packet = nullptr;
    return rte_ring_dequeue(out_, &packet) == 0 ? static_cast<rte_mbuf*>(packet) : nullptr;
  }

 private:
  rte_ring* makeRing(const std::string& side) {
    std::string name = "dummy" + std::to_string(id) + side;
    return rte_ring_create(name.c_str(), kRingPackets, SOCKET_ID_ANY, 0);
  }

  static void freeRing(rte_ring* ring) {
    void* packet;
    while (ring != nullptr && rte_ring_dequeue(ring, &packet) == 0) {
      rte_pktmbuf_free(static_cast<rte_mbuf*>(packet));
    }
    rte_ring_free(ring);
  }

  // Makes it that many receive queues; packets in queues that go are freed.
  bool resizeIn(size_t queues) {
    for (; in_.size() > queues; in_.pop_back()) freeRing(in_.back());
    while (in_.size() < queues) {
      rte_ring* ring = makeRing("in" + std::to_string(in_.size()));
      if (ring == nullptr) return false;
      in_.push_back(ring);
    }
    return true;
  }

  std::string name_;
  int numa_ = 0;
  TxSteering steering_;
  uint16_t txQueues_ = 1;
  std::atomic<uint64_t> queuePackets_[kQueuesMax] = {};
  uint32_t mtu_ = 1500;
  bool up_ = true;
  rte_mempool* pool_ = nullptr;
  std::vector<rte_ring*> in_;
  rte_ring* out_ = nullptr;
  std::atomic<uint64_t> rxPackets_{0}, rxBytes_{0}, txPackets_{0}, txBytes_{0}, txDropped_{0};
};

Dummy* dummyOf(const Napi::CallbackInfo& info) {
  uint32_t id;
  auto* device = js::number(info[0], &id) ? dynamic_cast<Dummy*>(deviceFind(id)) : nullptr;
  if (device == nullptr) js::bad(info, "not a dummy device");
  return device;
}

}  // namespace

std::unique_ptr<Device> makeDummy(const std::string& name) {
  return std::make_unique<Dummy>(name);
}

Napi::Value dummyReceive(const Napi::CallbackInfo& info) {
  Dummy* device = dummyOf(info);
  if (device == nullptr) return info.Env().Undefined();
  uint8_t* packet;
  size_t size;
  uint32_t queue;
  if (!js::bytes(info[1], &packet, &size) || !js::number(info[2], &queue)) {
    return js::bad(info, "dummyReceive: (number, Uint8Array, number)");
  }
  return Napi::Boolean::New(info.Env(), device->receive(packet, size, queue));
}

Napi::Value dummyTransmitted(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Dummy* device = dummyOf(info);
  if (device == nullptr) return env.Undefined();
  Napi::Array result = Napi::Array::New(env);
  while (rte_mbuf* packet = device->takeTransmitted()) {
    auto copy = Napi::Buffer<uint8_t>::New(env, packet->pkt_len);
    const void* data = rte_pktmbuf_read(packet, 0, packet->pkt_len, copy.Data());
    if (data != copy.Data()) memcpy(copy.Data(), data, packet->pkt_len);
    result.Set(result.Length(), copy);
    rte_pktmbuf_free(packet);
  }
  return result;
}

}  // namespace pollux
