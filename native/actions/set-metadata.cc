// SPDX-License-Identifier: Apache-2.0
#include "action.h"

namespace pollux {

// Both fields are kept in network byte order, as in the key.
static void setWord(uint32_t* word, const uint8_t* payload) noexcept {
  const uint32_t mask = load<uint32_t>(payload + 4);
  *word = (*word & ~mask) | (load<uint32_t>(payload) & mask);
}

void actionSetMark(ActionContext& context, const uint8_t* payload, bool) noexcept {
  setWord(&context.meta.mark, payload);
}

void actionSetPriority(ActionContext& context, const uint8_t* payload, bool) noexcept {
  setWord(&context.meta.priority, payload);
}

}  // namespace pollux
