// SPDX-License-Identifier: Apache-2.0
// What devices of the Linux kernel have in common: ioctls for MAC, MTU, flags and link, and the
// kernel's own statistics.
//
// Thread-safety: rxBurst on the thread that serves the device, txBurst on any packet thread (the
// kernel serialises), the rest on the control thread.
#pragma once

#include <rte_mbuf.h>

#include <string>

#include "device.h"
#include "txq-guard.h"

namespace pollux {

constexpr uint32_t kPacketThreadsMax = 128;

class KernelDevice : public Device {
 public:
  explicit KernelDevice(const std::string& name);
  ~KernelDevice() override;

  // Parameters: mtu (optional), mac (optional, aa:bb:cc:dd:ee:ff).
  std::string configure(const Params& params) override;
  void info(DeviceInfo* info) override;
  void statistics(Statistics* statistics) override;
  int setUp(bool up) override;
  int eventFd() const override { return fd_; }

 protected:
  // Opens fd_ for interface name_. Returns 0 or an errno.
  virtual int openDevice() = 0;
  // True where the kernel receives what the switch transmits (tap).
  virtual bool mirrored() const = 0;

  // A buffer to receive into; the one left over from last time where there is one.
  rte_mbuf* takeBuffer();
  void giveBack(rte_mbuf* buffer) { spare_ = buffer; }
  uint32_t bufferRoom() const { return room_; }

  std::string name_;
  int fd_ = -1;
  uint32_t maxFrame_ = 0;
  // Frames that did not fit a buffer or found none.
  Counter rxDropped_;
  struct alignas(64) ThreadCounters {
    Counter dropped;
  };
  ThreadCounters tx_[kPacketThreadsMax];

 private:
  int setMac(const std::string& mac);
  int setMtu(uint32_t mtu);
  std::string acquirePool();

  rte_mempool* pool_ = nullptr;
  uint32_t room_ = 0;
  rte_mbuf* spare_ = nullptr;
  bool linkKnown_ = false;
  bool linkUp_ = false;
  uint32_t linkChanges_ = 0;
};

}  // namespace pollux
