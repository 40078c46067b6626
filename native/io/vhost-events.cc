// SPDX-License-Identifier: Apache-2.0
#include "vhost-events.h"

#include <rte_vhost.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>

namespace pollux {
namespace {

std::string gPath;      // of our own socket; empty: there is none
unsigned gPorts = 0;

std::mutex gMutex;
std::condition_variable gDone;
const std::string* gJob = nullptr;  // the socket to unregister

int onConnection(int) {
  std::lock_guard<std::mutex> guard(gMutex);
  if (gJob != nullptr) rte_vhost_driver_unregister(gJob->c_str());
  gJob = nullptr;
  gDone.notify_all();
  return 0;
}

const rte_vhost_device_ops kOperations = [] {
  rte_vhost_device_ops operations = {};
  operations.new_connection = onConnection;
  return operations;
}();

// A descriptor, or -1 with errno set.
int connectTo(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  memcpy(address.sun_path, path.c_str(), path.size());
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

}  // namespace

void removeStaleSocket(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  int fd = connectTo(path);
  if (fd >= 0) {
    close(fd);
  } else if (errno == ECONNREFUSED) {
    unlink(path.c_str());
  }
}

void vhostEventsAcquire(const std::string& path) {
  if (gPorts++ != 0) return;
  removeStaleSocket(path);
  if (path.empty() || rte_vhost_driver_register(path.c_str(), 0) != 0) return;
  if (rte_vhost_driver_callback_register(path.c_str(), &kOperations) == 0 &&
      rte_vhost_driver_start(path.c_str()) == 0) {
    gPath = path;
  } else {
    rte_vhost_driver_unregister(path.c_str());
  }
}

void vhostEventsRelease() {
  if (--gPorts != 0 || gPath.empty()) return;
  // A server's socket is never on the list of those to reconnect: this is free of the race.
  rte_vhost_driver_unregister(gPath.c_str());
  gPath.clear();
}

void vhostUnregister(const std::string& path) {
  std::unique_lock<std::mutex> lock(gMutex);
  gJob = &path;
  int fd = gPath.empty() ? -1 : connectTo(gPath);
  if (fd >= 0) {
    gDone.wait(lock, [] { return gJob == nullptr; });
    close(fd);
  } else {
    gJob = nullptr;
    rte_vhost_driver_unregister(path.c_str());
  }
}

}  // namespace pollux
