// SPDX-License-Identifier: Apache-2.0
#include "upcall.h"

#include <rte_prefetch.h>

#include "tx.h"

namespace pollux {

namespace {

PacketMeta metaOf(const FlowKey& key, uint32_t keyClass) noexcept {
  PacketMeta meta;
  meta.inPort = swap32(key.in_port);
  meta.recircId = swap32(key.recirc_id);
  if (keyClass > 0) {
    meta.dpHash = swap32(key.dp_hash);
    meta.mark = key.pkt_mark;
    meta.priority = key.skb_priority;
  }
  if (keyClass == 2) meta.packetType = swap32(key.packet_type);
  return meta;
}

void writeUpcall(PmdState& pmd, uint32_t type, uint32_t slotIndex, uint32_t cookie,
                 uint32_t flowId) noexcept {
  const UpcallSlot& slot = pmd.pending.slot(slotIndex);
  const uint32_t keyBytes = kKeyClassBytes[slot.keyClass];
  uint8_t* at = pmd.upcalls.reserve(sizeof(UpcallRecord) + keyBytes);
  UpcallRecord* record = reinterpret_cast<UpcallRecord*>(at);
  __builtin_memset(at + 4, 0, sizeof *record - 4);
  record->type = static_cast<uint16_t>(type);
  record->key_class = slot.keyClass;
  record->slot = slotIndex;
  record->in_port = swap32(static_cast<uint32_t>(slot.key[0]));
  record->packet_length = slot.packet->pkt_len;
  record->cookie = cookie;
  record->flow_id = flowId;
  __builtin_memcpy(at + sizeof *record, slot.key, keyBytes);
  pmd.upcalls.commit();
  pmd.upcallsWritten = true;
}

bool upcallRoom(PmdState& pmd) noexcept {
  return pmd.upcalls.hasRoom(sizeof(UpcallRecord) + kKeyBytes, kUpcallRingReserveBytes);
}

void lose(PmdState& pmd, rte_mbuf* packet) noexcept {
  pmd.count(kPmdCounterLost, 1);
  dropPacket(pmd, packet, kDropDatapathDropUpcallError);
}

// What a release did, for whoever accounts it.
struct Released {
  uint64_t packets = 0;
  uint64_t bytes = 0;
};

struct Release {
  uint32_t slot;
  // The slot's first packet, or a copy.
  rte_mbuf* first;
  // Whether `run` needs to know where the headers are.
  bool layers;
  // Between bursts of the path: packets that want another pass can have it at once.
  bool idle;
};

// Calls `run` with each packet of a slot in order. They come in bursts, so that their memory
// accesses overlap.
template <typename Run>
Released releaseInOrder(PmdState& pmd, const Release& release, Run run) noexcept {
  const uint32_t slotIndex = release.slot;
  const bool layers = release.layers;
  const UpcallSlot& slot = pmd.pending.slot(slotIndex);
  const PacketMeta meta = metaOf(*reinterpret_cast<const FlowKey*>(slot.key), slot.keyClass);
  Released released;
  rte_mbuf* packets[kBurstMax] = {release.first};
  uint8_t depths[kBurstMax] = {slot.depth};
  uint32_t count = 1;
  FlowKey key;
  do {
    for (uint32_t i = 0; i < count; i++) rte_prefetch0(packets[i]);
    for (uint32_t i = 0; layers && i < count; i++) {
      rte_prefetch0(rte_pktmbuf_mtod(packets[i], void*));
    }
    released.packets += count;
    for (uint32_t i = 0; i < count; i++) {
      released.bytes += packets[i]->pkt_len;
      ActionContext context{pmd, packets[i], meta, {}, depths[i], ~0u, kNoFlow};
      if (layers) {
        context.offsets =
            extractKey(context.data(), context.length(), meta, pmd.vlanLimit, &key);
      }
      run(context);
    }
    // The queue of passes does not hold all that may be parked.
    if (release.idle) pmd.ops->recirculate(pmd);
    count = pmd.pending.unpark(slotIndex, packets, depths, kBurstMax);
  } while (count != 0);
  return released;
}

uint16_t tcpFlagsOf(const UpcallSlot& slot) noexcept {
  return swap16(reinterpret_cast<const FlowKey*>(slot.key)->tcp_flags);
}

void account(PmdState& pmd, uint32_t flowId, const UpcallSlot& slot, Released released) noexcept {
  FlowStats& stats = pmd.flows.stats(flowId);
  stats.packets += released.packets;
  stats.bytes += released.bytes;
  stats.used_ms = pmd.nowMs;
  stats.tcp_flags |= tcpFlagsOf(slot);
}

void reportReleased(PmdState& pmd, uint32_t slotIndex, Released released) noexcept {
  UpcallRecord* record = acknowledge(pmd, kUpcallReleased, slotIndex);
  record->packets = released.packets;
  record->bytes = released.bytes;
  record->used_ms = pmd.nowMs;
  record->tcp_flags = released.packets ? tcpFlagsOf(pmd.pending.slot(slotIndex)) : 0;
  pmd.upcalls.commit();
}

void unpark(PmdState& pmd, uint64_t packets) noexcept {
  pmd.counters[kPmdCounterParked] -= packets;
}

void resolveAction(PmdState& pmd, const UpcallResolve& command, const uint8_t* program) noexcept {
  UpcallSlot& slot = pmd.pending.slot(command.slot);
  rte_mbuf* packet = slot.packet;
  unpark(pmd, 1);
  if (command.kind == kResolveProgram) {
    releaseInOrder(pmd, {command.slot, packet, true, true}, [&](ActionContext& context) {
      runProgram(context, prepareProgram(program, command.program_bytes));
    });
  } else if (command.kind == kResolveDrop) {
    dropPacket(pmd, packet, static_cast<Drop>(command.value));
  } else {
    pmd.count(kPmdCounterDelivered, 1);
    rte_pktmbuf_free(packet);
  }
  pmd.pending.release(command.slot);
}

}  // namespace

UpcallRecord* acknowledge(PmdState& pmd, uint32_t type, uint32_t slot) noexcept {
  uint8_t* at = pmd.upcalls.reserve(sizeof(UpcallRecord));
  UpcallRecord* record = reinterpret_cast<UpcallRecord*>(at);
  __builtin_memset(at + 4, 0, sizeof *record - 4);
  record->type = static_cast<uint16_t>(type);
  record->slot = slot;
  pmd.upcallsWritten = true;
  return record;
}

void upcallMiss(PmdState& pmd, rte_mbuf* packet, uint64_t hash, const uint64_t* key,
                uint32_t keyClass, uint32_t depth) noexcept {
  uint32_t slotIndex = pmd.pending.find(hash, key, keyClass);
  if (slotIndex != kNoSlot) {
    if (!pmd.pending.park(slotIndex, packet, depth)) return lose(pmd, packet);
  } else {
    if (!upcallRoom(pmd)) return lose(pmd, packet);
    slotIndex = pmd.pending.take(kSlotMiss, hash, key, keyClass);
    if (slotIndex == kNoSlot) return lose(pmd, packet);
    UpcallSlot& slot = pmd.pending.slot(slotIndex);
    slot.packet = packet;
    slot.depth = static_cast<uint8_t>(depth);
    writeUpcall(pmd, kUpcallMiss, slotIndex, 0, ~0u);
    pmd.count(kPmdCounterUpcalls, 1);
  }
  pmd.count(kPmdCounterMiss, 1);
  pmd.count(kPmdCounterParked, 1);
}

void upcallAction(ActionContext& context, rte_mbuf* packet, uint32_t cookie) noexcept {
  PmdState& pmd = context.pmd;
  FlowKey key;
  extractKey(rte_pktmbuf_mtod(packet, const uint8_t*), packet->data_len, context.meta,
             pmd.vlanLimit, &key);
  truncatePacket(context, packet);
  const uint32_t slotIndex =
      upcallRoom(pmd)
          ? pmd.pending.take(kSlotAction, 0, reinterpret_cast<const uint64_t*>(&key),
                             keyClassOf(key))
          : kNoSlot;
  if (slotIndex == kNoSlot) {
    return dropPacket(pmd, packet, kDropDatapathDropUserspaceActionError);
  }
  UpcallSlot& slot = pmd.pending.slot(slotIndex);
  slot.packet = packet;
  slot.depth = static_cast<uint8_t>(context.depth);
  writeUpcall(pmd, kUpcallAction, slotIndex, cookie,
              context.flowId == kNoFlow ? ~0u : context.flowId);
  pmd.count(kPmdCounterParked, 1);
}

void runFlow(ActionContext& context, uint32_t id) noexcept {
  PmdState& pmd = context.pmd;
  const FlowHot& flow = pmd.flows.hot(id);
  context.flowId = id;
  switch (flow.kind) {
    case kFlowOutput:
      return queueOutput(pmd, context.packet, flow.operand);
    case kFlowDrop:
      return dropPacket(pmd, context.packet, static_cast<Drop>(flow.operand));
    default:
      return runProgram(context, programOf(pmd, flow));
  }
}

bool releaseEarly(PmdState& pmd, uint32_t slotIndex, uint32_t flowId) noexcept {
  UpcallSlot& slot = pmd.pending.slot(slotIndex);
  const bool layers = pmd.flows.hot(flowId).kind == kFlowProgram;
  const Recirculation& queue = pmd.recirculation;
  const uint32_t room = Recirculation::kMax - (queue.tail - queue.head);
  if (layers && slot.queued + kBurstMax >= room) return false;
  // The control thread may be reading the first packet: its copy travels, it stays.
  rte_mbuf* first = rte_pktmbuf_copy(slot.packet, slot.packet->pool, 0, UINT32_MAX);
  if (!first) return false;
  pmd.count(kPmdCounterCopies, 1);
  pmd.pending.unindex(slotIndex);
  slot.state = kSlotReleased;
  const Released released =
      releaseInOrder(pmd, {slotIndex, first, layers, false},
                     [&](ActionContext& context) { runFlow(context, flowId); });
  unpark(pmd, released.packets - 1);
  account(pmd, flowId, slot, released);
  return true;
}

void resolveUpcall(PmdState& pmd, const UpcallResolve& command, const uint8_t* program) noexcept {
  if (command.slot >= kUpcallsMax) return;
  UpcallSlot& slot = pmd.pending.slot(command.slot);
  if (slot.state == kSlotFree) return;
  if (slot.state == kSlotAction) return resolveAction(pmd, command, program);
  Released released;
  if (slot.state == kSlotReleased) {
    unpark(pmd, 1);
    pmd.count(kPmdCounterDelivered, 1);
    rte_pktmbuf_free(slot.packet);
  } else {
    pmd.pending.unindex(command.slot);
    const uint32_t flowId =
        command.kind == kResolveFlow && pmd.flows.live(command.value) ? command.value : kNoFlow;
    const Drop reason = command.kind == kResolveDrop ? static_cast<Drop>(command.value)
                                                     : kDropDatapathDropUpcallError;
    const bool layers = flowId != kNoFlow ? pmd.flows.hot(flowId).kind == kFlowProgram
                                          : command.kind == kResolveProgram;
    const auto run = [&](ActionContext& context) {
      if (flowId != kNoFlow) return runFlow(context, flowId);
      if (command.kind == kResolveProgram) {
        return runProgram(context, prepareProgram(program, command.program_bytes));
      }
      dropPacket(pmd, context.packet, reason);
    };
    released = releaseInOrder(pmd, {command.slot, slot.packet, layers, true}, run);
    unpark(pmd, released.packets);
    if (flowId != kNoFlow) account(pmd, flowId, slot, released);
  }
  if (command.kind != kResolveFlow) reportReleased(pmd, command.slot, released);
  pmd.pending.release(command.slot);
}

void dropParked(PmdState& pmd) noexcept {
  for (uint32_t i = 0; i < kUpcallsMax; i++) {
    UpcallSlot& slot = pmd.pending.slot(i);
    if (slot.state == kSlotFree) continue;
    if (slot.state == kSlotMiss) pmd.pending.unindex(i);
    const Released released =
        releaseInOrder(pmd, {i, slot.packet, false, false}, [&](ActionContext& context) {
          dropPacket(pmd, context.packet, kDropDatapathDropShutdown);
        });
    unpark(pmd, released.packets);
    pmd.pending.release(i);
  }
}

}  // namespace pollux
