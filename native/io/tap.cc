// SPDX-License-Identifier: Apache-2.0
// Kernel TAP: `tap` and `internal` ports. The kernel's stack is at the other end.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kernel-device.h"

namespace pollux {
namespace {

constexpr int kSegmentsMax = 16;

class Tap final : public KernelDevice {
 public:
  using KernelDevice::KernelDevice;

  uint16_t rxBurst(uint16_t, rte_mbuf** packets, uint16_t count) noexcept override {
    uint16_t received = 0;
    while (received < count) {
      rte_mbuf* packet = takeBuffer();
      if (packet == nullptr) break;
      ssize_t bytes = read(fd_, rte_pktmbuf_mtod(packet, void*), rte_pktmbuf_tailroom(packet));
      if (bytes <= 0) {
        giveBack(packet);
        break;
      }
      packet->data_len = static_cast<uint16_t>(bytes);
      packet->pkt_len = static_cast<uint32_t>(bytes);
      packets[received++] = packet;
    }
    return received;
  }

  uint16_t txBurst(uint16_t thread, rte_mbuf** packets, uint16_t count) noexcept override {
    uint16_t sent = 0;
    while (sent < count && sendPacket(packets[sent])) sent++;
    // A TAP that is down refuses everything (EIO), one that is full refuses for now: the
    // remainder is the caller's to free, counted here.
    tx_[thread].dropped += count - sent;
    rte_pktmbuf_free_bulk(packets, sent);
    return sent;
  }

 protected:
  int openDevice() override {
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return errno;
    ifreq ifr = {};
    strncpy(ifr.ifr_name, name_.c_str(), IFNAMSIZ - 1);
    ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (ioctl(fd, TUNSETIFF, &ifr) != 0) {
      int error = errno;
      close(fd);
      return error;
    }
    fd_ = fd;
    return 0;
  }

  bool mirrored() const override { return true; }

 private:
  bool sendPacket(rte_mbuf* packet) {
    iovec segments[kSegmentsMax];
    int count = 0;
    for (rte_mbuf* part = packet; part != nullptr && count < kSegmentsMax; part = part->next) {
      segments[count++] = {rte_pktmbuf_mtod(part, void*), part->data_len};
    }
    ssize_t result;
    do {
      result = writev(fd_, segments, count);
    } while (result < 0 && errno == EINTR);
    return result >= 0;
  }
};

}  // namespace

std::unique_ptr<Device> makeTap(const std::string& name) { return std::make_unique<Tap>(name); }

}  // namespace pollux
