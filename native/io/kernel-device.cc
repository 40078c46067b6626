// SPDX-License-Identifier: Apache-2.0
#include "kernel-device.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <rte_errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "mbuf-pool.h"

namespace pollux {
namespace {

constexpr uint32_t kEthernetAndTags = 22;

int controlSocket() {
  static int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return fd;
}

ifreq request(const std::string& name) {
  ifreq ifr = {};
  strncpy(ifr.ifr_name, name.c_str(), IFNAMSIZ - 1);
  return ifr;
}

int call(unsigned long operation, ifreq* ifr) {
  return ioctl(controlSocket(), operation, ifr) == 0 ? 0 : errno;
}

uint64_t kernelCounter(const std::string& device, const char* counter) {
  std::string path = "/sys/class/net/" + device + "/statistics/" + counter;
  FILE* file = fopen(path.c_str(), "re");
  if (file == nullptr) return 0;
  unsigned long long value = 0;
  if (fscanf(file, "%llu", &value) != 1) value = 0;
  fclose(file);
  return value;
}

struct KernelStatistic {
  const char* name;
  // As the kernel counts it, and where the switch is at the kernel's other end.
  const char* direct;
  const char* mirrored;
};

constexpr KernelStatistic kStatistics[] = {
    {"rx_packets", "rx_packets", "tx_packets"},
    {"tx_packets", "tx_packets", "rx_packets"},
    {"rx_bytes", "rx_bytes", "tx_bytes"},
    {"tx_bytes", "tx_bytes", "rx_bytes"},
    {"rx_errors", "rx_errors", "tx_errors"},
    {"tx_errors", "tx_errors", "rx_errors"},
    {"rx_dropped", "rx_dropped", "tx_dropped"},
    {"tx_dropped", "tx_dropped", "rx_dropped"},
    {"rx_multicast_packets", "multicast", nullptr},
    {"collisions", "collisions", "collisions"},
    {"rx_over_err", "rx_over_errors", nullptr},
    {"rx_crc_err", "rx_crc_errors", nullptr},
    {"rx_frame_err", "rx_frame_errors", nullptr},
    {"rx_missed_errors", "rx_missed_errors", nullptr},
};

}  // namespace

// The kernel's names have at most 15 characters; longer ones are cut as the stock switch does.
KernelDevice::KernelDevice(const std::string& name) : name_(name.substr(0, IFNAMSIZ - 1)) {}

KernelDevice::~KernelDevice() {
  if (spare_ != nullptr) rte_pktmbuf_free(spare_);
  if (fd_ >= 0) ::close(fd_);
  if (pool_ != nullptr) mbufPoolRelease(pool_);
}

std::string KernelDevice::configure(const Params& params) {
  auto fail = [&](const char* what, int error) {
    return std::string(what) + " " + name_ + " (" + strerror(error) + ")";
  };
  if (fd_ < 0) {
    int error = openDevice();
    if (error != 0) return fail("could not open network device", error);
  }
  std::string mac = param(params, "mac");
  if (!mac.empty()) {
    int error = setMac(mac);
    if (error != 0) return fail("could not set the Ethernet address of", error);
  }
  uint32_t mtu = paramNumber(params, "mtu", 0);
  if (mtu != 0) {
    int error = setMtu(mtu);
    if (error != 0) return fail("could not set the MTU of", error);
  }
  return acquirePool();
}

std::string KernelDevice::acquirePool() {
  ifreq ifr = request(name_);
  uint32_t mtu = call(SIOCGIFMTU, &ifr) == 0 ? ifr.ifr_mtu : 1500;
  if (mtu > UINT16_MAX - 1024) mtu = UINT16_MAX - 1024;
  maxFrame_ = mtu + kEthernetAndTags;
  rte_mempool* pool = mbufPoolAcquire(SOCKET_ID_ANY, static_cast<uint16_t>(mtu));
  if (pool == nullptr) {
    return "no memory for packet buffers of " + name_ + ": " + rte_strerror(rte_errno);
  }
  if (spare_ != nullptr) rte_pktmbuf_free(spare_);
  spare_ = nullptr;
  if (pool_ != nullptr) mbufPoolRelease(pool_);
  pool_ = pool;
  room_ = mbufPoolRoom(static_cast<uint16_t>(mtu));
  return "";
}

rte_mbuf* KernelDevice::takeBuffer() {
  rte_mbuf* buffer = spare_ != nullptr ? spare_ : rte_pktmbuf_alloc(pool_);
  spare_ = nullptr;
  return buffer;
}

int KernelDevice::setMac(const std::string& mac) {
  ifreq ifr = request(name_);
  unsigned bytes[6];
  if (sscanf(mac.c_str(), "%x:%x:%x:%x:%x:%x", &bytes[0], &bytes[1], &bytes[2], &bytes[3],
             &bytes[4], &bytes[5]) != 6) {
    return EINVAL;
  }
  ifr.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  for (int i = 0; i < 6; i++) ifr.ifr_hwaddr.sa_data[i] = static_cast<char>(bytes[i]);
  return call(SIOCSIFHWADDR, &ifr);
}

int KernelDevice::setMtu(uint32_t mtu) {
  ifreq ifr = request(name_);
  ifr.ifr_mtu = static_cast<int>(mtu);
  return call(SIOCSIFMTU, &ifr);
}

int KernelDevice::setUp(bool up) {
  ifreq ifr = request(name_);
  int error = call(SIOCGIFFLAGS, &ifr);
  if (error != 0) return error;
  short flags = up ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~IFF_UP;
  if (flags == ifr.ifr_flags) return 0;
  ifr.ifr_flags = flags;
  return call(SIOCSIFFLAGS, &ifr);
}

void KernelDevice::info(DeviceInfo* info) {
  ifreq ifr = request(name_);
  if (call(SIOCGIFHWADDR, &ifr) == 0) memcpy(info->mac, ifr.ifr_hwaddr.sa_data, 6);
  ifr = request(name_);
  if (call(SIOCGIFMTU, &ifr) == 0) info->mtu = ifr.ifr_mtu;
  info->ifindex = if_nametoindex(name_.c_str());
  ifr = request(name_);
  info->adminUp = call(SIOCGIFFLAGS, &ifr) == 0 && (ifr.ifr_flags & IFF_UP) != 0;
  bool link = info->adminUp && (ifr.ifr_flags & IFF_RUNNING) != 0;
  if (linkKnown_ && link != linkUp_) linkChanges_++;
  linkKnown_ = true;
  linkUp_ = link;
  info->linkUp = link;
  info->linkChanges = linkChanges_;

  ifr = request(name_);
  ethtool_cmd speed = {};
  speed.cmd = ETHTOOL_GSET;
  ifr.ifr_data = reinterpret_cast<char*>(&speed);
  if (call(SIOCETHTOOL, &ifr) == 0) {
    uint32_t mbps = ethtool_cmd_speed(&speed);
    if (mbps != static_cast<uint32_t>(SPEED_UNKNOWN)) {
      info->linkBitsPerSecond = static_cast<uint64_t>(mbps) * 1000000;
    }
    info->fullDuplex = speed.duplex == DUPLEX_FULL;
  }
  // A tap says 10 Mbit/s for want of a wire; the stock switch reports memory speed instead.
  if (mirrored()) {
    info->linkBitsPerSecond = 10000000000;
    info->fullDuplex = true;
  }
  ifr = request(name_);
  ethtool_drvinfo driver = {};
  driver.cmd = ETHTOOL_GDRVINFO;
  ifr.ifr_data = reinterpret_cast<char*>(&driver);
  if (call(SIOCETHTOOL, &ifr) == 0) {
    info->status.emplace_back("driver_name", driver.driver);
    info->status.emplace_back("driver_version", driver.version);
    info->status.emplace_back("firmware_version", driver.fw_version);
  }
}

void KernelDevice::statistics(Statistics* statistics) {
  uint64_t txDropped = 0;
  for (const ThreadCounters& thread : tx_) txDropped += thread.dropped;
  for (const KernelStatistic& entry : kStatistics) {
    const char* source = mirrored() ? entry.mirrored : entry.direct;
    uint64_t value = source != nullptr ? kernelCounter(name_, source) : 0;
    if (strcmp(entry.name, "rx_dropped") == 0) value += rxDropped_;
    if (strcmp(entry.name, "tx_dropped") == 0) value += txDropped;
    statistics->emplace_back(entry.name, value);
  }
}

}  // namespace pollux
