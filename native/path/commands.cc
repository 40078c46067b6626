// SPDX-License-Identifier: Apache-2.0
#include "commands.h"

#include <rte_cycles.h>

#include "flow-commands.h"
#include "upcall.h"

namespace pollux {

namespace {

template <typename Command>
const Command& as(const uint8_t* record) noexcept {
  return *reinterpret_cast<const Command*>(record);
}

uint64_t* portCounters(PmdState& pmd, uint32_t port) noexcept {
  return reinterpret_cast<uint64_t*>(pmd.shm + kShmPorts + port * kPortCountersBytes);
}

void portSet(PmdState& pmd, const PortSet& command) noexcept {
  Netdev* netdev = NetdevRegistry::at(command.netdev);
  if (command.port >= kPortsMax || !netdev) return;
  TxPort& port = pmd.ports[command.port];
  port.netdev = netdev;
  port.queue = static_cast<uint16_t>(command.txq);
  const bool emcEnabled = command.emc_enable != 0;
  // What the cache holds of the port must not be found any more.
  if (port.netdev && port.emcEnabled && !emcEnabled) clearCaches(pmd);
  port.emcEnabled = emcEnabled;
  port.counters = portCounters(pmd, command.port);
}

void portClear(PmdState& pmd, const PortClear& command) noexcept {
  if (command.port < kPortsMax) pmd.ports[command.port].netdev = nullptr;
}

void rxqDel(PmdState& pmd, uint32_t slot) noexcept {
  for (uint32_t i = 0; i < pmd.rxqCount; i++) {
    if (pmd.rxqs[i].slot != slot) continue;
    pmd.rxqs[i].counters[kRxqCounterChangedTsc] = rte_rdtsc();
    for (pmd.rxqCount--; i < pmd.rxqCount; i++) pmd.rxqs[i] = pmd.rxqs[i + 1];
  }
}

void rxqAdd(PmdState& pmd, const RxqAdd& command) noexcept {
  if (command.slot >= kRxqsPerPmdMax || command.port >= kPortsMax) return;
  Netdev* netdev = pmd.ports[command.port].netdev;
  if (!netdev) return;
  rxqDel(pmd, command.slot);
  RxQueue& rxq = pmd.rxqs[pmd.rxqCount++];
  rxq.netdev = netdev;
  rxq.port = command.port;
  rxq.queue = static_cast<uint16_t>(command.queue);
  rxq.slot = static_cast<uint16_t>(command.slot);
  rxq.counters =
      reinterpret_cast<uint64_t*>(pmd.shm + kShmRxqs + command.slot * kRxqCountersBytes);
  rxq.counters[kRxqCounterChangedTsc] = rte_rdtsc();
}

void settings(PmdState& pmd, const Settings& command) noexcept {
  pmd.emcInverseProbability = command.emc_inv_prob;
  if (command.emc_inv_prob == 0) clearCaches(pmd);
  pmd.smcEnabled = command.smc_enable != 0;
  const uint32_t limit = command.vlan_limit;
  pmd.txFlushCycles = command.tx_flush_us * pmd.tscPerMs / 1000;
  pmd.vlanLimit = limit == 0 || limit > kVlanHeadersMax ? kVlanHeadersMax : limit;
}

void packetExecute(PmdState& pmd, const uint8_t* record) noexcept {
  const PacketExecute& command = as<PacketExecute>(record);
  const uint8_t* at = record + sizeof command;
  PacketMeta meta;
  meta.inPort = command.in_port;
  if (command.has_key) {
    const FlowKey& key = *reinterpret_cast<const FlowKey*>(at);
    meta = {swap32(key.in_port), swap32(key.recirc_id), swap32(key.dp_hash), key.pkt_mark,
            key.skb_priority, swap32(key.packet_type)};
    at += kKeyBytes;
  }
  const uint8_t* program = at;
  at += (command.program_bytes + 7) & ~7u;
  pmd.count(kPmdCounterInjected, 1);
  rte_mbuf* packet = rte_pktmbuf_alloc(pmd.injectPool);
  char* data = packet ? rte_pktmbuf_append(packet, static_cast<uint16_t>(command.packet_bytes))
                      : nullptr;
  if (!data || !validProgram(program, command.program_bytes)) {
    rte_pktmbuf_free(packet);
    pmd.drops[data ? kDropDatapathDropActionError : kDropDatapathDropNoBuffer]++;
    return;
  }
  __builtin_memcpy(data, at, command.packet_bytes);
  ActionContext context{pmd, packet, meta, {}, 0, ~0u, kNoFlow};
  FlowKey key;
  context.offsets = extractKey(context.data(), context.length(), meta, pmd.vlanLimit, &key);
  runProgram(context, prepareProgram(program, command.program_bytes));
}

void resolve(PmdState& pmd, const uint8_t* record) noexcept {
  UpcallResolve command = as<UpcallResolve>(record);
  const uint8_t* program = record + sizeof command;
  // A bad program or reason is the caller's bug; the packets still need an end.
  const bool valid = command.kind == kResolveProgram
                         ? validProgram(program, command.program_bytes)
                         : command.kind != kResolveDrop || command.value < kDropCount;
  if (!valid) {
    command.kind = kResolveDrop;
    command.value = kDropDatapathDropUpcallError;
  }
  resolveUpcall(pmd, command, program);
}

void sync(PmdState& pmd, const Sync& command) noexcept {
  acknowledge(pmd, kUpcallSynced, 0)->cookie = command.token;
  pmd.upcalls.commit();
}

// Commands that give packets an end: that work is the traffic's.
bool movesPackets(uint16_t opcode) noexcept {
  return opcode == kCommandUpcallResolve || opcode == kCommandPacketExecute;
}

void apply(PmdState& pmd, const uint8_t* record) noexcept {
  switch (as<CommandHeader>(record).opcode) {
    case kCommandFlowPut:
      return flowPut(pmd, record);
    case kCommandFlowModify:
      return flowModify(pmd, record);
    case kCommandFlowDel:
      return flowDel(pmd, as<FlowDel>(record).flow_id);
    case kCommandUpcallResolve:
      return resolve(pmd, record);
    case kCommandPacketExecute:
      return packetExecute(pmd, record);
    case kCommandPortSet:
      return portSet(pmd, as<PortSet>(record));
    case kCommandPortClear:
      return portClear(pmd, as<PortClear>(record));
    case kCommandRxqAdd:
      return rxqAdd(pmd, as<RxqAdd>(record));
    case kCommandRxqDel:
      return rxqDel(pmd, as<RxqDel>(record).slot);
    case kCommandSettings:
      return settings(pmd, as<Settings>(record));
    case kCommandFlush:
      return flowFlush(pmd);
    case kCommandSync:
      return sync(pmd, as<Sync>(record));
    default:
      return;
  }
}

}  // namespace

bool applyCommands(PmdState& pmd) noexcept {
  uint32_t applied = 0;
  bool moved = false;
  while (applied < kCommandsPerIterationMax) {
    const uint8_t* record = pmd.commands.peek();
    if (!record || !pmd.upcalls.hasRoom(sizeof(UpcallRecord), 0)) break;
    moved |= movesPackets(as<CommandHeader>(record).opcode);
    apply(pmd, record);
    pmd.commands.advance();
    applied++;
  }
  if (applied) pmd.count(kPmdCounterCommands, applied);
  return moved;
}

}  // namespace pollux
