// SPDX-License-Identifier: Apache-2.0
#include "action.h"

namespace pollux {

// Only the next output or userspace is cut; the packet itself stays whole.
void actionTrunc(ActionContext& context, const uint8_t* payload, bool) noexcept {
  context.keep = load<uint32_t>(payload);
}

}  // namespace pollux
