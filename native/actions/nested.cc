// SPDX-License-Identifier: Apache-2.0
// Actions that hold programs.
#include "action.h"

namespace pollux {
namespace {

constexpr uint32_t kCheckHeaderBytes = 8;

// The length of the record that `payload` is in.
uint32_t payloadLength(const uint8_t* payload) noexcept { return load<uint16_t>(payload - 2) - 4u; }

// Runs a program on the packet itself when `last`, else on a copy; without actions it is dropped.
void runNested(ActionContext& context, const uint8_t* program, uint32_t bytes,
               bool last) noexcept {
  if (bytes == 0 && !last) return;
  ActionContext nested = context;
  nested.packet = takePacket(context, last);
  if (nested.packet) runProgram(nested, prepareProgram(program, bytes));
}

}  // namespace

void actionClone(ActionContext& context, const uint8_t* payload, bool last) noexcept {
  runNested(context, payload, payloadLength(payload), last);
}

void actionCheckPktLen(ActionContext& context, const uint8_t* payload, bool last) noexcept {
  const uint32_t greaterBytes = load<uint32_t>(payload + 4);
  const uint8_t* greater = payload + kCheckHeaderBytes;
  const uint32_t lessBytes = payloadLength(payload) - kCheckHeaderBytes - greaterBytes;
  if (context.packet->pkt_len > load<uint32_t>(payload)) {
    runNested(context, greater, greaterBytes, last);
  } else {
    runNested(context, greater + greaterBytes, lessBytes, last);
  }
}

}  // namespace pollux
