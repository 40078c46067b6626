// SPDX-License-Identifier: Apache-2.0
// Waiting until no packet thread can still hold what it read before.
//
// What it is
// ==========
// Quiescent-state reclamation over rte_rcu_qsbr. A packet thread is online while it polls and says
// "I hold nothing" once per iteration: one load and one store, no fence. Another thread that took
// something away (a vhost device's id) calls quiesceWait(); when it returns, every packet
// thread has passed that point since.
//
// Thread-safety
// =============
// quiesceOnline/offline/report: the packet thread of that slot only. quiesceWait: any thread
// that is not an online packet thread. Slots are PMD indexes, below PMDS_MAX.
#pragma once

#include <rte_rcu_qsbr.h>

#include <cstdint>

namespace pollux {

extern rte_rcu_qsbr* gQuiesce;

// Creates the state; once, before any packet thread. False when out of memory.
bool quiesceInit();

inline void quiesceOnline(uint32_t slot) {
  rte_rcu_qsbr_thread_register(gQuiesce, slot);
  rte_rcu_qsbr_thread_online(gQuiesce, slot);
}

inline void quiesceOffline(uint32_t slot) {
  rte_rcu_qsbr_thread_offline(gQuiesce, slot);
  rte_rcu_qsbr_thread_unregister(gQuiesce, slot);
}

inline void quiesceReport(uint32_t slot) { rte_rcu_qsbr_quiescent(gQuiesce, slot); }

inline void quiesceWait() { rte_rcu_qsbr_synchronize(gQuiesce, RTE_QSBR_THRID_INVALID); }

}  // namespace pollux
