// SPDX-License-Identifier: Apache-2.0
// Step: what no table knows goes to the control thread.
#pragma once
#include "../actions/action.h"
#include "state.h"

namespace pollux {

// Parks a packet whose key missed: as the first of its key with an upcall, or behind it. Takes the
// packet; drops it at a limit.
void upcallMiss(PmdState& pmd, rte_mbuf* packet, uint64_t hash, const uint64_t* key,
                uint32_t keyClass, uint32_t depth) noexcept;

// Parks a packet of a userspace action with an upcall. Takes the packet.
void upcallAction(ActionContext& context, rte_mbuf* packet, uint32_t cookie) noexcept;

// Lets the packets of a pending key go through a flow that another key's answer installed, so
// that the caller's packet does not overtake them. Returns false when it cannot (no buffer, more
// packets than may wait for another pass): the caller's packet must park too.
bool releaseEarly(PmdState& pmd, uint32_t slot, uint32_t flowId) noexcept;

// Applies a UPCALL_RESOLVE command.
void resolveUpcall(PmdState& pmd, const UpcallResolve& command, const uint8_t* program) noexcept;

// Runs flow `id` on one packet, without accounting.
void runFlow(ActionContext& context, uint32_t id) noexcept;

// Drops every parked packet and frees its slot.
void dropParked(PmdState& pmd) noexcept;

// A zeroed acknowledgement record; the caller fills it and commits.
UpcallRecord* acknowledge(PmdState& pmd, uint32_t type, uint32_t slot) noexcept;

}  // namespace pollux
