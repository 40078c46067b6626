// SPDX-License-Identifier: Apache-2.0
// DPDK's log lines on their way to vlog.
//
// Thread-safety: DPDK writes from any thread under a mutex; the control thread drains. Lines beyond
// the bound are counted, not kept, so that a noisy driver cannot eat memory.
#pragma once

#include <napi.h>

namespace pollux {

// Points DPDK's log stream at the queue. Call before rte_eal_init().
void logQueueAttach();

// drainLogs(): Array<{ level: number, text: string }>, oldest first. `level` is rte_log's:
// 1 emergency … 8 debug.
Napi::Value drainLogs(const Napi::CallbackInfo& info);

}  // namespace pollux
