// SPDX-License-Identifier: Apache-2.0
// Reading JavaScript values that TypeScript has already checked for meaning: a wrong type here is a
// programmer's error and throws a TypeError.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace pollux::js {

inline Napi::Value bad(const Napi::CallbackInfo& info, const char* what) {
  Napi::TypeError::New(info.Env(), what).ThrowAsJavaScriptException();
  return info.Env().Undefined();
}

inline bool number(const Napi::Value& value, uint32_t* out) {
  if (!value.IsNumber()) return false;
  *out = value.As<Napi::Number>().Uint32Value();
  return true;
}

inline bool string(const Napi::Value& value, std::string* out) {
  if (!value.IsString()) return false;
  *out = value.As<Napi::String>().Utf8Value();
  return true;
}

inline bool boolean(const Napi::Value& value, bool* out) {
  if (!value.IsBoolean()) return false;
  *out = value.As<Napi::Boolean>().Value();
  return true;
}

// The bytes behind a Uint8Array, on a SharedArrayBuffer as well.
inline bool bytes(const Napi::Value& value, uint8_t** data, size_t* size) {
  napi_typedarray_type type;
  void* at = nullptr;
  if (!value.IsTypedArray() ||
      napi_get_typedarray_info(value.Env(), value, &type, size, &at, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    return false;
  }
  *data = static_cast<uint8_t*>(at);
  return true;
}

inline bool strings(const Napi::Value& value, std::vector<std::string>* out) {
  if (!value.IsArray()) return false;
  Napi::Array array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) {
    std::string element;
    if (!string(array.Get(i), &element)) return false;
    out->push_back(element);
  }
  return true;
}

inline bool numbers(const Napi::Value& value, std::vector<uint32_t>* out) {
  if (!value.IsArray()) return false;
  Napi::Array array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) {
    uint32_t element;
    if (!number(array.Get(i), &element)) return false;
    out->push_back(element);
  }
  return true;
}

}  // namespace pollux::js
