// SPDX-License-Identifier: Apache-2.0
// vhost-user ports on librte_vhost: `dpdkvhostuserclient` (the guest's side is the server) and
// `dpdkvhostuser` (the switch is).
//
// Life of a connection
// ====================
// librte_vhost's own thread connects, reconnects and calls back. new_device publishes the device's
// id for the packet threads to use; destroy_device takes it away and waits until every packet
// thread has gone through a quiescent point, so that none can still be inside the rings when
// librte_vhost unmaps the guest's memory.
//
// Parameters: path; server ("true": create the socket); events (path for vhost-events.h's socket);
// mtu; tx_retries (0…32); iommu, postcopy ("true").
//
// Thread-safety
// =============
// vid_, the enabled bits and sender_'s pairs: written by librte_vhost's thread (one at a time),
// read by packet threads. Receive counters: one writer, the queue's thread. Transmit counters: one
// writer each, the thread of that slot; enqueueing to a shared virtqueue is serialised by
// librte_vhost itself.
#include <rte_errno.h>
#include <rte_vhost.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>

#include "device-table.h"
#include "device.h"
#include "mbuf-pool.h"
#include "quiesce.h"
#include "vhost-events.h"
#include "vhost-sender.h"

namespace pollux {
namespace {

constexpr uint32_t kFrameOverhead = 18;
constexpr int kNoDevice = -1;
// Guests complete their checksums and segment by themselves: the path looks at headers only.
// Feature bits of virtio 1.1, 5.1.3: CSUM, HOST_TSO4, HOST_TSO6, HOST_ECN, HOST_UFO.
constexpr uint64_t kOffloads = 1ull << 0 | 1ull << 11 | 1ull << 12 | 1ull << 13 | 1ull << 14;

class Vhost final : public Device {
 public:
  explicit Vhost(const std::string& name) : name_(name) {}
  ~Vhost() override;

  uint16_t rxBurst(uint16_t queue, rte_mbuf** packets, uint16_t count) noexcept override;
  int vhostFill(uint16_t queue) noexcept override;
  uint16_t txBurst(uint16_t thread, rte_mbuf** packets, uint16_t count) noexcept override;
  std::string configure(const Params& params) override;
  void share(uint32_t threads) override { sender_.share(threads); }
  void info(DeviceInfo* info) override;
  void statistics(Statistics* statistics) override;

  // There is no wire to take down: an administratively down port neither sends nor receives.
  int setUp(bool up) override {
    adminUp_.store(up);
    return 0;
  }

  // Called back by librte_vhost's thread.
  int connected(int vid);
  void disconnected();
  void ringChanged(uint16_t ring, bool enabled);

  const std::string& path() const { return path_; }

 private:
  struct alignas(64) RxCounters {
    Counter packets, bytes;
  };

  std::string registerSocket(const Params& params);

  std::string name_;
  std::string path_;
  bool server_ = false;
  bool registered_ = false;
  uint32_t mtu_ = 1500;
  rte_mempool* pool_ = nullptr;

  std::atomic<int> vid_{kNoDevice};
  std::atomic<bool> adminUp_{true};
  std::atomic<uint32_t> queuePairs_{1};
  // Rings that the guest has enabled, a bit per queue pair.
  std::atomic<uint64_t> rxEnabled_{0};
  std::atomic<uint64_t> txEnabled_{0};
  std::atomic<bool> everConnected_{false};
  std::atomic<uint32_t> linkChanges_{0};

  RxCounters rx_[kVhostPairsMax];
  VhostSender sender_;
};

// Callbacks name a device by its socket's path.
std::mutex gMutex;
std::map<std::string, Vhost*> gByPath;

Vhost* findByVid(int vid) {
  char path[PATH_MAX];
  if (rte_vhost_get_ifname(vid, path, sizeof path) != 0) return nullptr;
  std::lock_guard<std::mutex> guard(gMutex);
  auto found = gByPath.find(path);
  return found == gByPath.end() ? nullptr : found->second;
}

int onNewDevice(int vid) {
  Vhost* device = findByVid(vid);
  return device != nullptr ? device->connected(vid) : -1;
}

void onDestroyDevice(int vid) {
  Vhost* device = findByVid(vid);
  if (device != nullptr) device->disconnected();
}

int onRingChanged(int vid, uint16_t ring, int enabled) {
  Vhost* device = findByVid(vid);
  if (device != nullptr) device->ringChanged(ring, enabled != 0);
  return 0;
}

const rte_vhost_device_ops kOperations = [] {
  rte_vhost_device_ops operations = {};
  operations.new_device = onNewDevice;
  operations.destroy_device = onDestroyDevice;
  operations.vring_state_changed = onRingChanged;
  return operations;
}();

uint16_t Vhost::rxBurst(uint16_t queue, rte_mbuf** packets, uint16_t count) noexcept {
  int vid = vid_.load(std::memory_order_acquire);
  if (unlikely(vid < 0 || !adminUp_.load(std::memory_order_relaxed))) return 0;
  auto ring = static_cast<uint16_t>(queue * 2 + kGuestTransmits);
  uint16_t received = rte_vhost_dequeue_burst(vid, ring, pool_, packets, count);
  if (received == 0) return 0;
  rx_[queue].packets += received;
  rx_[queue].bytes += bytesOf(packets, received);
  return received;
}

int Vhost::vhostFill(uint16_t queue) noexcept {
  int vid = vid_.load(std::memory_order_acquire);
  if (vid < 0) return 0;
  return static_cast<int>(rte_vhost_rx_queue_count(vid, queue * 2 + kGuestTransmits));
}

uint16_t Vhost::txBurst(uint16_t thread, rte_mbuf** packets, uint16_t count) noexcept {
  const bool up = adminUp_.load(std::memory_order_relaxed);
  const int vid = up ? vid_.load(std::memory_order_acquire) : kNoDevice;
  return sender_.send(vid, thread, packets, count);
}

std::string Vhost::configure(const Params& params) {
  mtu_ = paramNumber(params, "mtu", 1500);
  const uint32_t retries = std::min(paramNumber(params, "tx_retries", 8), 32u);
  const bool hash = param(params, "tx_steering") == "hash";
  sender_.configure(mtu_ + kFrameOverhead, retries, hash, paramNumber(params, "threads", 1));
  rte_mempool* pool = mbufPoolAcquire(SOCKET_ID_ANY, static_cast<uint16_t>(mtu_));
  if (pool == nullptr) {
    return "no memory for packet buffers of " + name_ + ": " + rte_strerror(rte_errno);
  }
  if (pool_ != nullptr) mbufPoolRelease(pool_);
  pool_ = pool;
  if (registered_ || param(params, "path").empty()) return "";
  if (!quiesceInit()) return "no memory for " + name_;
  return registerSocket(params);
}

std::string Vhost::registerSocket(const Params& params) {
  path_ = param(params, "path");
  server_ = param(params, "server") == "true";
  uint64_t flags = RTE_VHOST_USER_LINEARBUF_SUPPORT;
  if (!server_) {
    flags |= RTE_VHOST_USER_CLIENT;
    if (param(params, "iommu") == "true") flags |= RTE_VHOST_USER_IOMMU_SUPPORT;
    if (param(params, "postcopy") == "true") flags |= RTE_VHOST_USER_POSTCOPY_SUPPORT;
  } else {
    removeStaleSocket(path_);
  }
  {
    std::lock_guard<std::mutex> guard(gMutex);
    if (!gByPath.emplace(path_, this).second) {
      return "socket '" + path_ + "' is already in use by '" + gByPath[path_]->name_ + "'";
    }
  }
  const char* path = path_.c_str();
  vhostEventsAcquire(param(params, "events"));
  int result = rte_vhost_driver_register(path, flags);
  if (result != 0) {
    vhostEventsRelease();
  } else {
    registered_ = true;
    result = rte_vhost_driver_callback_register(path, &kOperations);
    if (result == 0) result = rte_vhost_driver_disable_features(path, kOffloads);
    if (result == 0) result = rte_vhost_driver_start(path);
  }
  if (result == 0) return "";
  return "vhost-user socket '" + path_ + "' could not be " + (server_ ? "created" : "set up");
}

Vhost::~Vhost() {
  // Closes a live connection and waits for callbacks in progress; they may still look us up.
  if (registered_) {
    vhostUnregister(path_);
    vhostEventsRelease();
  }
  {
    std::lock_guard<std::mutex> guard(gMutex);
    auto found = gByPath.find(path_);
    if (found != gByPath.end() && found->second == this) gByPath.erase(found);
  }
  if (pool_ != nullptr) mbufPoolRelease(pool_);
}

int Vhost::connected(int vid) {
  uint16_t rings = rte_vhost_get_vring_num(vid);
  queuePairs_.store(std::clamp<uint32_t>(rings / 2, 1, kVhostPairsMax));
  // Polling: the guest need not tell us about new buffers.
  for (uint16_t ring = 0; ring < rings; ring++) rte_vhost_enable_guest_notification(vid, ring, 0);
  if (txEnabled_.load() == 0) {
    // A guest without multiqueue never enables its one pair by itself.
    txEnabled_.store(1);
    rxEnabled_.fetch_or(1);
  }
  sender_.setPairs(txEnabled_.load());
  everConnected_.store(true);
  linkChanges_.fetch_add(1);
  vid_.store(vid, std::memory_order_release);
  deviceEvent(id);
  return 0;
}

void Vhost::disconnected() {
  if (vid_.exchange(kNoDevice) == kNoDevice) return;
  txEnabled_.store(0);
  rxEnabled_.store(0);
  sender_.setPairs(txEnabled_.load());
  quiesceWait();
  linkChanges_.fetch_add(1);
  deviceEvent(id);
}

void Vhost::ringChanged(uint16_t ring, bool enabled) {
  uint16_t pair = ring / 2;
  if (pair >= kVhostPairsMax) return;
  auto& bits = ring % 2 == kGuestReceives ? txEnabled_ : rxEnabled_;
  if (enabled) {
    bits.fetch_or(1ull << pair);
  } else {
    bits.fetch_and(~(1ull << pair));
  }
  sender_.setPairs(txEnabled_.load());
  deviceEvent(id);
}

void Vhost::info(DeviceInfo* info) {
  int vid = vid_.load();
  bool up = vid >= 0;
  info->mtu = everConnected_.load() ? mtu_ : 0;
  info->linkUp = up;
  info->adminUp = adminUp_.load();
  info->linkChanges = linkChanges_.load();
  info->rxQueues = queuePairs_.load();
  info->txQueues = queuePairs_.load();
  info->rxEnabled = up ? rxEnabled_.load() : ~0ull;
  auto add = [&](std::string key, std::string value) {
    info->status.emplace_back(std::move(key), std::move(value));
  };
  // Without a path the device cannot be a client, and says server, as the stock switch does.
  bool server = server_ || path_.empty();
  add("mode", server ? "server" : "client");
  add("status", up ? "connected" : "disconnected");
  if (!up) return;
  char socketPath[PATH_MAX];
  if (rte_vhost_get_ifname(vid, socketPath, sizeof socketPath) == 0) add("socket", socketPath);
  uint64_t features = 0;
  if (rte_vhost_get_negotiated_features(vid, &features) == 0) {
    char text[32];
    snprintf(text, sizeof text, "0x%016llx", static_cast<unsigned long long>(features));
    add("features", text);
  }
  uint16_t guestMtu;
  if (rte_vhost_get_mtu(vid, &guestMtu) == 0) add("mtu", std::to_string(guestMtu));
  int numa = rte_vhost_get_numa_node(vid);
  if (numa >= 0) {
    add("numa", std::to_string(numa));
    info->numa = numa;
  }
  uint16_t rings = rte_vhost_get_vring_num(vid);
  if (rings != 0) add("num_of_vrings", std::to_string(rings));
  for (uint16_t ring = 0; ring < rings; ring++) {
    rte_vhost_vring details;
    if (rte_vhost_get_vhost_vring(vid, ring, &details) != 0) continue;
    add("vring_" + std::to_string(ring) + "_size", std::to_string(details.size));
  }
}

void Vhost::statistics(Statistics* statistics) {
  uint64_t rxPackets = 0, rxBytes = 0, txPackets = 0, txBytes = 0;
  uint64_t failures = 0, mtuExceeded = 0, retries = 0;
  for (const RxCounters& queue : rx_) {
    rxPackets += queue.packets;
    rxBytes += queue.bytes;
  }
  for (const VhostSender::Counters& thread : sender_.counters()) {
    txPackets += thread.packets;
    txBytes += thread.bytes;
    failures += thread.failures;
    mtuExceeded += thread.mtuExceeded;
    retries += thread.retries;
  }
  auto add = [&](const char* key, uint64_t value) { statistics->emplace_back(key, value); };
  add("rx_packets", rxPackets);
  add("tx_packets", txPackets);
  add("rx_bytes", rxBytes);
  add("tx_bytes", txBytes);
  add("rx_errors", 0);
  add("tx_errors", 0);
  add("rx_dropped", 0);
  add("tx_dropped", failures + mtuExceeded);
  add("ovs_rx_qos_drops", 0);
  add("ovs_tx_qos_drops", 0);
  add("ovs_tx_failure_drops", failures);
  add("ovs_tx_mtu_exceeded_drops", mtuExceeded);
  add("ovs_tx_invalid_hwol_drops", 0);
  add("ovs_tx_retries", retries);
}

}  // namespace

std::unique_ptr<Device> makeVhost(const std::string& name) {
  return std::make_unique<Vhost>(name);
}

}  // namespace pollux
