// SPDX-License-Identifier: Apache-2.0
// The seam between the packet's path and devices: what a PMD needs of a device, and the registry
// through which the control thread names one.
#pragma once
#include <atomic>
#include <cstdint>

struct rte_mbuf;

namespace pollux {

// A device as the packet's path sees it. Every queue is used by one PMD at a time; the control
// thread sees to that with RXQ_ADD/RXQ_DEL/PORT_SET. Nothing here blocks or throws.
struct Netdev {
  virtual ~Netdev() = default;

  // Receives up to `n` packets of `queue`; returns how many. They are the caller's to free.
  virtual uint16_t rxBurst(uint16_t queue, rte_mbuf** pkts, uint16_t n) noexcept = 0;

  // Sends up to `n` packets on `queue`; returns how many were taken. The rest stays the caller's,
  // who frees and counts them.
  virtual uint16_t txBurst(uint16_t queue, rte_mbuf** pkts, uint16_t n) noexcept = 0;
};

inline constexpr uint32_t kNetdevsMax = 2048;

// Devices by id. Control thread: registers a device before it sends PORT_SET/RXQ_ADD, and releases
// the id only after every PMD has acknowledged PORT_CLEAR and RXQ_DEL (SYNC).
// Thread-safety: slots are written by the control thread, read by PMDs when a command is applied.
class NetdevRegistry {
 public:
  // Returns the id, or kNetdevsMax when all are in use.
  static uint32_t add(Netdev* netdev) noexcept;
  static Netdev* at(uint32_t id) noexcept;
  // Forgets the device; the caller owns and deletes it.
  static void remove(uint32_t id) noexcept;

 private:
  static std::atomic<Netdev*> slots_[kNetdevsMax];
};

}  // namespace pollux
