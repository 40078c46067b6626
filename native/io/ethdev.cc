// SPDX-License-Identifier: Apache-2.0
// Netdev over rte_ethdev: NICs by PCI address, and every virtual device that DPDK can probe.
//
// Parameters: devargs; mtu; n_rxq, n_txq, n_rxq_desc, n_txq_desc (wishes, clamped to what the
// device can do).
#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_spinlock.h>
#include <rte_version.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "device.h"
#include "mbuf-pool.h"
#include "txq-guard.h"

namespace pollux {
namespace {

constexpr uint16_t kNoPort = RTE_MAX_ETHPORTS;
constexpr uint32_t kFrameOverhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

// Who uses which DPDK port, for a clear message when two interfaces name one device.
std::string gUsers[RTE_MAX_ETHPORTS];

const char* speedText(uint32_t mbps) {
  switch (mbps) {
    case RTE_ETH_SPEED_NUM_10M: return "10Mbps";
    case RTE_ETH_SPEED_NUM_100M: return "100Mbps";
    case RTE_ETH_SPEED_NUM_1G: return "1Gbps";
    case RTE_ETH_SPEED_NUM_2_5G: return "2.5Gbps";
    case RTE_ETH_SPEED_NUM_5G: return "5Gbps";
    case RTE_ETH_SPEED_NUM_10G: return "10Gbps";
    case RTE_ETH_SPEED_NUM_20G: return "20Gbps";
    case RTE_ETH_SPEED_NUM_25G: return "25Gbps";
    case RTE_ETH_SPEED_NUM_40G: return "40Gbps";
    case RTE_ETH_SPEED_NUM_50G: return "50Gbps";
    case RTE_ETH_SPEED_NUM_56G: return "56Gbps";
    case RTE_ETH_SPEED_NUM_100G: return "100Gbps";
    case RTE_ETH_SPEED_NUM_200G: return "200Gbps";
    default: return "Not Defined";
  }
}

// The DPDK port behind devargs, or kNoPort. `class=eth,mac=…` names a port by its address.
uint16_t findPort(const std::string& devargs) {
  constexpr const char* kByMac = "class=eth,mac=";
  if (devargs.rfind(kByMac, 0) == 0) {
    rte_ether_addr wanted, mac;
    if (rte_ether_unformat_addr(devargs.c_str() + strlen(kByMac), &wanted) != 0) return kNoPort;
    uint16_t port;
    RTE_ETH_FOREACH_DEV(port) {
      if (rte_eth_macaddr_get(port, &mac) != 0) continue;
      if (rte_is_same_ether_addr(&mac, &wanted)) return port;
    }
    return kNoPort;
  }
  rte_dev_iterator iterator;
  uint16_t port;
  RTE_ETH_FOREACH_MATCHING_DEV(port, devargs.c_str(), &iterator) {
    rte_eth_iterator_cleanup(&iterator);
    return port;
  }
  return kNoPort;
}

// As many queues as wished and possible, at least one.
uint16_t queueCount(uint32_t wish, uint16_t possible) {
  return static_cast<uint16_t>(std::clamp<uint32_t>(wish, 1, std::max<uint16_t>(possible, 1)));
}

// Of the driver's own statistics: those per queue, and those that tell of losses.
bool keptStatistic(const std::string& name) {
  auto ends = [&](const char* suffix) {
    size_t length = strlen(suffix);
    return name.size() >= length && name.compare(name.size() - length, length, suffix) == 0;
  };
  bool queue = (name.rfind("rx_q", 0) == 0 || name.rfind("tx_q", 0) == 0) && name.size() > 4 &&
               isdigit(static_cast<unsigned char>(name[4]));
  return queue || ends("_errors") || ends("_dropped") ||
         name.find("_management_") != std::string::npos;
}

class Ethdev final : public Device {
 public:
  explicit Ethdev(const std::string& name) : name_(name) {}
  ~Ethdev() override { close(); }

  uint16_t rxBurst(uint16_t queue, rte_mbuf** packets, uint16_t count) noexcept override {
    return rte_eth_rx_burst(port_, queue, packets, count);
  }

  uint16_t txBurst(uint16_t thread, rte_mbuf** packets, uint16_t count) noexcept override {
    TxSteering& steering = txqs_.steering();
    const uint16_t queues = txqs_.queues();
    if (likely(!steering.byHash(queues))) {
      return sendOn(steering.queueOf(thread, queues), packets, count);
    }
    return steering.sendByHash(packets, count, queues,
                               [&](uint16_t queue, rte_mbuf** lane, uint16_t length) {
                                 return sendOn(queue, lane, length);
                               });
  }

  std::string configure(const Params& params) override {
    if (port_ == kNoPort) {
      std::string error = attach(param(params, "devargs"));
      if (!error.empty()) return error;
    }
    return start(params);
  }

  void share(uint32_t threads) override { txqs_.share(threads); }
  void info(DeviceInfo* info) override;
  void statistics(Statistics* statistics) override;

  int setUp(bool up) override {
    int result = up ? rte_eth_dev_set_link_up(port_) : rte_eth_dev_set_link_down(port_);
    if (result != 0 && result != -ENOTSUP) return -result;
    adminUp_ = up;
    return 0;
  }

 private:
  uint16_t sendOn(uint16_t queue, rte_mbuf** packets, uint16_t count) noexcept {
    TxqGuard guard(&txqs_, queue);
    count = guard.keepWithin(packets, count, maxFrame_);
    uint16_t sent = rte_eth_tx_burst(port_, queue, packets, count);
    guard.counters().failures += count - sent;
    return sent;
  }

  std::string attach(const std::string& devargs);
  std::string start(const Params& params);
  std::string setUpQueues(uint16_t rxDescriptors, uint16_t txDescriptors);
  void close();

  std::string name_;
  std::string devargs_;
  uint16_t port_ = kNoPort;
  uint16_t mtu_ = RTE_ETHER_MTU;
  uint32_t maxFrame_ = RTE_ETHER_MTU + kFrameOverhead;
  uint16_t rxQueues_ = 0;
  bool adminUp_ = true;
  bool linkUp_ = false;
  uint32_t linkChanges_ = 0;
  rte_mempool* pool_ = nullptr;
  TxqSet txqs_;
};

std::string Ethdev::attach(const std::string& devargs) {
  uint16_t port = findPort(devargs);
  if (port == kNoPort && rte_dev_probe(devargs.c_str()) == 0) port = findPort(devargs);
  if (port == kNoPort) return "Error attaching device '" + devargs + "' to DPDK";
  if (!gUsers[port].empty()) {
    return "'" + name_ + "' is trying to use device '" + devargs +
           "' which is already in use by '" + gUsers[port] + "'";
  }
  gUsers[port] = name_;
  port_ = port;
  devargs_ = devargs;
  return "";
}

std::string Ethdev::start(const Params& params) {
  rte_eth_dev_info info;
  int result = rte_eth_dev_info_get(port_, &info);
  if (result != 0) return name_ + ": no device information: " + rte_strerror(-result);
  rte_eth_dev_stop(port_);

  mtu_ = static_cast<uint16_t>(paramNumber(params, "mtu", RTE_ETHER_MTU));
  maxFrame_ = mtu_ + kFrameOverhead;
  rte_eth_conf conf = {};
  conf.rxmode.mtu = mtu_;
  rxQueues_ = queueCount(paramNumber(params, "n_rxq", 1), info.max_rx_queues);
  uint16_t txQueues = queueCount(paramNumber(params, "n_txq", 1), info.max_tx_queues);
  if (rxQueues_ > 1) {
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf.rss_hf =
        (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP) & info.flow_type_rss_offloads;
    if (conf.rx_adv_conf.rss_conf.rss_hf == 0) conf.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
  }
  result = rte_eth_dev_configure(port_, rxQueues_, txQueues, &conf);
  if (result != 0) {
    return "Interface " + name_ + " could not be configured with " + std::to_string(rxQueues_) +
           " rx queues, " + std::to_string(txQueues) + " tx queues, MTU " + std::to_string(mtu_) +
           ": " + rte_strerror(-result);
  }
  result = rte_eth_dev_set_mtu(port_, mtu_);
  if (result != 0 && result != -ENOTSUP) {
    return "Interface " + name_ + " MTU (" + std::to_string(mtu_) +
           ") setup error: " + rte_strerror(-result);
  }
  rte_mempool* pool = mbufPoolAcquire(rte_eth_dev_socket_id(port_), mtu_);
  if (pool == nullptr) {
    return "no memory for packet buffers of MTU " + std::to_string(mtu_) + ": " +
           rte_strerror(rte_errno);
  }
  if (pool_ != nullptr) mbufPoolRelease(pool_);
  pool_ = pool;
  uint16_t rxDescriptors = static_cast<uint16_t>(paramNumber(params, "n_rxq_desc", 2048));
  uint16_t txDescriptors = static_cast<uint16_t>(paramNumber(params, "n_txq_desc", 2048));
  rte_eth_dev_adjust_nb_rx_tx_desc(port_, &rxDescriptors, &txDescriptors);
  txqs_.resize(txQueues, paramNumber(params, "threads", 1),
               param(params, "tx_steering") == "hash");
  return setUpQueues(rxDescriptors, txDescriptors);
}

std::string Ethdev::setUpQueues(uint16_t rxDescriptors, uint16_t txDescriptors) {
  int socket = rte_eth_dev_socket_id(port_);
  auto fail = [&](const char* what, int result) {
    return "Interface " + name_ + " " + what + " setup error: " + rte_strerror(-result);
  };
  for (uint16_t queue = 0; queue < txqs_.queues(); queue++) {
    int result = rte_eth_tx_queue_setup(port_, queue, txDescriptors, socket, nullptr);
    if (result != 0) return fail("txq", result);
  }
  for (uint16_t queue = 0; queue < rxQueues_; queue++) {
    int result = rte_eth_rx_queue_setup(port_, queue, rxDescriptors, socket, nullptr, pool_);
    if (result != 0) return fail("rxq", result);
  }
  int result = rte_eth_dev_start(port_);
  if (result != 0) return fail("start", result);
  // A switch port hears everything; devices without these modes always do.
  rte_eth_promiscuous_enable(port_);
  rte_eth_allmulticast_enable(port_);
  return "";
}

void Ethdev::close() {
  if (port_ == kNoPort) return;
  rte_eth_dev_info info = {};
  rte_eth_dev_info_get(port_, &info);
  rte_eth_dev_stop(port_);
  rte_eth_dev_close(port_);
  gUsers[port_].clear();
  if (info.device != nullptr) {
    bool shared = false;
    uint16_t other;
    RTE_ETH_FOREACH_DEV(other) {
      rte_eth_dev_info sibling = {};
      shared |= rte_eth_dev_info_get(other, &sibling) == 0 && sibling.device == info.device;
    }
    if (!shared) rte_dev_remove(info.device);
  }
  if (pool_ != nullptr) mbufPoolRelease(pool_);
  pool_ = nullptr;
  port_ = kNoPort;
}

void Ethdev::info(DeviceInfo* info) {
  rte_ether_addr mac;
  if (rte_eth_macaddr_get(port_, &mac) == 0) memcpy(info->mac, mac.addr_bytes, sizeof info->mac);
  rte_eth_link link = {};
  rte_eth_link_get_nowait(port_, &link);
  if ((link.link_status != 0) != linkUp_) {
    linkUp_ = link.link_status != 0;
    linkChanges_++;
  }
  info->mtu = mtu_;
  info->adminUp = adminUp_;
  info->linkUp = linkUp_;
  info->fullDuplex = link.link_duplex == RTE_ETH_LINK_FULL_DUPLEX;
  info->linkChanges = linkChanges_ > 0 ? linkChanges_ - 1 : 0;
  if (link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN) {
    info->linkBitsPerSecond = static_cast<uint64_t>(link.link_speed) * 1000000;
  }
  int socket = rte_eth_dev_socket_id(port_);
  info->numa = std::max(socket, 0);
  info->rxQueues = rxQueues_;
  info->txQueues = txqs_.queues();

  rte_eth_dev_info details = {};
  if (rte_eth_dev_info_get(port_, &details) != 0) return;
  auto add = [&](const char* key, std::string value) {
    info->status.emplace_back(key, std::move(value));
  };
  std::string driver = details.driver_name != nullptr ? details.driver_name : "";
  add("port_no", std::to_string(port_));
  add("numa_id", std::to_string(socket));
  add("driver_name", driver);
  add("min_rx_bufsize", std::to_string(details.min_rx_bufsize));
  add("max_rx_pktlen", std::to_string(maxFrame_));
  add("max_rx_queues", std::to_string(details.max_rx_queues));
  add("max_tx_queues", std::to_string(details.max_tx_queues));
  add("max_mac_addrs", std::to_string(details.max_mac_addrs));
  add("max_hash_mac_addrs", std::to_string(details.max_hash_mac_addrs));
  add("max_vfs", std::to_string(details.max_vfs));
  add("max_vmdq_pools", std::to_string(details.max_vmdq_pools));
  add("if_type", "6");
  add("if_descr", std::string(rte_version()) + " " + driver);
  add("link_speed", speedText(link.link_speed));
  if (details.device != nullptr) {
    const rte_bus* bus = rte_bus_find_by_device(details.device);
    const char* more = rte_dev_bus_info(details.device);
    std::string text = "bus_name=" + std::string(bus != nullptr ? rte_bus_name(bus) : "unknown");
    if (more != nullptr && *more != '\0') text += ", " + std::string(more);
    add("bus_info", std::move(text));
  }
}

void Ethdev::statistics(Statistics* statistics) {
  auto add = [&](std::string key, uint64_t value) {
    statistics->emplace_back(std::move(key), value);
  };
  int count = rte_eth_xstats_get(port_, nullptr, 0);
  if (count > 0) {
    std::vector<rte_eth_xstat> values(count);
    std::vector<rte_eth_xstat_name> names(count);
    if (rte_eth_xstats_get(port_, values.data(), count) == count &&
        rte_eth_xstats_get_names(port_, names.data(), count) == count) {
      for (int i = 0; i < count; i++) {
        if (keptStatistic(names[i].name)) add(names[i].name, values[i].value);
      }
    }
  }
  rte_eth_stats stats = {};
  rte_eth_stats_get(port_, &stats);
  TxqCounters software = txqs_.sum();
  add("rx_packets", stats.ipackets);
  add("tx_packets", stats.opackets);
  add("rx_bytes", stats.ibytes);
  add("tx_bytes", stats.obytes);
  add("rx_errors", stats.ierrors);
  add("tx_errors", stats.oerrors);
  add("rx_dropped", stats.rx_nombuf + stats.imissed);
  add("tx_dropped", software.failures + software.mtuExceeded);
  add("ovs_rx_qos_drops", 0);
  add("ovs_tx_qos_drops", 0);
  add("ovs_tx_failure_drops", software.failures);
  add("ovs_tx_mtu_exceeded_drops", software.mtuExceeded);
  add("ovs_tx_invalid_hwol_drops", 0);
}

}  // namespace

std::unique_ptr<Device> makeEthdev(const std::string& name) {
  return std::make_unique<Ethdev>(name);
}

}  // namespace pollux
