// SPDX-License-Identifier: Apache-2.0
#include "../packet/nsh.h"
#include "../path/tx.h"
#include "action.h"

namespace pollux {

namespace {
constexpr uint32_t kRecordHeader = 4;
constexpr uint32_t kCheckHeader = 8;

// Where the outputs begin that are all that follows; `end` when the last action is none.
const uint8_t* finalOutputs(const uint8_t* program, const uint8_t* end) noexcept {
  const uint8_t* from = program;
  for (const uint8_t* at = program; at < end; at += load<uint16_t>(at + 2)) {
    if (load<uint16_t>(at) != kActionOutput) from = at + load<uint16_t>(at + 2);
  }
  return from;
}
// Payloads with a length of their own: a whole NSH, or programs.
bool validPayload(uint32_t opcode, const uint8_t* payload, uint32_t bytes) noexcept {
  if (opcode == kActionPushNsh) return bytes >= kNshBaseBytes && nshBytes(payload) == bytes;
  if (opcode == kActionClone) return validProgram(payload, bytes);
  if (bytes < kCheckHeader || load<uint32_t>(payload + 4) > bytes - kCheckHeader) return false;
  const uint32_t greater = load<uint32_t>(payload + 4);
  const uint8_t* programs = payload + kCheckHeader;
  return validProgram(programs, greater) &&
         validProgram(programs + greater, bytes - kCheckHeader - greater);
}
}  // namespace

Program prepareProgram(const uint8_t* program, uint32_t bytes) noexcept {
  const uint8_t* const end = program + bytes;
  return {program, finalOutputs(program, end), end};
}

void runProgram(ActionContext& context, const Program& program) noexcept {
  const uint8_t* at = program.begin;
  while (at < program.end && context.packet) {
    context.onlyOutputsFollow = at >= program.outputs;
    const uint32_t opcode = load<uint16_t>(at);
    const uint8_t* const next = at + load<uint16_t>(at + 2);
    if (opcode == kActionOutput && next == program.end && context.keep == ~0u) {
      // How most programs end.
      queueOutput(context.pmd, context.packet, load<uint32_t>(at + kRecordHeader));
      context.packet = nullptr;
      return;
    }
    kActionTable[opcode].run(context, at + kRecordHeader, next == program.end);
    at = next;
  }
  // A program that is empty, or ends in a set, say: nothing wants the packet any more.
  if (context.packet) dropPacket(context.pmd, context.packet, kDropDropActionOfPipeline);
}

bool validProgram(const uint8_t* program, uint32_t bytes) noexcept {
  if (bytes > kActionsBytesMax) return false;
  while (bytes > 0) {
    if (bytes < kRecordHeader) return false;
    const uint32_t opcode = load<uint16_t>(program);
    const uint32_t length = load<uint16_t>(program + 2);
    if (opcode >= kActionsMax || !kActionTable[opcode].run || length > bytes) return false;
    if (length < kRecordHeader) return false;
    const uint32_t wanted = kActionTable[opcode].payloadBytes;
    if (wanted == kAnyBytes) {
      if (!validPayload(opcode, program + kRecordHeader, length - kRecordHeader)) return false;
    } else if (length != kRecordHeader + wanted) {
      return false;
    }
    if (opcode == kActionDrop && load<uint32_t>(program + 4) >= kDropCount) return false;
    program += length;
    bytes -= length;
  }
  return true;
}

rte_mbuf* copyPacket(ActionContext& context) noexcept {
  rte_mbuf* packet = context.packet;
  rte_mbuf* copy = rte_pktmbuf_copy(packet, packet->pool, 0, UINT32_MAX);
  context.pmd.count(kPmdCounterCopies, 1);
  if (!copy) context.pmd.drops[kDropDatapathDropNoBuffer]++;
  return copy;
}

rte_mbuf* sharePacket(ActionContext& context) noexcept {
  if (!context.onlyOutputsFollow || context.packet->pkt_len > context.keep) {
    return copyPacket(context);
  }
  rte_pktmbuf_refcnt_update(context.packet, 1);
  context.pmd.count(kPmdCounterCopies, 1);
  return context.packet;
}

rte_mbuf* takePacket(ActionContext& context, bool last) noexcept {
  if (!last) return copyPacket(context);
  rte_mbuf* packet = context.packet;
  context.packet = nullptr;
  return packet;
}

void truncatePacket(ActionContext& context, rte_mbuf* packet) noexcept {
  if (packet->pkt_len > context.keep) {
    rte_pktmbuf_trim(packet, static_cast<uint16_t>(packet->pkt_len - context.keep));
  }
  context.keep = ~0u;
}

}  // namespace pollux
