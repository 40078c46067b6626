// SPDX-License-Identifier: Apache-2.0
#include "process.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

#include "js.h"

namespace pollux {
namespace {

struct flock wholeFile() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

// 0 when nobody else holds it, else the holder's pid or a negative errno.
int holderOf(int fd) {
  struct flock lock = wholeFile();
  if (fcntl(fd, F_GETLK, &lock) != 0) return -errno;
  return lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}

int take(int fd) {
  struct flock lock = wholeFile();
  if (fcntl(fd, F_SETLK, &lock) == 0) return 0;
  int error = errno;
  if (error != EAGAIN && error != EACCES) return -error;
  int holder = holderOf(fd);
  return holder != 0 ? holder : -EAGAIN;
}

}  // namespace

Napi::Value fileLock(const Napi::CallbackInfo& info) {
  uint32_t fd;
  bool wanted;
  if (!js::number(info[0], &fd) || !js::boolean(info[1], &wanted)) {
    return js::bad(info, "fileLock: a descriptor and a boolean");
  }
  int result = wanted ? take(static_cast<int>(fd)) : holderOf(static_cast<int>(fd));
  return Napi::Number::New(info.Env(), result);
}

Napi::Value lockMemory(const Napi::CallbackInfo& info) {
  int result = mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? 0 : errno;
  return Napi::Number::New(info.Env(), result);
}

}  // namespace pollux
