// SPDX-License-Identifier: Apache-2.0
#include "pmd-thread.h"

#include <pthread.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <vector>

#include "../eal/control-wake.h"
#include "../eal/js.h"
#include "../generated/shm.h"
#include "../path/pmd.h"
#include "device-table.h"
#include "mbuf-pool.h"
#include "perf-recorder.h"
#include "quiesce.h"
#include "stall-recorder.h"

namespace pollux {
namespace {

constexpr int kSleepMs = 1000;
constexpr uint32_t kPacketBytesMax = 65536;

struct PmdThread {
  std::unique_ptr<Pmd> pmd;
  std::atomic<uint32_t>* stop = nullptr;
  rte_mempool* pool = nullptr;
  int epoll = -1;
  int doorbell = -1;
  std::atomic<uint32_t> queues{0};
  std::atomic<bool> sleeping{false};
  // What to do after iterations: see pmdTune.
  std::atomic<bool> observed{false};
  std::atomic<bool> metrics{false};
  std::atomic<uint32_t> sleepMaxUs{0};
  PerfRecorder perf;
  StallRecorder stalls;

  ~PmdThread() {
    pmd.reset();
    if (pool != nullptr) mbufPoolRelease(pool);
    if (epoll >= 0) close(epoll);
    if (doorbell >= 0) close(doorbell);
  }
};

std::unique_ptr<PmdThread> gThreads[kPmdsMax];

PmdThread* threadOf(const Napi::CallbackInfo& info, uint32_t* index) {
  bool valid = js::number(info[0], index) && *index < kPmdsMax && gThreads[*index] != nullptr;
  if (!valid) js::bad(info, "no such packet thread");
  return valid ? gThreads[*index].get() : nullptr;
}

bool openDoorbell(PmdThread* thread) {
  thread->epoll = epoll_create1(EPOLL_CLOEXEC);
  thread->doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (thread->epoll < 0 || thread->doorbell < 0) return false;
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = thread->doorbell;
  return epoll_ctl(thread->epoll, EPOLL_CTL_ADD, thread->doorbell, &event) == 0;
}

void sleepUntilWork(PmdThread* thread, uint32_t slot) {
  thread->pmd->flush();
  thread->sleeping.store(true);
  if (!thread->pmd->commandsWaiting() && thread->stop->load() == 0 && thread->queues.load() == 0) {
    rte_rcu_qsbr_thread_offline(gQuiesce, slot);
    epoll_event events[16];
    epoll_wait(thread->epoll, events, 16, kSleepMs);
    rte_rcu_qsbr_thread_online(gQuiesce, slot);
    thread->pmd->slept(false);
    thread->stalls.restart();
    uint64_t rings;
    while (read(thread->doorbell, &rings, sizeof rings) > 0) {
    }
  }
  thread->sleeping.store(false);
}

// What a thread does after its iterations when somebody measures it or lets it sleep.
struct AfterIteration {
  bool recording = false;
  bool looking = false;
  uint32_t sleepUs = 0;
};

// A queue that brings half a burst is busy: no sleep.
constexpr uint32_t kAwakeBatch = kBurstMax / 2;
constexpr uint32_t kSleepStepUs = 1;

void napFor(PmdThread* thread, uint32_t slot, uint32_t us) {
  thread->pmd->flush();
  rte_rcu_qsbr_thread_offline(gQuiesce, slot);
  timespec time = {0, static_cast<long>(us) * 1000};
  nanosleep(&time, nullptr);
  rte_rcu_qsbr_thread_online(gQuiesce, slot);
  thread->pmd->slept(true);
}

// Sleeps longer and longer while queues bring little, up to the limit.
void afterIteration(PmdThread* thread, uint32_t slot, AfterIteration* state) {
  const bool metrics = thread->metrics.load(std::memory_order_relaxed);
  const uint32_t most = thread->sleepMaxUs.load(std::memory_order_relaxed);
  if (!state->looking || (metrics && !state->recording)) thread->perf.restart();
  state->recording = metrics;
  state->looking = metrics || most > 0;
  if (!state->looking) return;
  const uint32_t largest = metrics ? thread->perf.record() : thread->perf.largestBatch();
  if (most == 0 || largest >= kAwakeBatch) state->sleepUs = 0;
  if (most == 0) return;
  if (state->sleepUs > 0) napFor(thread, slot, state->sleepUs);
  state->sleepUs = std::min(state->sleepUs + kSleepStepUs, most);
}

// `shares`: the core is not the thread's own, others want to run as well.
void loop(PmdThread* thread, uint32_t slot, bool shares) {
  Pmd* pmd = thread->pmd.get();
  AfterIteration after;
  // Nor is the start an iteration's.
  pmd->slept(false);
  thread->stalls.restart();
  // The kernel rounds sleeps up by as much as 50 us else.
  prctl(PR_SET_TIMERSLACK, 1000);
  while (thread->stop->load(std::memory_order_relaxed) == 0) {
    bool busy = pmd->pollIteration();
    quiesceReport(slot);
    if (unlikely(thread->observed.load(std::memory_order_relaxed) || after.looking)) {
      afterIteration(thread, slot, &after);
    }
    if (busy) continue;
    if (thread->queues.load(std::memory_order_relaxed) == 0) sleepUntilWork(thread, slot);
    else if (shares) sched_yield();
  }
}

std::string attach(int core, const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  if (core >= 0) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    int error = pthread_setaffinity_np(pthread_self(), sizeof cores, &cores);
    if (error != 0) return "cannot run on core " + std::to_string(core) + ": " + strerror(error);
  }
  if (rte_thread_register() != 0) {
    return std::string("DPDK has no place for another thread: ") + rte_strerror(rte_errno);
  }
  return "";
}

}  // namespace

Napi::Value shmPadOf(const Napi::CallbackInfo& info) {
  uint8_t* memory;
  size_t size;
  if (!js::bytes(info[0], &memory, &size)) return js::bad(info, "shmPad: Uint8Array");
  return Napi::Number::New(info.Env(), shmPad(memory));
}

Napi::Value pmdCreate(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  uint32_t index;
  PmdConfig config = {};
  if (!js::number(info[0], &index) || index >= kPmdsMax || gThreads[index] != nullptr ||
      !js::bytes(info[1], &config.shm, &config.shmBytes)) {
    return js::bad(info, "pmdCreate: (free index, Uint8Array)");
  }
  auto thread = std::make_unique<PmdThread>();
  thread->pool = mbufPoolAcquireInject();
  if (thread->pool == nullptr) return Napi::String::New(env, "no memory for packet buffers");
  if (!quiesceInit() || !openDoorbell(thread.get())) {
    return Napi::String::New(env, "no memory or file descriptors for a packet thread");
  }
  thread->stop = reinterpret_cast<std::atomic<uint32_t>*>(config.shm + kControlStop);
  config.injectPool = thread->pool;
  config.wake = [](void*) noexcept { controlWake(); };
  config.everyMs = [](void* watcher) noexcept { static_cast<StallRecorder*>(watcher)->tick(); };
  config.stalled = [](void* watcher, const PmdStall& stall) noexcept {
    static_cast<StallRecorder*>(watcher)->record(stall);
  };
  config.watcher = &thread->stalls;
  const char* error = "";
  thread->pmd = Pmd::create(config, &error);
  if (thread->pmd == nullptr) return Napi::String::New(env, error);
  thread->perf.open(config.shm);
  thread->stalls.open(config.shm);
  gThreads[index] = std::move(thread);
  return Napi::String::New(env, "");
}

Napi::Value pmdRun(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  uint32_t index;
  std::string name;
  PmdThread* thread = threadOf(info, &index);
  if (thread == nullptr) return env.Undefined();
  if (!info[1].IsNumber() || !js::string(info[2], &name)) {
    return js::bad(info, "pmdRun: (number, number, string)");
  }
  int core = info[1].As<Napi::Number>().Int32Value();
  std::string error = attach(core, name);
  if (error.empty()) {
    quiesceOnline(index);
    loop(thread, index, core < 0);
    thread->pmd->flush();
    quiesceOffline(index);
    rte_thread_unregister();
  }
  return Napi::String::New(env, error);
}

Napi::Value pmdDestroy(const Napi::CallbackInfo& info) {
  uint32_t index;
  if (threadOf(info, &index) != nullptr) gThreads[index].reset();
  return info.Env().Undefined();
}

Napi::Value pmdPolls(const Napi::CallbackInfo& info) {
  uint32_t index, queues;
  PmdThread* thread = threadOf(info, &index);
  if (thread == nullptr) return info.Env().Undefined();
  if (!js::number(info[1], &queues)) return js::bad(info, "pmdPolls: (number, number)");
  thread->queues.store(queues);
  return pmdRing(info);
}

Napi::Value pmdWatch(const Napi::CallbackInfo& info) {
  uint32_t index, id;
  bool on;
  PmdThread* thread = threadOf(info, &index);
  if (thread == nullptr) return info.Env().Undefined();
  Device* device = js::number(info[1], &id) ? deviceFind(id) : nullptr;
  if (device == nullptr || !js::boolean(info[2], &on)) {
    return js::bad(info, "pmdWatch: (number, device, boolean)");
  }
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = device->eventFd();
  int operation = on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL;
  bool done = epoll_ctl(thread->epoll, operation, device->eventFd(), &event) == 0;
  return Napi::Number::New(info.Env(), done ? 0 : errno);
}

Napi::Value pmdTune(const Napi::CallbackInfo& info) {
  uint32_t index, sleepMaxUs;
  bool metrics;
  PmdThread* thread = threadOf(info, &index);
  if (thread == nullptr) return info.Env().Undefined();
  if (!js::boolean(info[1], &metrics) || !js::number(info[2], &sleepMaxUs)) {
    return js::bad(info, "pmdTune: (number, boolean, number)");
  }
  thread->metrics.store(metrics);
  thread->sleepMaxUs.store(sleepMaxUs);
  thread->observed.store(metrics || sleepMaxUs > 0);
  return info.Env().Undefined();
}

Napi::Value pmdRxq(const Napi::CallbackInfo& info) {
  uint32_t index, slot, id, queue;
  PmdThread* thread = threadOf(info, &index);
  if (thread == nullptr) return info.Env().Undefined();
  if (!js::number(info[1], &slot) || slot >= kRxqsPerPmdMax || !js::number(info[3], &queue)) {
    return js::bad(info, "pmdRxq: (number, slot, device | undefined, number)");
  }
  Device* device = js::number(info[2], &id) ? deviceFind(id) : nullptr;
  thread->perf.setRxq(slot, device, static_cast<uint16_t>(queue));
  return info.Env().Undefined();
}

Napi::Value pmdRing(const Napi::CallbackInfo& info) {
  uint32_t index;
  PmdThread* thread = threadOf(info, &index);
  if (thread != nullptr && thread->sleeping.load()) {
    uint64_t one = 1;
    // A full counter has rung already.
    (void)!write(thread->doorbell, &one, sizeof one);
  }
  return info.Env().Undefined();
}

Napi::Value pmdPacket(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  uint32_t index, slot;
  PmdThread* thread = threadOf(info, &index);
  if (thread == nullptr) return env.Undefined();
  if (!js::number(info[1], &slot)) return js::bad(info, "pmdPacket: (number, number)");
  static std::vector<uint8_t> room(kPacketBytesMax);
  uint32_t bytes = thread->pmd->copyParked(slot, room.data(), kPacketBytesMax);
  return Napi::Buffer<uint8_t>::Copy(env, room.data(), std::min(bytes, kPacketBytesMax));
}

Napi::Value pmdIsa(const Napi::CallbackInfo& info) {
  uint32_t index;
  PmdThread* thread = threadOf(info, &index);
  if (thread == nullptr) return info.Env().Undefined();
  return Napi::String::New(info.Env(), thread->pmd->isaName());
}

}  // namespace pollux
