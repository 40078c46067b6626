// SPDX-License-Identifier: Apache-2.0
// DPDK's environment: started once per process from an argument vector that the control plane
// made. No policy here.
#pragma once

#include <napi.h>

namespace pollux {

// ealInit(args: string[]): { ok: true } | { ok: false, errno: number, error: string }.
// `args` as rte_eal_init takes them, args[0] is the program's name. The caller's CPU affinity and
// name are as before when it returns. DPDK permits one success per process; after a failure
// another try with other arguments is possible in most cases (EALREADY when not).
Napi::Value ealInit(const Napi::CallbackInfo& info);

// ealStarted(): boolean.
Napi::Value ealStarted(const Napi::CallbackInfo& info);

// dpdkVersion(): string, as in "DPDK 22.11.11".
Napi::Value dpdkVersion(const Napi::CallbackInfo& info);

// tscHz(): number of TSC cycles per second.
Napi::Value tscHz(const Napi::CallbackInfo& info);

// setAffinity(cores: number[], all: boolean): number. Moves the calling thread, or with `all`
// every thread of the process but the PMDs (known by their name), to `cores`. Returns 0 or errno.
Napi::Value setAffinity(const Napi::CallbackInfo& info);

// affinity(): number[]: cores that the calling thread may run on.
Napi::Value affinity(const Napi::CallbackInfo& info);

}  // namespace pollux
