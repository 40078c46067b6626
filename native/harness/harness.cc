// SPDX-License-Identifier: Apache-2.0
// The packet's path without devices or threads, for test/path and bench/path: one Pmd driven by
// hand over the real shared memory, and devices in memory.
#include <napi.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <sched.h>

#include <algorithm>
#include <memory>
#include <string>

#include "../meter/meter-js.h"
#include "../packet/extract.h"
#include "../path/pmd.h"
#include "memory-netdev.h"
#include "steps.h"

namespace pollux {
namespace {

rte_mempool* pool = nullptr;
std::vector<std::unique_ptr<Pmd>> pmds;
std::vector<std::unique_ptr<MemoryNetdev>> netdevs;
uint32_t wakeUps = 0;
std::vector<uint64_t> stepRounds[kSteps];

Napi::Value fail(const Napi::Env& env, const char* text) {
  Napi::Error::New(env, text).ThrowAsJavaScriptException();
  return env.Undefined();
}

uint32_t number(const Napi::CallbackInfo& info, size_t at) {
  return info[at].As<Napi::Number>().Uint32Value();
}

// init(): starts EAL in plain memory, without devices; affinity stays what it was.
Napi::Value init(const Napi::CallbackInfo& info) {
  if (pool) return info.Env().Undefined();
  cpu_set_t before;
  sched_getaffinity(0, sizeof before, &before);
  const char* arguments[] = {"harness", "--no-huge",      "--no-pci", "--no-shconf", "-m",
                             "256",     "--no-telemetry", "-l",       "0",           "--log-level",
                             "critical"};
  const int started = rte_eal_init(sizeof arguments / sizeof *arguments,
                                   const_cast<char**>(arguments));
  sched_setaffinity(0, sizeof before, &before);
  if (started < 0) return fail(info.Env(), rte_strerror(rte_errno));
  pool = rte_pktmbuf_pool_create("harness", 32768 - 1, 256, 0, 4096 + RTE_PKTMBUF_HEADROOM, 0);
  if (!pool) return fail(info.Env(), rte_strerror(rte_errno));
  return info.Env().Undefined();
}

// extractKey(frame, inPort, vlanLimit): KEY_BYTES of key, then class, l2.5, l3, l4 as u16.
Napi::Value extract(const Napi::CallbackInfo& info) {
  const Napi::Uint8Array frame = info[0].As<Napi::Uint8Array>();
  PacketMeta meta;
  meta.inPort = number(info, 1);
  FlowKey key;
  // A copy without a spare byte: the address sanitizer sees a read beyond it.
  const std::unique_ptr<uint8_t[]> exact(new uint8_t[frame.ByteLength()]);
  std::copy_n(frame.Data(), frame.ByteLength(), exact.get());
  const LayerOffsets offsets =
      extractKey(exact.get(), frame.ByteLength(), meta, number(info, 2), &key);
  Napi::Uint8Array out = Napi::Uint8Array::New(info.Env(), kKeyBytes + 8);
  memcpy(out.Data(), &key, kKeyBytes);
  const uint16_t rest[4] = {static_cast<uint16_t>(keyClassOf(key)), offsets.l25, offsets.l3,
                            offsets.l4};
  memcpy(out.Data() + kKeyBytes, rest, 8);
  return out;
}

void wake(void*) noexcept { wakeUps++; }

constexpr uint32_t kIsaSteps = 4;

// create(shm, pad, isa): the handle of a new Pmd. isa: 0 best, 1 v2, 2 avx2, 3 avx512, 4 with the
// steps timed (at AVX-512; without it, best).
Napi::Value create(const Napi::CallbackInfo& info) {
  Napi::Uint8Array shm = info[0].As<Napi::Uint8Array>();
  const uint32_t pad = number(info, 1);
  const uint32_t isa = number(info, 2);
  PmdConfig config{shm.Data() + pad, shm.ByteLength() - pad, pool, wake, nullptr,
                   isa == kIsaSteps ? IsaLevel::kBest : static_cast<IsaLevel>(isa),
                   isa == kIsaSteps ? stepOps() : nullptr};
  const char* error = nullptr;
  std::unique_ptr<Pmd> pmd = Pmd::create(config, &error);
  if (!pmd) return fail(info.Env(), error);
  pmds.push_back(std::move(pmd));
  return Napi::Number::New(info.Env(), pmds.size() - 1);
}

Napi::Value pad(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), shmPad(info[0].As<Napi::Uint8Array>().Data()));
}

Napi::Value destroy(const Napi::CallbackInfo& info) {
  pmds[number(info, 0)].reset();
  return info.Env().Undefined();
}

Napi::Value poll(const Napi::CallbackInfo& info) {
  const uint32_t times = number(info, 1);
  bool any = false;
  for (uint32_t i = 0; i < times; i++) any |= pmds[number(info, 0)]->pollIteration();
  return Napi::Boolean::New(info.Env(), any);
}

Napi::Value isaName(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), pmds[number(info, 0)]->isaName());
}

Napi::Value stateBytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), pmds[number(info, 0)]->stateBytes());
}

// parked(pmd, slot): the bytes of a parked packet; empty when there is none.
Napi::Value parked(const Napi::CallbackInfo& info) {
  uint8_t bytes[4096];
  const uint32_t length =
      pmds[number(info, 0)]->copyParked(number(info, 1), bytes, sizeof bytes);
  Napi::Uint8Array out = Napi::Uint8Array::New(info.Env(), length);
  memcpy(out.Data(), bytes, length);
  return out;
}

Napi::Value wakeCount(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), wakeUps);
}

// netdev(): the registry id of a new device in memory.
Napi::Value netdev(const Napi::CallbackInfo& info) {
  netdevs.push_back(std::make_unique<MemoryNetdev>());
  const uint32_t id = NetdevRegistry::add(netdevs.back().get());
  if (id != netdevs.size() - 1) return fail(info.Env(), "too many devices");
  return Napi::Number::New(info.Env(), id);
}

rte_mbuf* packetOf(const Napi::Uint8Array& bytes) {
  rte_mbuf* packet = rte_pktmbuf_alloc(pool);
  if (!packet) return nullptr;
  void* data = rte_pktmbuf_append(packet, static_cast<uint16_t>(bytes.ByteLength()));
  if (!data) {
    rte_pktmbuf_free(packet);
    return nullptr;
  }
  memcpy(data, bytes.Data(), bytes.ByteLength());
  return packet;
}

// feed(netdev, frame, segments): queues a packet, cut into that many segments.
Napi::Value feed(const Napi::CallbackInfo& info) {
  const Napi::Uint8Array bytes = info[1].As<Napi::Uint8Array>();
  rte_mbuf* packet = packetOf(bytes);
  if (!packet) return fail(info.Env(), "no buffer");
  const uint32_t segments = number(info, 2);
  for (uint32_t cut = 1; cut < segments; cut++) {
    rte_mbuf* last = rte_pktmbuf_lastseg(packet);
    const uint16_t keep = last->data_len / 2;
    rte_mbuf* rest = rte_pktmbuf_alloc(pool);
    memcpy(rte_pktmbuf_append(rest, last->data_len - keep),
           rte_pktmbuf_mtod(last, uint8_t*) + keep, last->data_len - keep);
    packet->pkt_len -= last->data_len - keep;
    last->data_len = keep;
    rte_pktmbuf_chain(packet, rest);
  }
  netdevs[number(info, 0)]->waiting.push_back(packet);
  return info.Env().Undefined();
}

// take(netdev): everything sent since the last call, as an array of Uint8Array.
Napi::Value take(const Napi::CallbackInfo& info) {
  MemoryNetdev& device = *netdevs[number(info, 0)];
  Napi::Array out = Napi::Array::New(info.Env(), device.sent.size());
  for (size_t i = 0; i < device.sent.size(); i++) {
    rte_mbuf* packet = device.sent[i];
    Napi::Uint8Array bytes = Napi::Uint8Array::New(info.Env(), packet->pkt_len);
    memcpy(bytes.Data(), rte_pktmbuf_mtod(packet, void*), packet->data_len);
    out.Set(i, bytes);
    rte_pktmbuf_free(packet);
  }
  device.sent.clear();
  return out;
}

// setRoom(netdev, packets): what one txBurst takes.
Napi::Value setRoom(const Napi::CallbackInfo& info) {
  netdevs[number(info, 0)]->room = static_cast<uint16_t>(number(info, 1));
  return info.Env().Undefined();
}

// buffersInUse(): of the pool; a leak shows here.
Napi::Value buffersInUse(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), rte_mempool_in_use_count(pool));
}

// replay(rx, tx, frames): `rx` receives `frames` (a multiple of the burst) for ever, `tx` forgets.
Napi::Value replay(const Napi::CallbackInfo& info) {
  MemoryNetdev& device = *netdevs[number(info, 0)];
  netdevs[number(info, 1)]->replaySink = true;
  const Napi::Array frames = info[2].As<Napi::Array>();
  for (uint32_t i = 0; i < frames.Length(); i++) {
    const Napi::Uint8Array frame = frames.Get(i).As<Napi::Uint8Array>();
    rte_mbuf* packet = packetOf(frame);
    if (!packet) return fail(info.Env(), "no buffer");
    device.loop.push_back(packet);
    device.pristine.emplace_back(frame.Data(), frame.Data() + frame.ByteLength());
  }
  return info.Env().Undefined();
}

// A packet as it was before it was rewritten, with another address.
void restore(rte_mbuf* packet, const std::vector<uint8_t>& frame, uint32_t at, uint32_t address) {
  packet->data_off = RTE_PKTMBUF_HEADROOM;
  packet->data_len = static_cast<uint16_t>(frame.size());
  packet->pkt_len = packet->data_len;
  uint8_t* data = rte_pktmbuf_mtod(packet, uint8_t*);
  memcpy(data, frame.data(), frame.size());
  const uint32_t value = __builtin_bswap32(address);
  memcpy(data + at, &value, sizeof value);
}

// measure(pmd, rx, {sources, at, rounds}): cycles of one pass over the replayed frames, per round,
// as Float64Array. Before each round every frame gets the four bytes at `at` picked at random from
// `sources`.
Napi::Value measure(const Napi::CallbackInfo& info) {
  Pmd& pmd = *pmds[number(info, 0)];
  MemoryNetdev& device = *netdevs[number(info, 1)];
  const Napi::Object how = info[2].As<Napi::Object>();
  const Napi::Uint32Array sources = how.Get("sources").As<Napi::Uint32Array>();
  const uint32_t at = how.Get("at").As<Napi::Number>().Uint32Value();
  const uint32_t rounds = how.Get("rounds").As<Napi::Number>().Uint32Value();
  Napi::Float64Array out = Napi::Float64Array::New(info.Env(), rounds);
  uint64_t random = 88172645463325252ull;
  for (std::vector<uint64_t>& step : stepRounds) step.clear();
  for (uint32_t round = 0; round < rounds; round++) {
    std::fill_n(gStepCycles, kSteps, 0);
    for (size_t i = 0; i < device.loop.size(); i++) {
      random ^= random << 13;
      random ^= random >> 7;
      random ^= random << 17;
      const uint32_t source = sources.Data()[(random >> 20) % sources.ElementLength()];
      restore(device.loop[i], device.pristine[i], at, source);
    }
    const uint64_t start = rte_rdtsc();
    for (size_t done = 0; done < device.loop.size(); done += kBurstMax) pmd.pollIteration();
    out[round] = static_cast<double>(rte_rdtsc() - start);
    for (uint32_t step = 0; step < kSteps; step++) stepRounds[step].push_back(gStepCycles[step]);
  }
  return out;
}

// stepCycles(): cycles of each step per round of the last measure(), by name, the median of the
// rounds; 0 where the Pmd does not time them.
Napi::Value stepCycles(const Napi::CallbackInfo& info) {
  Napi::Object out = Napi::Object::New(info.Env());
  for (uint32_t step = 0; step < kSteps; step++) {
    std::vector<uint64_t>& rounds = stepRounds[step];
    const auto middle = rounds.begin() + static_cast<ptrdiff_t>(rounds.size() / 2);
    std::nth_element(rounds.begin(), middle, rounds.end());
    out.Set(kStepNames[step], rounds.empty() ? 0. : static_cast<double>(*middle));
  }
  return out;
}

struct Export {
  const char* name;
  Napi::Value (*function)(const Napi::CallbackInfo&);
};

constexpr Export kExports[] = {
    {"stepCycles", stepCycles},
    {"init", init},           {"extractKey", extract}, {"create", create},
    {"pad", pad},             {"destroy", destroy},    {"poll", poll},
    {"isaName", isaName},     {"stateBytes", stateBytes}, {"parked", parked},
    {"wakeCount", wakeCount}, {"netdev", netdev},      {"feed", feed},
    {"take", take},           {"setRoom", setRoom},    {"buffersInUse", buffersInUse},
    {"replay", replay},       {"measure", measure},    {"meterSet", meterSet},
    {"meterStats", meterStats}, {"meterRelease", meterRelease}, {"meterClock", meterClock},
};

Napi::Object initModule(Napi::Env env, Napi::Object exports) {
  for (const Export& entry : kExports) {
    exports.Set(entry.name, Napi::Function::New(env, entry.function, entry.name));
  }
  exports.Set("abiFingerprint", Napi::String::New(env, kAbiFingerprint));
  return exports;
}

}  // namespace
}  // namespace pollux

Napi::Object init(Napi::Env env, Napi::Object exports) {
  return pollux::initModule(env, exports);
}
NODE_API_MODULE(harness, init)
