// SPDX-License-Identifier: Apache-2.0
// Packets that wait for the control thread.
//
// What it is
// ==========
// Upcall slots, an index from exact key to the slot of its miss, and a pool of places behind
// the first packet of each slot. A slot's first packet stays in `packet` until the control thread
// has resolved the slot, because it may be reading it; the others queue behind it in order.
//
// A miss slot leaves the index as soon as its packets are released: when the control thread
// answers, or earlier (state kReleased) when a later packet of the same key finds a flow that
// another key's answer installed. Only the answer frees the slot.
//
// Limits: kUpcallsMax slots, kParkedPerKeyMax packets per slot, kParkedMax queued in all; a slot
// queues no more than are still free, so that one key leaves room for every other.
// Thread-safety: its PMD only, except `packet` of a slot that the control thread was told of and
// has not resolved, which that thread may read.
#pragma once
#include "../generated/shm.h"
#include "../packet/bytes.h"
#include "reservation.h"

struct rte_mbuf;

namespace pollux {

inline constexpr uint32_t kNoSlot = ~0u;

enum UpcallState : uint8_t { kSlotFree, kSlotMiss, kSlotReleased, kSlotAction };

struct alignas(64) UpcallSlot {
  uint64_t key[kKeyBytes / 8];
  uint64_t hash;
  rte_mbuf* packet;
  // Places behind `packet`; 0 is none.
  uint32_t first;
  uint32_t last;
  uint32_t queued;
  uint32_t nextFree;
  uint8_t state;
  uint8_t keyClass;
  uint8_t depth;
};

struct ParkedPlace {
  rte_mbuf* packet;
  uint32_t next;
  uint32_t depth;
};

class PendingTable {
 public:
  static constexpr uint32_t kIndexSize = 4 * kUpcallsMax;
  static constexpr size_t kBytes = kUpcallsMax * sizeof(UpcallSlot) +
                                   (kParkedMax + 1) * sizeof(ParkedPlace) + kIndexSize * 4 +
                                   4 * kCacheLine;

  bool open(Reservation& memory) noexcept;

  UpcallSlot& slot(uint32_t index) noexcept { return slots_[index]; }
  ParkedPlace& place(uint32_t index) noexcept { return places_[index]; }
  // Misses whose packets are parked: none means that find() need not be asked.
  uint32_t misses() const noexcept { return misses_; }

  // The slot of the miss of this key, or kNoSlot.
  uint32_t find(uint64_t hash, const uint64_t* key, uint32_t keyClass) const noexcept;
  // Takes a slot and fills key and state, or kNoSlot when all are in use. Misses are indexed.
  uint32_t take(UpcallState state, uint64_t hash, const uint64_t* key, uint32_t keyClass) noexcept;
  // Queues a packet behind a slot's first. False at a limit.
  bool park(uint32_t slot, rte_mbuf* packet, uint32_t depth) noexcept;
  // Removes up to `n` queued packets, oldest first; returns how many.
  uint32_t unpark(uint32_t slot, rte_mbuf** packets, uint8_t* depths, uint32_t n) noexcept;
  // Takes the key out of the index: its packets are being released.
  void unindex(uint32_t slot) noexcept;
  // Gives the slot back. It must hold no packets and not be indexed.
  void release(uint32_t slot) noexcept;

 private:
  uint32_t position(uint64_t hash) const noexcept {
    return static_cast<uint32_t>(hash >> 20) & (kIndexSize - 1);
  }

  UpcallSlot* slots_ = nullptr;
  ParkedPlace* places_ = nullptr;
  // Open addressing, slot + 1 or 0.
  uint32_t* index_ = nullptr;
  uint32_t freeSlot_ = kNoSlot;
  uint32_t freePlace_ = 0;
  uint32_t freePlaces_ = kParkedMax;
  uint32_t misses_ = 0;
};

}  // namespace pollux
