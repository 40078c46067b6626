// SPDX-License-Identifier: Apache-2.0
#include "eal.h"

#include <dirent.h>
#include <pthread.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_version.h>
#include <sched.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "js.h"
#include "log-queue.h"

namespace pollux {
namespace {

bool gStarted = false;

// What rte_eal_init() leaves behind of itself: the strings must outlive it.
std::vector<std::string> gArgs;

int start(std::vector<std::string> args) {
  gArgs = std::move(args);
  std::vector<char*> argv;
  for (std::string& arg : gArgs) argv.push_back(arg.data());
  argv.push_back(nullptr);

  cpu_set_t cores;
  char name[16] = "";
  pthread_getaffinity_np(pthread_self(), sizeof cores, &cores);
  pthread_getname_np(pthread_self(), name, sizeof name);
  logQueueAttach();
  int result = rte_eal_init(static_cast<int>(gArgs.size()), argv.data());
  int error = result < 0 ? (rte_errno != 0 ? rte_errno : EINVAL) : 0;
  // DPDK resets the stream to its own on the way through option parsing of --syslog.
  logQueueAttach();
  pthread_setaffinity_np(pthread_self(), sizeof cores, &cores);
  pthread_setname_np(pthread_self(), name);
  return error;
}

// PMD threads chose their core; everything else (Node's pool, DPDK's control threads) keeps off.
bool isPmdThread(pid_t tid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/comm", tid);
  FILE* file = fopen(path, "r");
  if (file == nullptr) return false;
  char name[16] = "";
  bool found = fgets(name, sizeof name, file) != nullptr && strncmp(name, "pmd-c", 5) == 0;
  fclose(file);
  return found;
}

int moveOtherThreads(const cpu_set_t& cores) {
  DIR* dir = opendir("/proc/self/task");
  if (dir == nullptr) return errno;
  int error = 0;
  while (dirent* entry = readdir(dir)) {
    pid_t tid = atoi(entry->d_name);
    if (tid <= 0 || isPmdThread(tid)) continue;
    if (sched_setaffinity(tid, sizeof cores, &cores) != 0 && errno != ESRCH) error = errno;
  }
  closedir(dir);
  return error;
}

}  // namespace

Napi::Value ealInit(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::vector<std::string> args;
  if (!js::strings(info[0], &args) || args.empty()) return js::bad(info, "ealInit: string[]");
  int error = start(std::move(args));
  gStarted = gStarted || error == 0;
  Napi::Object result = Napi::Object::New(env);
  result.Set("ok", error == 0);
  if (error != 0) {
    result.Set("errno", error);
    result.Set("error", std::string(rte_strerror(error)));
  }
  return result;
}

Napi::Value ealStarted(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), gStarted);
}

Napi::Value dpdkVersion(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), rte_version());
}

Napi::Value tscHz(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(rte_get_tsc_hz()));
}

Napi::Value setAffinity(const Napi::CallbackInfo& info) {
  std::vector<uint32_t> wanted;
  bool all;
  if (!js::numbers(info[0], &wanted) || !js::boolean(info[1], &all)) {
    return js::bad(info, "setAffinity: (number[], boolean)");
  }
  cpu_set_t cores;
  CPU_ZERO(&cores);
  for (uint32_t core : wanted) {
    if (core < CPU_SETSIZE) CPU_SET(core, &cores);
  }
  int error = 0;
  if (all) {
    error = moveOtherThreads(cores);
  } else if (sched_setaffinity(0, sizeof cores, &cores) != 0) {
    error = errno;
  }
  return Napi::Number::New(info.Env(), error);
}

Napi::Value affinity(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  cpu_set_t cores;
  CPU_ZERO(&cores);
  sched_getaffinity(0, sizeof cores, &cores);
  Napi::Array result = Napi::Array::New(env);
  for (int core = 0; core < CPU_SETSIZE; core++) {
    if (CPU_ISSET(core, &cores)) result.Set(result.Length(), core);
  }
  return result;
}

}  // namespace pollux
