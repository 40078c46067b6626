// SPDX-License-Identifier: Apache-2.0
// Running a flow's program on one packet.
//
// Adding an action: an opcode in pmd/shm/actions.ts, one file here with its function, one line in
// table.cc.
#pragma once
#include "../path/state.h"

namespace pollux {

struct ActionContext {
  PmdState& pmd;
  // Null once an action has consumed it.
  rte_mbuf* packet;
  PacketMeta meta;
  LayerOffsets offsets;
  uint32_t depth;
  // Bytes that the next output keeps (trunc); ~0: all.
  uint32_t keep;
  uint32_t flowId;
  // No action after this one changes the packet: outputs may share its buffer.
  bool onlyOutputsFollow = false;

  uint8_t* data() noexcept { return rte_pktmbuf_mtod(packet, uint8_t*); }
  uint32_t length() const noexcept { return packet->data_len; }
};

// Runs one action. `payload` is the record's. When `last`, the packet is not needed afterwards:
// the action may consume it instead of copying.
using ActionFunction = void (*)(ActionContext& context, const uint8_t* payload, bool last) noexcept;

struct ActionEntry {
  ActionFunction run;
  // Exact size of the payload, or kAnyBytes.
  uint32_t payloadBytes;
};

// The payload has a length of its own, which `validProgram` checks.
inline constexpr uint32_t kAnyBytes = ~0u;

inline constexpr uint32_t kActionsMax = 48;
// By opcode; `run` is null where there is no such action.
extern const ActionEntry kActionTable[kActionsMax];

// A program, and where the outputs begin that are all that is left of it.
struct Program {
  const uint8_t* begin;
  const uint8_t* outputs;
  const uint8_t* end;
};
Program prepareProgram(const uint8_t* program, uint32_t bytes) noexcept;

// The same for a flow of kind kFlowProgram, without a walk.
inline constexpr uint32_t kProgramAlign = 4;
POLLUX_INLINE Program programOf(const PmdState& pmd, const FlowHot& flow) noexcept {
  const uint8_t* begin = pmd.programs.program(flow.program);
  return {begin, begin + flow.operand * kProgramAlign, begin + pmd.programs.bytes(flow.program)};
}

// Runs a program to its end and disposes of the packet: an empty program drops.
void runProgram(ActionContext& context, const Program& program) noexcept;

// Whether `program` is well formed: known opcodes, right lengths.
bool validProgram(const uint8_t* program, uint32_t bytes) noexcept;

// A copy for an action that is not the last; null (counted as a drop) without buffers. The copy
// is counted in `copies`.
rte_mbuf* copyPacket(ActionContext& context) noexcept;

// As copyPacket for an output: the packet itself once more when nothing changes it any more. A
// device must not change what it sends.
rte_mbuf* sharePacket(ActionContext& context) noexcept;

// The packet itself when `last`, else a copy or null. The context's packet is null after a take.
rte_mbuf* takePacket(ActionContext& context, bool last) noexcept;

// Applies a pending trunc to a packet that is about to leave.
void truncatePacket(ActionContext& context, rte_mbuf* packet) noexcept;

// One per action, in the file of its name.
void actionOutput(ActionContext&, const uint8_t*, bool) noexcept;
void actionUserspace(ActionContext&, const uint8_t*, bool) noexcept;
void actionRecirc(ActionContext&, const uint8_t*, bool) noexcept;
void actionHash(ActionContext&, const uint8_t*, bool) noexcept;
void actionTrunc(ActionContext&, const uint8_t*, bool) noexcept;
void actionPushVlan(ActionContext&, const uint8_t*, bool) noexcept;
void actionPopVlan(ActionContext&, const uint8_t*, bool) noexcept;
void actionDrop(ActionContext&, const uint8_t*, bool) noexcept;
void actionMeter(ActionContext&, const uint8_t*, bool) noexcept;
void actionSetEth(ActionContext&, const uint8_t*, bool) noexcept;
void actionSetIpv4(ActionContext&, const uint8_t*, bool) noexcept;
void actionSetIpv6(ActionContext&, const uint8_t*, bool) noexcept;
void actionSetTcp(ActionContext&, const uint8_t*, bool) noexcept;
void actionSetUdp(ActionContext&, const uint8_t*, bool) noexcept;
void actionSetSctp(ActionContext&, const uint8_t*, bool) noexcept;
void actionSetIcmp(ActionContext&, const uint8_t*, bool) noexcept;
void actionSetIcmpv6(ActionContext&, const uint8_t*, bool) noexcept;
void actionSetArp(ActionContext&, const uint8_t*, bool) noexcept;
void actionSetNd(ActionContext&, const uint8_t*, bool) noexcept;
void actionSetMpls(ActionContext&, const uint8_t*, bool) noexcept;
void actionSetNsh(ActionContext&, const uint8_t*, bool) noexcept;
void actionSetNdExt(ActionContext&, const uint8_t*, bool) noexcept;
void actionPushMpls(ActionContext&, const uint8_t*, bool) noexcept;
void actionPopMpls(ActionContext&, const uint8_t*, bool) noexcept;
void actionAddMpls(ActionContext&, const uint8_t*, bool) noexcept;
void actionPushEth(ActionContext&, const uint8_t*, bool) noexcept;
void actionPopEth(ActionContext&, const uint8_t*, bool) noexcept;
void actionPushNsh(ActionContext&, const uint8_t*, bool) noexcept;
void actionPopNsh(ActionContext&, const uint8_t*, bool) noexcept;
void actionClone(ActionContext&, const uint8_t*, bool) noexcept;
void actionCheckPktLen(ActionContext&, const uint8_t*, bool) noexcept;
void actionSetMark(ActionContext&, const uint8_t*, bool) noexcept;
void actionSetPriority(ActionContext&, const uint8_t*, bool) noexcept;

}  // namespace pollux
