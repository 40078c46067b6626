// SPDX-License-Identifier: Apache-2.0
// Meters for JavaScript: the addon and the test harness export these.
#pragma once
#include <time.h>

#include "../eal/js.h"
#include "meter-table.h"

namespace pollux {

inline uint64_t meterNowMs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return MeterClock::now(static_cast<uint64_t>(now.tv_sec) * 1000 +
                         static_cast<uint64_t>(now.tv_nsec) / 1000000);
}

// meterSet(id, inPackets, [type, rate, burst, precedence, …]): "" or an error.
inline Napi::Value meterSet(const Napi::CallbackInfo& info) {
  uint32_t id;
  bool inPackets;
  std::vector<uint32_t> values;
  if (!js::number(info[0], &id) || !js::boolean(info[1], &inPackets) ||
      !js::numbers(info[2], &values) || values.size() > 4 * kMeterBandsMax) {
    return js::bad(info, "meterSet(id, inPackets, bands)");
  }
  BandConfig bands[kMeterBandsMax];
  const uint32_t count = static_cast<uint32_t>(values.size() / 4);
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t* band = &values[4 * i];
    bands[i] = {static_cast<BandType>(band[0]), static_cast<uint8_t>(band[3]), band[1],
                band[2]};
  }
  Meter* meter = MeterTable::use(id);
  if (meter) meter->configure(inPackets, bands, count, meterNowMs());
  return Napi::String::New(info.Env(), meter ? "" : "no memory for a meter");
}

// meterStats(id): packets, bytes, then both of every band; empty when there is none.
inline Napi::Value meterStats(const Napi::CallbackInfo& info) {
  uint32_t id;
  if (!js::number(info[0], &id)) return js::bad(info, "meterStats(id)");
  const Meter* meter = MeterTable::at(id);
  const uint32_t bands = meter ? meter->bandCount() : 0;
  Napi::Float64Array out = Napi::Float64Array::New(info.Env(), meter ? 2 + 2 * bands : 0);
  for (uint32_t i = 0; i < out.ElementLength() / 2; i++) {
    const MeterCount& count = i == 0 ? meter->all() : meter->ofBand(i - 1);
    out[2 * i] = static_cast<double>(count.packets.load(std::memory_order_relaxed));
    out[2 * i + 1] = static_cast<double>(count.bytes.load(std::memory_order_relaxed));
  }
  return out;
}

inline Napi::Value meterRelease(const Napi::CallbackInfo& info) {
  uint32_t id;
  if (!js::number(info[0], &id)) return js::bad(info, "meterRelease(id)");
  MeterTable::release(id);
  return info.Env().Undefined();
}

// meterClock(stoppedMs, offsetMs)
inline Napi::Value meterClock(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber() || !info[1].IsNumber()) {
    return js::bad(info, "meterClock(stoppedMs, offsetMs)");
  }
  MeterClock::set(info[0].As<Napi::Number>().Int64Value(),
                  static_cast<uint64_t>(info[1].As<Napi::Number>().Int64Value()));
  return info.Env().Undefined();
}

}  // namespace pollux
