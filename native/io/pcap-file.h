// SPDX-License-Identifier: Apache-2.0
// A capture that packets are appended to (the classic format, draft-ietf-opsawg-pcap).
//
// Thread-safety: write() may be called by any thread; a packet's record is one write(2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

struct rte_mbuf;

namespace pollux {

class PcapFile {
 public:
  // Appends to `path`, which gets a header if it is empty. Null when it cannot be opened.
  static std::shared_ptr<PcapFile> open(const std::string& path);
  ~PcapFile();
  PcapFile(const PcapFile&) = delete;
  PcapFile& operator=(const PcapFile&) = delete;

  void write(const uint8_t* packet, size_t bytes);
  void write(const rte_mbuf* packet);

 private:
  explicit PcapFile(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace pollux
