// SPDX-License-Identifier: Apache-2.0
#include "log-queue.h"

#include <rte_log.h>

#include <cstdio>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

#include "control-wake.h"

namespace pollux {
namespace {

constexpr size_t kLinesMax = 1024;

struct Line {
  uint32_t level;
  std::string text;
};

std::mutex gMutex;
std::deque<Line> gLines;
std::string gPartial;
uint64_t gLost = 0;

void appendLine(uint32_t level, std::string text) {
  if (gLines.size() >= kLinesMax) {
    gLost++;
    return;
  }
  gLines.push_back({level, std::move(text)});
}

ssize_t onWrite(void*, const char* data, size_t size) {
  int level = rte_log_cur_msg_loglevel();
  {
    std::lock_guard<std::mutex> guard(gMutex);
    for (size_t i = 0; i < size; i++) {
      if (data[i] != '\n') {
        gPartial.push_back(data[i]);
      } else if (!gPartial.empty()) {
        appendLine(level < 0 ? static_cast<uint32_t>(RTE_LOG_INFO) : level, std::move(gPartial));
        gPartial.clear();
      }
    }
  }
  controlWake();
  return static_cast<ssize_t>(size);
}

}  // namespace

void logQueueAttach() {
  static FILE* stream = nullptr;
  if (stream == nullptr) {
    cookie_io_functions_t functions = {};
    functions.write = onWrite;
    stream = fopencookie(nullptr, "w", functions);
    if (stream == nullptr) return;
    setvbuf(stream, nullptr, _IOLBF, BUFSIZ);
  }
  rte_openlog_stream(stream);
}

Napi::Value drainLogs(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::deque<Line> lines;
  uint64_t lost;
  {
    std::lock_guard<std::mutex> guard(gMutex);
    lines.swap(gLines);
    lost = std::exchange(gLost, 0);
  }
  if (lost != 0) lines.push_back({RTE_LOG_WARNING, std::to_string(lost) + " log lines lost"});
  Napi::Array result = Napi::Array::New(env, lines.size());
  for (size_t i = 0; i < lines.size(); i++) {
    Napi::Object line = Napi::Object::New(env);
    line.Set("level", lines[i].level);
    line.Set("text", lines[i].text);
    result.Set(static_cast<uint32_t>(i), line);
  }
  return result;
}

}  // namespace pollux
