// SPDX-License-Identifier: Apache-2.0
// What a daemon needs of the operating system that Node.js does not offer.
#pragma once

#include <napi.h>

namespace pollux {

Napi::Value fileLock(const Napi::CallbackInfo& info);
Napi::Value lockMemory(const Napi::CallbackInfo& info);

}  // namespace pollux
