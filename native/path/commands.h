// SPDX-License-Identifier: Apache-2.0
// Step: applying the control thread's commands between bursts.
#pragma once
#include "state.h"

namespace pollux {

// Applies up to kCommandsPerIterationMax commands. Returns true when packets went on by them.
bool applyCommands(PmdState& pmd) noexcept;

}  // namespace pollux
