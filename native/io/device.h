// SPDX-License-Identifier: Apache-2.0
// A netdev as the control thread sees it: what io/ adds to the packet path's Netdev.
//
// What it is
// ==========
// One object per open device, in one process-wide table. The packet's path only knows the Netdev
// half (bursts); this half opens, configures, describes and closes. A device type is one file with
// one factory, and one line in device-table.cc.
//
// Thread-safety
// =============
// Everything here: control thread only, and never while a packet thread polls the device, except
// info(), statistics() and setUp(), which may run at any time. The control plane sees to it: it
// takes the queues off and the port out of every thread, and waits for their acknowledgement,
// before configure() or close().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../path/netdev.h"

namespace pollux {

using Params = std::map<std::string, std::string>;

struct DeviceInfo {
  uint8_t mac[6] = {};
  uint32_t mtu = 0;
  uint32_t ifindex = 0;
  bool adminUp = true;
  bool linkUp = false;
  bool fullDuplex = false;
  uint64_t linkBitsPerSecond = 0;
  uint32_t linkChanges = 0;
  int numa = 0;
  uint32_t rxQueues = 1;
  uint32_t txQueues = 1;
  // Receive queues that the other side has enabled, one bit each (the first 64).
  uint64_t rxEnabled = ~0ull;
  std::vector<std::pair<std::string, std::string>> status;
};

using Statistics = std::vector<std::pair<std::string, uint64_t>>;

class Device : public Netdev {
 public:
  ~Device() override = default;

  // Applies parameters, (re)starting the device as needed. Returns "" or what went wrong.
  virtual std::string configure(const Params& params) = 0;
  virtual void info(DeviceInfo* info) = 0;
  virtual void statistics(Statistics* statistics) = 0;
  // Administrative state. Returns 0 or an errno.
  virtual int setUp(bool up) = 0;
  // More packet threads will send than configure() was told ("threads"): serialise where they share
  // a queue. Takes effect for every thread once each has passed a quiescent point.
  virtual void share(uint32_t threads) { (void)threads; }
  // Packets that wait in a queue of a vhost device, roughly; -1: not known, not such a device.
  virtual int vhostFill(uint16_t queue) noexcept {
    (void)queue;
    return -1;
  }
  // For devices that are served by sleeping, not polling: readable when packets wait. -1: polled.
  virtual int eventFd() const { return -1; }

  // Set by the table.
  uint32_t id = 0;
};

// Makes an unconfigured device.
using DeviceFactory = std::unique_ptr<Device> (*)(const std::string& name);

struct DeviceType {
  const char* name;
  DeviceFactory make;
};

std::unique_ptr<Device> makeEthdev(const std::string& name);
std::unique_ptr<Device> makeVhost(const std::string& name);
std::unique_ptr<Device> makeTap(const std::string& name);
std::unique_ptr<Device> makeAfPacket(const std::string& name);
std::unique_ptr<Device> makeDummy(const std::string& name);

// Parameter access: the value or the default.
std::string param(const Params& params, const char* key, const char* otherwise = "");
uint32_t paramNumber(const Params& params, const char* key, uint32_t otherwise);

}  // namespace pollux
