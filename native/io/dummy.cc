// SPDX-License-Identifier: Apache-2.0
// A device without hardware: packets are put in and taken out by the control thread.
//
// Parameters: mtu, n_rxq, n_txq, numa, threads, tx_steering as elsewhere; mac; sleeping=1: not
// polled; few_buffers=1: many such devices in little memory; discard=1: nobody takes what is sent;
// rxq_pcap, tx_pcap: captures.
//
// Thread-safety: two rings of DPDK's, each multi-producer and multi-consumer. Sums under one writer
// per side is not given (any thread may send), so they are atomic.
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <vector>

#include "../eal/js.h"
#include "device-table.h"
#include "device.h"
#include "mbuf-pool.h"
#include "pcap-file.h"
#include "tx-steering.h"

namespace pollux {
namespace {

constexpr unsigned kRingPackets = 4096;
constexpr uint32_t kQueuesMax = 64;
constexpr uint32_t kEthernetHeader = 14;

class Dummy final : public Device {
 public:
  explicit Dummy(const std::string& name) : name_(name) {}
  ~Dummy() override {
    resizeIn(0);
    freeRing(out_);
    if (pool_ != nullptr) mbufPoolRelease(pool_);
    if (event_ >= 0) close(event_);
  }

  uint16_t rxBurst(uint16_t queue, rte_mbuf** packets, uint16_t count) noexcept override {
    if (event_ >= 0) clearEvent();
    unsigned left = 0;
    unsigned received =
        rte_ring_dequeue_burst(in_[queue], reinterpret_cast<void**>(packets), count, &left);
    if (event_ >= 0 && left > 0) setEvent();
    uint64_t bytes = 0;
    for (unsigned i = 0; i < received; i++) bytes += packets[i]->pkt_len;
    rxQueues_[queue].packets += received;
    rxQueues_[queue].bytes += bytes;
    return static_cast<uint16_t>(received);
  }

  uint16_t txBurst(uint16_t thread, rte_mbuf** packets, uint16_t count) noexcept override {
    auto send = [&](uint16_t queue, rte_mbuf** lane, uint16_t length) {
      return sendOut(queue, lane, length);
    };
    if (steering_.byHash(txQueues_)) return steering_.sendByHash(packets, count, txQueues_, send);
    return send(steering_.queueOf(thread, txQueues_), packets, count);
  }

  std::string configure(const Params& params) override {
    mtu_ = paramNumber(params, "mtu", 1500);
    const uint16_t room = static_cast<uint16_t>(mtu_);
    const bool few = param(params, "few_buffers") == "1";
    rte_mempool* pool = few ? mbufPoolAcquireFew(room) : mbufPoolAcquire(SOCKET_ID_ANY, room);
    if (pool == nullptr) return std::string("no memory: ") + rte_strerror(rte_errno);
    if (pool_ != nullptr) mbufPoolRelease(pool_);
    pool_ = pool;
    steering_.setMode(param(params, "tx_steering") == "hash");
    share(paramNumber(params, "threads", 1));
    txQueues_ = static_cast<uint16_t>(
        std::clamp(paramNumber(params, "n_txq", kQueuesMax), 1u, kQueuesMax));
    numa_ = static_cast<int>(paramNumber(params, "numa", 0));
    discard_ = param(params, "discard") == "1";
    if (param(params, "sleeping") == "1" && event_ < 0) {
      event_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    }
    parseMac(param(params, "mac"));
    openCaptures(param(params, "rxq_pcap"), param(params, "tx_pcap"));
    if (out_ == nullptr) out_ = makeRing("out");
    const uint32_t queues = std::clamp(paramNumber(params, "n_rxq", 1), 1u, kQueuesMax);
    return resizeIn(queues) && out_ != nullptr ? "" : "no memory for " + name_;
  }

  void share(uint32_t threads) override { steering_.share(threads); }

  void info(DeviceInfo* info) override {
    memcpy(info->mac, mac_, sizeof mac_);
    info->mtu = mtu_;
    info->adminUp = up_;
    info->linkUp = up_;
    info->numa = numa_;
    info->txQueues = txQueues_;
    info->rxQueues = static_cast<uint32_t>(in_.size());
  }

  void statistics(Statistics* statistics) override {
    const uint16_t rxQueues = static_cast<uint16_t>(in_.size());
    auto total = [](const QueueCounters* queues, uint16_t count, auto member) {
      uint64_t sum = 0;
      for (uint16_t queue = 0; queue < count; queue++) sum += queues[queue].*member;
      return sum;
    };
    const uint64_t rxPackets = total(rxQueues_, rxQueues, &QueueCounters::packets);
    statistics->emplace_back("rx_packets", rxPackets);
    statistics->emplace_back("rx_bytes", total(rxQueues_, rxQueues, &QueueCounters::bytes));
    statistics->emplace_back("tx_packets", total(txCounters_, txQueues_, &QueueCounters::packets));
    statistics->emplace_back("tx_bytes", total(txCounters_, txQueues_, &QueueCounters::bytes));
    if (!discard_) statistics->emplace_back("tx_dropped", txDropped_);
    statistics->emplace_back("rx_custom_packets_1", rxPackets);
    statistics->emplace_back("rx_custom_packets_2", rxPackets);
    perQueue(statistics, "rx_q", rxQueues_, rxQueues);
    perQueue(statistics, "tx_q", txCounters_, txQueues_);
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
    if (auto capture = rxCapture_) capture->write(data, bytes);
    if (rte_ring_enqueue(in_[queue], packet) == 0) {
      if (event_ >= 0) setEvent();
      return true;
    }
    rte_pktmbuf_free(packet);
    return false;
  }

  int eventFd() const override { return event_; }

  rte_mbuf* takeTransmitted() {
    void* packet = nullptr;
    return rte_ring_dequeue(out_, &packet) == 0 ? static_cast<rte_mbuf*>(packet) : nullptr;
  }

 private:
  struct QueueCounters {
    std::atomic<uint64_t> packets{0};
    std::atomic<uint64_t> bytes{0};
  };

  uint16_t sendOut(uint16_t queue, rte_mbuf** packets, uint16_t count) noexcept {
    uint16_t taken = 0;
    uint64_t sent = 0, bytes = 0;
    for (; taken < count; taken++) {
      rte_mbuf* packet = packets[taken];
      const uint32_t length = packet->pkt_len;
      if (tooLong(packet)) {
        txDropped_++;
        rte_pktmbuf_free(packet);
        continue;
      }
      if (txCapture_) txCapture_->write(packet);
      if (discard_) rte_pktmbuf_free(packet);
      else if (rte_ring_enqueue(out_, packet) != 0) break;
      sent++;
      bytes += length;
    }
    txCounters_[queue].packets += sent;
    txCounters_[queue].bytes += bytes;
    txDropped_ += count - taken;
    return taken;
  }

  // Longer than the MTU with its header, and with a VLAN tag where there is one.
  bool tooLong(const rte_mbuf* packet) const noexcept {
    const uint32_t most = mtu_ + kEthernetHeader;
    if (packet->pkt_len <= most) return false;
    const uint8_t* type = rte_pktmbuf_mtod(packet, const uint8_t*) + 12;
    const bool tagged = packet->data_len >= kEthernetHeader && type[0] == 0x81 && type[1] == 0x00;
    return packet->pkt_len > most + (tagged ? 4 : 0);
  }

  static void perQueue(Statistics* statistics, const char* prefix, const QueueCounters* queues,
                       uint16_t count) {
    for (uint16_t queue = 0; queue < count; queue++) {
      const std::string name = prefix + std::to_string(queue);
      statistics->emplace_back(name + "_bytes", queues[queue].bytes);
      statistics->emplace_back(name + "_packets", queues[queue].packets);
    }
  }

  void setEvent() noexcept {
    const uint64_t one = 1;
    (void)!write(event_, &one, sizeof one);
  }

  void clearEvent() noexcept {
    uint64_t events;
    (void)!read(event_, &events, sizeof events);
  }

  // Without one: a locally administered address that depends on the device alone.
  void parseMac(const std::string& text) {
    const uint8_t own[6] = {0xaa, 0x55, 0xaa, 0x55, static_cast<uint8_t>(id >> 8),
                            static_cast<uint8_t>(id)};
    memcpy(mac_, own, sizeof mac_);
    unsigned byte[6];
    if (sscanf(text.c_str(), "%x:%x:%x:%x:%x:%x", &byte[0], &byte[1], &byte[2], &byte[3], &byte[4],
               &byte[5]) != 6) {
      return;
    }
    for (int i = 0; i < 6; i++) mac_[i] = static_cast<uint8_t>(byte[i]);
  }

  void openCaptures(const std::string& rx, const std::string& tx) {
    rxCapture_ = rx.empty() ? nullptr : PcapFile::open(rx);
    txCapture_ = tx.empty() ? nullptr : tx == rx ? rxCapture_ : PcapFile::open(tx);
  }

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
  QueueCounters rxQueues_[kQueuesMax];
  QueueCounters txCounters_[kQueuesMax];
  uint8_t mac_[6] = {};
  bool discard_ = false;
  int event_ = -1;
  std::shared_ptr<PcapFile> rxCapture_, txCapture_;
  uint32_t mtu_ = 1500;
  bool up_ = true;
  rte_mempool* pool_ = nullptr;
  std::vector<rte_ring*> in_;
  rte_ring* out_ = nullptr;
  std::atomic<uint64_t> txDropped_{0};
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
