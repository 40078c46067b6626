// SPDX-License-Identifier: Apache-2.0
// The commands that change the flow tables.
#pragma once
#include "state.h"

namespace pollux {

void flowPut(PmdState& pmd, const uint8_t* record) noexcept;
void flowModify(PmdState& pmd, const uint8_t* record) noexcept;
void flowDel(PmdState& pmd, uint32_t id) noexcept;
void flowFlush(PmdState& pmd) noexcept;

// Forgets every cached key.
void clearCaches(PmdState& pmd) noexcept;

}  // namespace pollux
