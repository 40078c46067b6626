// SPDX-License-Identifier: Apache-2.0
#include "pending.h"

namespace pollux {

bool PendingTable::open(Reservation& memory) noexcept {
  slots_ = memory.take<UpcallSlot>(kUpcallsMax);
  places_ = memory.take<ParkedPlace>(kParkedMax + 1);
  index_ = memory.take<uint32_t>(kIndexSize);
  if (!slots_ || !places_ || !index_) return false;
  for (uint32_t i = kUpcallsMax; i-- > 0;) {
    slots_[i].nextFree = freeSlot_;
    freeSlot_ = i;
  }
  for (uint32_t i = kParkedMax; i > 0; i--) {
    places_[i].next = freePlace_;
    freePlace_ = i;
  }
  return true;
}

uint32_t PendingTable::find(uint64_t hash, const uint64_t* key, uint32_t keyClass) const noexcept {
  for (uint32_t at = position(hash); index_[at] != 0; at = (at + 1) & (kIndexSize - 1)) {
    const UpcallSlot& slot = slots_[index_[at] - 1];
    if (slot.hash == hash && slot.keyClass == keyClass &&
        __builtin_memcmp(slot.key, key, kKeyClassBytes[keyClass]) == 0) {
      return index_[at] - 1;
    }
  }
  return kNoSlot;
}

uint32_t PendingTable::take(UpcallState state, uint64_t hash, const uint64_t* key,
                            uint32_t keyClass) noexcept {
  const uint32_t taken = freeSlot_;
  if (taken == kNoSlot) return kNoSlot;
  UpcallSlot& slot = slots_[taken];
  freeSlot_ = slot.nextFree;
  __builtin_memcpy(slot.key, key, kKeyClassBytes[keyClass]);
  slot.hash = hash;
  slot.packet = nullptr;
  slot.first = slot.last = slot.queued = 0;
  slot.state = state;
  slot.keyClass = static_cast<uint8_t>(keyClass);
  slot.depth = 0;
  if (state == kSlotMiss) {
    uint32_t at = position(hash);
    while (index_[at] != 0) at = (at + 1) & (kIndexSize - 1);
    index_[at] = taken + 1;
    misses_++;
  }
  return taken;
}

bool PendingTable::park(uint32_t slotIndex, rte_mbuf* packet, uint32_t depth) noexcept {
  UpcallSlot& slot = slots_[slotIndex];
  const uint32_t at = freePlace_;
  if (slot.queued + 1 >= kParkedPerKeyMax || slot.queued >= freePlaces_) return false;
  freePlace_ = places_[at].next;
  freePlaces_--;
  places_[at] = {packet, 0, depth};
  if (slot.last != 0) places_[slot.last].next = at;
  else slot.first = at;
  slot.last = at;
  slot.queued++;
  return true;
}

uint32_t PendingTable::unpark(uint32_t slotIndex, rte_mbuf** packets, uint8_t* depths,
                              uint32_t n) noexcept {
  UpcallSlot& slot = slots_[slotIndex];
  uint32_t count = 0;
  uint32_t at = slot.first;
  for (; at != 0 && count < n; count++) {
    ParkedPlace& place = places_[at];
    const uint32_t next = place.next;
    packets[count] = place.packet;
    depths[count] = static_cast<uint8_t>(place.depth);
    place.next = freePlace_;
    freePlace_ = at;
    at = next;
  }
  slot.first = at;
  if (at == 0) slot.last = 0;
  slot.queued -= count;
  freePlaces_ += count;
  return count;
}

void PendingTable::unindex(uint32_t slotIndex) noexcept {
  uint32_t at = position(slots_[slotIndex].hash);
  while (index_[at] != slotIndex + 1) at = (at + 1) & (kIndexSize - 1);
  misses_--;
  // Close the gap: move back every entry that may not be reached over it.
  uint32_t gap = at;
  for (uint32_t next = (at + 1) & (kIndexSize - 1); index_[next] != 0;
       next = (next + 1) & (kIndexSize - 1)) {
    const uint32_t home = position(slots_[index_[next] - 1].hash);
    const uint32_t distance = (next - home) & (kIndexSize - 1);
    if (distance >= ((next - gap) & (kIndexSize - 1))) {
      index_[gap] = index_[next];
      gap = next;
    }
  }
  index_[gap] = 0;
}

void PendingTable::release(uint32_t slotIndex) noexcept {
  UpcallSlot& slot = slots_[slotIndex];
  slot.state = kSlotFree;
  slot.packet = nullptr;
  slot.nextFree = freeSlot_;
  freeSlot_ = slotIndex;
}

}  // namespace pollux
