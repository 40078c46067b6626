// SPDX-License-Identifier: Apache-2.0
// Making and taking room for headers.
#pragma once
#include "action.h"

namespace pollux {

// Makes room for `bytes` at offset `at` and moves the offsets of the layers that lie from there on.
// Null, and the packet is dropped, without headroom.
uint8_t* insertHeader(ActionContext& context, uint32_t at, uint32_t bytes) noexcept;

// Takes `bytes` at offset `at` out; there must be as many.
void removeHeader(ActionContext& context, uint32_t at, uint32_t bytes) noexcept;

}  // namespace pollux
