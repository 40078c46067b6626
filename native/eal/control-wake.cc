// SPDX-License-Identifier: Apache-2.0
#include "control-wake.h"

#include <uv.h>

#include <atomic>

#include "js.h"

namespace pollux {
namespace {

struct Wakeup {
  uv_async_t async;
  napi_env env;
  napi_ref callback;
  napi_async_context context;
};

std::atomic<Wakeup*> gWakeup{nullptr};
// Wakers inside controlWake(): clearWakeup() waits for them before the handle goes.
std::atomic<int> gWakers{0};

void onWake(uv_async_t* async) {
  auto* wakeup = static_cast<Wakeup*>(async->data);
  napi_handle_scope scope;
  napi_open_handle_scope(wakeup->env, &scope);
  napi_value callback, receiver;
  napi_get_reference_value(wakeup->env, wakeup->callback, &callback);
  napi_get_global(wakeup->env, &receiver);
  napi_value ignored;
  napi_status status =
      napi_make_callback(wakeup->env, wakeup->context, receiver, callback, 0, nullptr, &ignored);
  if (status == napi_pending_exception) {
    // An exception of the callback is the control thread's own: report it as uncaught.
    napi_value error;
    napi_get_and_clear_last_exception(wakeup->env, &error);
    napi_fatal_exception(wakeup->env, error);
  }
  napi_close_handle_scope(wakeup->env, scope);
}

void detach() {
  Wakeup* wakeup = gWakeup.exchange(nullptr);
  if (wakeup == nullptr) return;
  while (gWakers.load() != 0) {
  }
  napi_delete_reference(wakeup->env, wakeup->callback);
  napi_async_destroy(wakeup->env, wakeup->context);
  uv_close(reinterpret_cast<uv_handle_t*>(&wakeup->async), [](uv_handle_t* handle) {
    delete static_cast<Wakeup*>(handle->data);
  });
}

}  // namespace

void controlWake() {
  gWakers.fetch_add(1);
  Wakeup* wakeup = gWakeup.load();
  if (wakeup != nullptr) uv_async_send(&wakeup->async);
  gWakers.fetch_sub(1);
}

Napi::Value setWakeup(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!info[0].IsFunction()) return js::bad(info, "setWakeup: a function");
  detach();
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  auto* wakeup = new Wakeup{};
  wakeup->env = env;
  napi_create_reference(env, info[0], 1, &wakeup->callback);
  napi_value name;
  napi_create_string_utf8(env, "pollux.wakeup", NAPI_AUTO_LENGTH, &name);
  napi_async_init(env, nullptr, name, &wakeup->context);
  uv_async_init(loop, &wakeup->async, onWake);
  wakeup->async.data = wakeup;
  uv_unref(reinterpret_cast<uv_handle_t*>(&wakeup->async));
  gWakeup.store(wakeup);
  return env.Undefined();
}

Napi::Value clearWakeup(const Napi::CallbackInfo& info) {
  detach();
  return info.Env().Undefined();
}

}  // namespace pollux
