// SPDX-License-Identifier: Apache-2.0
#include "flow-commands.h"

#include "upcall.h"

namespace pollux {

namespace {

void installed(PmdState& pmd, uint32_t id, uint32_t status) noexcept {
  acknowledge(pmd, kUpcallFlowInstalled, id)->status = static_cast<uint8_t>(status);
  pmd.upcalls.commit();
}

// Compiles a program into the flow: the commonest shapes need no memory and no interpreter.
// False when program memory is used up; the flow is then unchanged.
bool setProgram(PmdState& pmd, FlowHot& flow, const uint8_t* program, uint32_t bytes) noexcept {
  uint8_t kind = kFlowProgram;
  uint32_t operand = 0;
  const uint32_t opcode = bytes == 8 ? load<uint16_t>(program) : 0;
  if (bytes == 0) {
    kind = kFlowDrop;
    operand = kDropDropActionOfPipeline;
  } else if (opcode == kActionOutput && load<uint32_t>(program + 4) < kPortsMax) {
    kind = kFlowOutput;
    operand = load<uint32_t>(program + 4);
  } else if (opcode == kActionDrop) {
    kind = kFlowDrop;
    operand = load<uint32_t>(program + 4);
  }
  uint32_t handle = kNoProgram;
  if (kind == kFlowProgram) {
    handle = pmd.programs.put(program, bytes);
    if (handle == kNoProgram) return false;
    operand = static_cast<uint32_t>(prepareProgram(program, bytes).outputs - program) /
              kProgramAlign;
  }
  pmd.programs.drop(flow.program);
  flow.program = handle;
  flow.operand = static_cast<uint16_t>(operand);
  flow.kind = kind;
  return true;
}

void gauges(PmdState& pmd) noexcept {
  pmd.counters[kPmdCounterMasks] = pmd.tuples.subtables();
}

SimplePort* simplePort(PmdState& pmd, const uint64_t* key) noexcept {
  const uint32_t inPort = swap32(static_cast<uint32_t>(key[0]));
  return inPort < kPortsMax ? &pmd.simple[inPort] : nullptr;
}

// Ends a flow's life in every table.
void retire(PmdState& pmd, uint32_t id) noexcept {
  SimplePort* simple = simplePort(pmd, pmd.flows.key(id));
  if (simple && pmd.flows.hot(id).subtable != kNoSubtable) simple->remove(id);
  pmd.tuples.remove(id);
  pmd.programs.drop(pmd.flows.hot(id).program);
  if (pmd.flows.retire(id)) clearCaches(pmd);
  pmd.counters[kPmdCounterFlows]--;
}

void storeKey(PmdState& pmd, uint32_t id, const uint8_t* key, uint32_t keyClass) noexcept {
  uint64_t* out = pmd.flows.key(id);
  if (keyClass > 0) __builtin_memset(out, 0, kKeyBytes);
  __builtin_memcpy(out, key, kKeyClassBytes[keyClass]);
}

}  // namespace

void flowPut(PmdState& pmd, const uint8_t* record) noexcept {
  const FlowPut& command = *reinterpret_cast<const FlowPut*>(record);
  const uint32_t id = command.flow_id;
  if (id >= kFlowsMax || command.key_class > 2) return installed(pmd, id, kInstallInvalid);
  const uint32_t keyBytes = kKeyClassBytes[command.key_class];
  const uint8_t* key = record + sizeof command;
  const uint8_t* program = key + 2 * keyBytes;
  // An id in use is the caller's bug: the old flow goes, so that nothing is left behind.
  if (pmd.flows.live(id)) retire(pmd, id);

  const bool valid = validProgram(program, command.program_bytes);
  FlowHot& flow = pmd.flows.hot(id);
  flow.keyClass = command.key_class;
  flow.subtable = kNoSubtable;
  flow.program = kNoProgram;
  __builtin_memset(&pmd.flows.stats(id), 0, sizeof(FlowStats));
  storeKey(pmd, id, key, command.key_class);
  uint32_t status = kInstallOk;
  if (!valid || !setProgram(pmd, flow, program, command.program_bytes)) {
    status = valid ? kInstallNoMemory : kInstallInvalid;
    flow.kind = kFlowDrop;
    flow.operand = kDropDatapathDropUpcallError;
  }
  pmd.counters[kPmdCounterFlows]++;
  if (status == kInstallOk) {
    uint64_t mask[kKeyWordsMax];
    __builtin_memcpy(mask, key + keyBytes, keyBytes);
    const uint32_t inPort = swap32(load<uint32_t>(key));
    status = pmd.tuples.insert(id, inPort, mask, command.key_class);
    SimplePort* simple = simplePort(pmd, pmd.flows.key(id));
    if (simple && status == kInstallOk) {
      simple->add(id, pmd.flows.key(id), mask, command.key_class);
    }
    if (status == kInstallMaskLimit) pmd.count(kPmdCounterMaskLimitHits, 1);
  }
  gauges(pmd);
  if (status != kInstallOk || command.ack) installed(pmd, id, status);
}

void flowModify(PmdState& pmd, const uint8_t* record) noexcept {
  const FlowModify& command = *reinterpret_cast<const FlowModify*>(record);
  if (!pmd.flows.live(command.flow_id)) return;
  const uint8_t* program = record + sizeof command;
  uint32_t status = kInstallOk;
  if (!validProgram(program, command.program_bytes)) status = kInstallInvalid;
  else if (!setProgram(pmd, pmd.flows.hot(command.flow_id), program, command.program_bytes)) {
    status = kInstallNoMemory;
  }
  if (status != kInstallOk) installed(pmd, command.flow_id, status);
}

void flowDel(PmdState& pmd, uint32_t id) noexcept {
  UpcallRecord* record = acknowledge(pmd, kUpcallFlowDeleted, id);
  if (pmd.flows.live(id)) {
    const FlowStats& stats = pmd.flows.stats(id);
    record->packets = stats.packets;
    record->bytes = stats.bytes;
    record->used_ms = stats.used_ms;
    record->tcp_flags = stats.tcp_flags;
    retire(pmd, id);
    gauges(pmd);
  }
  pmd.upcalls.commit();
}

void flowFlush(PmdState& pmd) noexcept {
  clearCaches(pmd);
  pmd.tuples.clear();
  for (uint32_t id = 0; id < kFlowsMax; id++) {
    if (pmd.flows.live(id)) pmd.flows.retire(id);
  }
  pmd.programs.clear();
  for (SimplePort& port : pmd.simple) port.clear();
  pmd.counters[kPmdCounterFlows] = 0;
  gauges(pmd);
}

void clearCaches(PmdState& pmd) noexcept {
  pmd.narrowCache.clear();
  pmd.wideCache.clear();
  pmd.signatures.clear();
}

}  // namespace pollux
