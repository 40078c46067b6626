// SPDX-License-Identifier: Apache-2.0
#include "device-table.h"

#include <algorithm>
#include <mutex>

#include "../eal/control-wake.h"
#include "../eal/js.h"

namespace pollux {
namespace {

constexpr DeviceType kTypes[] = {
    {"dpdk", makeEthdev},           {"dpdkvhostuser", makeVhost},
    {"dpdkvhostuserclient", makeVhost}, {"internal", makeTap},
    {"tap", makeTap},               {"system", makeAfPacket},
    {"dummy", makeDummy},
};

std::map<uint32_t, std::unique_ptr<Device>> gDevices;

std::mutex gEventsMutex;
std::vector<uint32_t> gEvents;

bool paramsOf(const Napi::Value& value, Params* params) {
  if (!value.IsObject()) return false;
  Napi::Object object = value.As<Napi::Object>();
  std::vector<std::string> keys;
  if (!js::strings(object.GetPropertyNames(), &keys)) return false;
  for (const std::string& key : keys) {
    if (!js::string(object.Get(key), &(*params)[key])) return false;
  }
  return true;
}

// The device that the first argument names; throws when there is none.
Device* deviceOf(const Napi::CallbackInfo& info) {
  uint32_t id;
  Device* device = js::number(info[0], &id) ? deviceFind(id) : nullptr;
  if (device == nullptr) js::bad(info, "no such device");
  return device;
}

Napi::Value failure(Napi::Env env, const std::string& text) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("error", text);
  return result;
}

}  // namespace

std::string param(const Params& params, const char* key, const char* otherwise) {
  auto found = params.find(key);
  return found == params.end() ? otherwise : found->second;
}

uint32_t paramNumber(const Params& params, const char* key, uint32_t otherwise) {
  auto found = params.find(key);
  if (found == params.end() || found->second.empty()) return otherwise;
  return static_cast<uint32_t>(strtoul(found->second.c_str(), nullptr, 10));
}

Device* deviceFind(uint32_t id) {
  auto found = gDevices.find(id);
  return found == gDevices.end() ? nullptr : found->second.get();
}

void deviceEvent(uint32_t id) {
  {
    std::lock_guard<std::mutex> guard(gEventsMutex);
    if (std::find(gEvents.begin(), gEvents.end(), id) == gEvents.end()) gEvents.push_back(id);
  }
  controlWake();
}

Napi::Value deviceOpen(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string type, name;
  Params params;
  if (!js::string(info[0], &type) || !js::string(info[1], &name) || !paramsOf(info[2], &params)) {
    return js::bad(info, "deviceOpen: (string, string, Record<string, string>)");
  }
  auto found = std::find_if(std::begin(kTypes), std::end(kTypes),
                            [&](const DeviceType& entry) { return type == entry.name; });
  if (found == std::end(kTypes)) return js::bad(info, "deviceOpen: no such type");
  std::unique_ptr<Device> device = found->make(name);
  uint32_t id = NetdevRegistry::add(device.get());
  if (id == kNetdevsMax) return failure(env, "all device numbers are in use");
  device->id = id;
  std::string error = device->configure(params);
  if (!error.empty()) {
    NetdevRegistry::remove(id);
    return failure(env, error);
  }
  gDevices[id] = std::move(device);
  Napi::Object result = Napi::Object::New(env);
  result.Set("id", id);
  return result;
}

Napi::Value deviceConfigure(const Napi::CallbackInfo& info) {
  Params params;
  Device* device = deviceOf(info);
  if (device == nullptr) return info.Env().Undefined();
  if (!paramsOf(info[1], &params)) return js::bad(info, "deviceConfigure: (number, Record)");
  return Napi::String::New(info.Env(), device->configure(params));
}

Napi::Value deviceInfo(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Device* device = deviceOf(info);
  if (device == nullptr) return env.Undefined();
  DeviceInfo details;
  device->info(&details);
  Napi::Object result = Napi::Object::New(env);
  result.Set("mac", Napi::Buffer<uint8_t>::Copy(env, details.mac, sizeof details.mac));
  result.Set("mtu", details.mtu);
  result.Set("ifindex", details.ifindex);
  result.Set("adminUp", details.adminUp);
  result.Set("linkUp", details.linkUp);
  result.Set("fullDuplex", details.fullDuplex);
  result.Set("linkSpeed", static_cast<double>(details.linkBitsPerSecond));
  result.Set("linkChanges", details.linkChanges);
  result.Set("numa", details.numa);
  result.Set("rxQueues", details.rxQueues);
  result.Set("txQueues", details.txQueues);
  result.Set("rxEnabled", Napi::BigInt::New(env, details.rxEnabled));
  result.Set("polled", device->eventFd() < 0);
  Napi::Object status = Napi::Object::New(env);
  for (const auto& [key, value] : details.status) status.Set(key, value);
  result.Set("status", status);
  return result;
}

Napi::Value deviceStatistics(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Device* device = deviceOf(info);
  if (device == nullptr) return env.Undefined();
  Statistics statistics;
  device->statistics(&statistics);
  Napi::Object result = Napi::Object::New(env);
  for (const auto& [key, value] : statistics) result.Set(key, static_cast<double>(value));
  return result;
}

Napi::Value deviceSetUp(const Napi::CallbackInfo& info) {
  bool up;
  Device* device = deviceOf(info);
  if (device == nullptr) return info.Env().Undefined();
  if (!js::boolean(info[1], &up)) return js::bad(info, "deviceSetUp: (number, boolean)");
  return Napi::Number::New(info.Env(), device->setUp(up));
}

Napi::Value deviceShare(const Napi::CallbackInfo& info) {
  uint32_t threads;
  Device* device = deviceOf(info);
  if (device == nullptr) return info.Env().Undefined();
  if (!js::number(info[1], &threads)) return js::bad(info, "deviceShare: (number, number)");
  device->share(threads);
  return info.Env().Undefined();
}

Napi::Value deviceClose(const Napi::CallbackInfo& info) {
  Device* device = deviceOf(info);
  if (device == nullptr) return info.Env().Undefined();
  NetdevRegistry::remove(device->id);
  gDevices.erase(device->id);
  return info.Env().Undefined();
}

Napi::Value drainEvents(const Napi::CallbackInfo& info) {
  std::vector<uint32_t> events;
  {
    std::lock_guard<std::mutex> guard(gEventsMutex);
    events.swap(gEvents);
  }
  Napi::Array result = Napi::Array::New(info.Env(), events.size());
  for (uint32_t i = 0; i < events.size(); i++) result.Set(i, events[i]);
  return result;
}

}  // namespace pollux
