// SPDX-License-Identifier: Apache-2.0
#include "pcap-file.h"

#include <fcntl.h>
#include <rte_mbuf.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <vector>

namespace pollux {
namespace {

struct FileHeader {
  uint32_t magic = 0xa1b2c3d4;
  uint16_t major = 2;
  uint16_t minor = 4;
  int32_t zone = 0;
  uint32_t accuracy = 0;
  uint32_t snapLength = 1518;
  uint32_t linkType = 1;
};

struct RecordHeader {
  uint32_t seconds;
  uint32_t microseconds;
  uint32_t captured;
  uint32_t length;
};

}  // namespace

std::shared_ptr<PcapFile> PcapFile::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return nullptr;
  struct stat status;
  const FileHeader header;
  if (fstat(fd, &status) == 0 && status.st_size == 0) {
    (void)!::write(fd, &header, sizeof header);
  }
  return std::shared_ptr<PcapFile>(new PcapFile(fd));
}

PcapFile::~PcapFile() { close(fd_); }

void PcapFile::write(const uint8_t* packet, size_t bytes) {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  const uint32_t length = static_cast<uint32_t>(bytes);
  RecordHeader header = {static_cast<uint32_t>(now.tv_sec),
                         static_cast<uint32_t>(now.tv_nsec / 1000), length, length};
  iovec parts[] = {{&header, sizeof header}, {const_cast<uint8_t*>(packet), bytes}};
  (void)!writev(fd_, parts, 2);
}

void PcapFile::write(const rte_mbuf* packet) {
  std::vector<uint8_t> copy(packet->pkt_len);
  const void* data = rte_pktmbuf_read(packet, 0, packet->pkt_len, copy.data());
  write(static_cast<const uint8_t*>(data), packet->pkt_len);
}

}  // namespace pollux
