// SPDX-License-Identifier: Apache-2.0
// The loop that a PMD worker lives in, and the control thread's hand on it.
//
// What it is
// ==========
// One slot per packet thread (its index is the PMD's number everywhere). The control thread creates
// the Pmd in a slot, a worker runs it until the stop word is set, the control thread destroys it
// after the worker has ended.
//
// Sleeping
// ========
// A thread without polled queues sleeps in epoll on the files of the devices it serves and on its
// doorbell. It says so before it looks for commands a last time; whoever posts a command
// looks for that flag afterwards; so either the thread sees the command or it is rung.
//
// Thread-safety: pmdRun on the worker; everything else on the control thread.
#pragma once

#include <napi.h>

namespace pollux {

// shmPad(memory: Uint8Array): number: see pmd/shm/pmd-shm.ts.
Napi::Value shmPadOf(const Napi::CallbackInfo& info);
// pmdCreate(index: number, memory: Uint8Array): string, empty when all is well. `memory` starts at
// the aligned place and must outlive pmdDestroy.
Napi::Value pmdCreate(const Napi::CallbackInfo& info);
// pmdRun(index: number, core: number, name: string): string. Blocks until the stop word is set.
// `core` -1: not pinned. Returns "" or why it could not start.
Napi::Value pmdRun(const Napi::CallbackInfo& info);
// pmdDestroy(index: number): void. The worker must have ended.
Napi::Value pmdDestroy(const Napi::CallbackInfo& info);
// pmdPolls(index: number, queues: number): void. How many queues it must poll; with none it sleeps.
Napi::Value pmdPolls(const Napi::CallbackInfo& info);
// pmdWatch(index: number, device: number, on: boolean): errno. Wakes the sleeping thread for it.
Napi::Value pmdWatch(const Napi::CallbackInfo& info);
// pmdTune(index: number, metrics: boolean, sleepMaxUs: number): void
Napi::Value pmdTune(const Napi::CallbackInfo& info);
// pmdRxq(index: number, slot: number, device: number | undefined, queue: number): void
Napi::Value pmdRxq(const Napi::CallbackInfo& info);
// pmdRing(index: number): void. After posting commands or the stop word.
Napi::Value pmdRing(const Napi::CallbackInfo& info);
// pmdPacket(index: number, slot: number): Uint8Array, empty when nothing is parked there.
Napi::Value pmdPacket(const Napi::CallbackInfo& info);
// pmdIsa(index: number): string
Napi::Value pmdIsa(const Napi::CallbackInfo& info);

}  // namespace pollux
