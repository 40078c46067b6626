// SPDX-License-Identifier: Apache-2.0
// The open devices of this process, and the events they raise.
//
// Thread-safety: the table belongs to the control thread. Packet threads get devices through their
// command ring and use them until they acknowledge the port's removal. deviceEvent() may be called
// by any thread.
#pragma once

#include <napi.h>

#include <cstdint>

#include "device.h"

namespace pollux {

// The device, or nullptr.
Device* deviceFind(uint32_t id);

// Something about the device changed (link, queues, MTU): tells the control thread, once until it
// has asked.
void deviceEvent(uint32_t id);

// deviceOpen(type: string, name: string, params: Record<string, string>):
//   { id: number } | { error: string }. The id is the one of NetdevRegistry.
Napi::Value deviceOpen(const Napi::CallbackInfo& info);
// deviceConfigure(id, params): string, empty when all is well.
Napi::Value deviceConfigure(const Napi::CallbackInfo& info);
// deviceInfo(id): object as in native/index.ts
Napi::Value deviceInfo(const Napi::CallbackInfo& info);
// deviceStatistics(id): Record<string, number>
Napi::Value deviceStatistics(const Napi::CallbackInfo& info);
// deviceSetUp(id, up): errno
Napi::Value deviceSetUp(const Napi::CallbackInfo& info);
// deviceShare(id, threads): void. That many packet threads will send from now on.
Napi::Value deviceShare(const Napi::CallbackInfo& info);
// deviceClose(id): void
Napi::Value deviceClose(const Napi::CallbackInfo& info);
// drainEvents(): number[]: ids of devices that changed
Napi::Value drainEvents(const Napi::CallbackInfo& info);
// dummyReceive(id, packet: Uint8Array, queue: number): boolean
Napi::Value dummyReceive(const Napi::CallbackInfo& info);
// dummyTransmitted(id): Uint8Array[]: takes what was sent
Napi::Value dummyTransmitted(const Napi::CallbackInfo& info);

}  // namespace pollux
