// SPDX-License-Identifier: Apache-2.0
// How other threads get the control thread's attention.
//
// What it is
// ==========
// One uv_async on the control thread's loop. Any thread may call controlWake(); the control
// thread then runs its JavaScript callback once, however many calls came before it did. What there
// is to do is found in the rings, the event queue and the log queue, never in the wake itself.
//
// Thread-safety
// =============
// controlWake(): any thread, wait-free except for a write to an eventfd when the loop may sleep.
// The rest: control thread only.
#pragma once

#include <napi.h>

namespace pollux {

void controlWake();

// setWakeup(callback: () => void): registers the callback; keeps no loop alive.
Napi::Value setWakeup(const Napi::CallbackInfo& info);
// clearWakeup(): ends it. Wakes after this are ignored.
Napi::Value clearWakeup(const Napi::CallbackInfo& info);

}  // namespace pollux
