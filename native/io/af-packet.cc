// SPDX-License-Identifier: Apache-2.0
// An existing kernel interface (`system`), over an AF_PACKET socket (packet(7)).
//
// The kernel takes an 802.1Q tag off before the socket sees the frame and passes it aside: it is
// put back here. Frames whose checksum the sender left to hardware that a virtual wire does not
// have are completed here, because whoever gets them next expects a whole frame.
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kernel-device.h"

namespace pollux {
namespace {

constexpr int kSegmentsMax = 16;
constexpr uint32_t kTagBytes = 4;
constexpr uint32_t kAddressesBytes = 12;

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

uint16_t get16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }

void put16(uint8_t* at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

// Computes the TCP or UDP checksum of an unfragmented IPv4 or IPv6 packet without options that
// matter to it. `tagged` frames carry one tag.
void completeChecksum(uint8_t* frame, uint32_t length) {
  uint32_t offset = kAddressesBytes;
  uint16_t type = get16(frame + offset);
  if (type == ETH_P_8021Q || type == ETH_P_8021AD) {
    offset += kTagBytes;
    type = get16(frame + offset);
  }
  offset += 2;
  uint8_t protocol;
  uint8_t* network = frame + offset;
  uint32_t transportOffset;
  if (type == ETH_P_IP && length >= offset + 20) {
    protocol = network[9];
    transportOffset = offset + (network[0] & 15) * 4;
    if ((get16(network + 6) & 0x3fff) != 0) return;
  } else if (type == ETH_P_IPV6 && length >= offset + 40) {
    protocol = network[6];
    transportOffset = offset + 40;
  } else {
    return;
  }
  uint32_t field = protocol == IPPROTO_TCP ? 16 : protocol == IPPROTO_UDP ? 6 : 0;
  if (field == 0 || length < transportOffset + (protocol == IPPROTO_TCP ? 20 : 8)) return;
  uint8_t* transport = frame + transportOffset;
  put16(transport + field, 0);
  uint16_t sum =
      type == ETH_P_IP
          ? rte_ipv4_udptcp_cksum(reinterpret_cast<rte_ipv4_hdr*>(network), transport)
          : rte_ipv6_udptcp_cksum(reinterpret_cast<rte_ipv6_hdr*>(network), transport);
  memcpy(transport + field, &sum, sizeof sum);
}

class AfPacket final : public KernelDevice {
 public:
  using KernelDevice::KernelDevice;

  uint16_t rxBurst(uint16_t, rte_mbuf** packets, uint16_t count) noexcept override {
    uint16_t received = 0;
    while (received < count) {
      rte_mbuf* packet = takeBuffer();
      if (packet == nullptr) break;
      int verdict = receive(packet);
      if (verdict > 0) {
        packets[received++] = packet;
        continue;
      }
      giveBack(packet);
      if (verdict < 0) break;
    }
    return received;
  }

  uint16_t txBurst(uint16_t thread, rte_mbuf** packets, uint16_t count) noexcept override {
    uint16_t sent = 0;
    while (sent < count && sendPacket(packets[sent])) sent++;
    tx_[thread].dropped += count - sent;
    rte_pktmbuf_free_bulk(packets, sent);
    return sent;
  }

 protected:
  int openDevice() override;
  bool mirrored() const override { return false; }

 private:
  // 1: a packet, 0: one that was not for us or did not fit, -1: nothing there.
  int receive(rte_mbuf* packet);
  bool sendPacket(rte_mbuf* packet);
  void finish(rte_mbuf* packet, uint32_t bytes, const tpacket_auxdata* aux);
};

int AfPacket::openDevice() {
  unsigned index = if_nametoindex(name_.c_str());
  if (index == 0) return ENODEV;
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  int one = 1;
  packet_mreq promiscuous = {};
  promiscuous.mr_ifindex = static_cast<int>(index);
  promiscuous.mr_type = PACKET_MR_PROMISC;
  sockaddr_ll address = {};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(index);
  int buffer = 4 * 1024 * 1024;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  // Kernels without the option are served by the check of sll_pkttype on reception.
  setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
  if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof one) != 0 ||
      bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) != 0) {
    int error = errno;
    close(fd);
    return error;
  }
  fd_ = fd;
  return 0;
}

int AfPacket::receive(rte_mbuf* packet) {
  // Room for a tag stays free before the frame.
  uint8_t* data = rte_pktmbuf_mtod(packet, uint8_t*);
  iovec target = {data, rte_pktmbuf_tailroom(packet)};
  sockaddr_ll from = {};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(tpacket_auxdata))];
  msghdr message = {};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &target;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t bytes = recvmsg(fd_, &message, MSG_TRUNC);
  if (bytes < 0) return errno == EINTR ? 0 : -1;
  if (from.sll_pkttype == PACKET_OUTGOING) return 0;
  if (bytes < ETH_HLEN || (message.msg_flags & MSG_TRUNC) != 0) {
    rxDropped_ += 1;
    return 0;
  }
  const tpacket_auxdata* aux = nullptr;
  for (cmsghdr* item = CMSG_FIRSTHDR(&message); item; item = CMSG_NXTHDR(&message, item)) {
    if (item->cmsg_level == SOL_PACKET && item->cmsg_type == PACKET_AUXDATA) {
      aux = reinterpret_cast<tpacket_auxdata*>(CMSG_DATA(item));
    }
  }
  finish(packet, static_cast<uint32_t>(bytes), aux);
  return 1;
}

void AfPacket::finish(rte_mbuf* packet, uint32_t bytes, const tpacket_auxdata* aux) {
  packet->data_len = static_cast<uint16_t>(bytes);
  packet->pkt_len = bytes;
  if (aux == nullptr) return;
  if ((aux->tp_status & TP_STATUS_VLAN_VALID) != 0) {
    auto* frame = reinterpret_cast<uint8_t*>(rte_pktmbuf_prepend(packet, kTagBytes));
    if (frame != nullptr) {
      memmove(frame, frame + kTagBytes, kAddressesBytes);
      bool typed = (aux->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
      put16(frame + kAddressesBytes, typed ? aux->tp_vlan_tpid : ETH_P_8021Q);
      put16(frame + kAddressesBytes + 2, aux->tp_vlan_tci);
    }
  }
  if ((aux->tp_status & TP_STATUS_CSUMNOTREADY) != 0) {
    completeChecksum(rte_pktmbuf_mtod(packet, uint8_t*), packet->pkt_len);
  }
}

bool AfPacket::sendPacket(rte_mbuf* packet) {
  iovec segments[kSegmentsMax];
  msghdr message = {};
  message.msg_iov = segments;
  for (rte_mbuf* part = packet; part && message.msg_iovlen < kSegmentsMax; part = part->next) {
    segments[message.msg_iovlen++] = {rte_pktmbuf_mtod(part, void*), part->data_len};
  }
  ssize_t result;
  do {
    result = sendmsg(fd_, &message, MSG_DONTWAIT);
  } while (result < 0 && errno == EINTR);
  return result >= 0;
}

}  // namespace

std::unique_ptr<Device> makeAfPacket(const std::string& name) {
  return std::make_unique<AfPacket>(name);
}

}  // namespace pollux
