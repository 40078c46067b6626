// SPDX-License-Identifier: Apache-2.0
// The list of what the addon exports. native/index.ts documents and types it.
#include <napi.h>

#include "eal/control-wake.h"
#include "eal/eal.h"
#include "eal/log-queue.h"
#include "eal/process.h"
#include "generated/shm.h"
#include "io/device-table.h"
#include "io/pmd-thread.h"
#include "meter/meter-js.h"

namespace pollux {
namespace {

struct Export {
  const char* name;
  Napi::Value (*function)(const Napi::CallbackInfo&);
};

constexpr Export kExports[] = {
    {"ealInit", ealInit},
    {"ealStarted", ealStarted},
    {"dpdkVersion", dpdkVersion},
    {"tscHz", tscHz},
    {"setAffinity", setAffinity},
    {"affinity", affinity},
    {"fileLock", fileLock},
    {"lockMemory", lockMemory},
    {"setWakeup", setWakeup},
    {"clearWakeup", clearWakeup},
    {"drainLogs", drainLogs},
    {"drainEvents", drainEvents},
    {"deviceOpen", deviceOpen},
    {"deviceConfigure", deviceConfigure},
    {"deviceInfo", deviceInfo},
    {"deviceStatistics", deviceStatistics},
    {"deviceSetUp", deviceSetUp},
    {"deviceShare", deviceShare},
    {"deviceClose", deviceClose},
    {"dummyReceive", dummyReceive},
    {"dummyTransmitted", dummyTransmitted},
    {"shmPad", shmPadOf},
    {"pmdCreate", pmdCreate},
    {"pmdRun", pmdRun},
    {"pmdDestroy", pmdDestroy},
    {"pmdPolls", pmdPolls},
    {"pmdWatch", pmdWatch},
    {"pmdTune", pmdTune},
    {"pmdRxq", pmdRxq},
    {"pmdRing", pmdRing},
    {"pmdPacket", pmdPacket},
    {"pmdIsa", pmdIsa},
    {"meterSet", meterSet},
    {"meterStats", meterStats},
    {"meterRelease", meterRelease},
    {"meterClock", meterClock},
};

Napi::Object init(Napi::Env env, Napi::Object exports) {
  for (const Export& entry : kExports) {
    exports.Set(entry.name, Napi::Function::New(env, entry.function, entry.name));
  }
  exports.Set("abiFingerprint", Napi::String::New(env, kAbiFingerprint));
  return exports;
}

}  // namespace

NODE_API_MODULE(pollux, init)

}  // namespace pollux
