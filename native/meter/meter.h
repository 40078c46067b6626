// SPDX-License-Identifier: Apache-2.0
// One meter: what passes and what is too much.
//
// Thread-safety: `configure` on the control thread, everything else on any thread at any time. A
// packet that meets a meter while it is configured anew is judged by the old rule, the new one or a
// part of both.
#pragma once
#include <atomic>
#include <cstdint>

#include "../generated/shm.h"
#include "../packet/bytes.h"

namespace pollux {

enum class BandType : uint8_t { kDrop = 1, kRemark = 2 };

struct BandConfig {
  BandType type;
  // By how much a remark band raises the drop precedence.
  uint8_t precedence;
  // Kilobits or packets per second, not 0; and what the bucket holds at most.
  uint32_t rate;
  uint32_t burst;
};

// Tokens are bits, or thousandths of packets: what one unit of rate adds in a millisecond.
class TokenBucket {
 public:
  void configure(uint32_t rate, uint32_t burst, uint64_t nowMs) noexcept {
    rate_.store(rate, std::memory_order_relaxed);
    capacity_.store(burst * uint64_t{1000}, std::memory_order_relaxed);
    const State full{nowMs, burst * uint64_t{1000}};
    State old = look();
    while (!replace(&old, full)) {
    }
  }

  uint32_t rate() const noexcept { return rate_.load(std::memory_order_relaxed); }

  // Milliseconds that fill an empty bucket, rounded down.
  uint64_t fillMs() const noexcept {
    const uint32_t rate = this->rate();
    return rate ? capacity_.load(std::memory_order_relaxed) / rate : 0;
  }

  // Takes `tokens` if there are as many. No more than `refillMaxMs` of refilling count since the
  // last try. A thread whose clock is behind adds nothing.
  bool take(uint64_t tokens, uint64_t nowMs, uint64_t refillMaxMs) noexcept {
    const uint64_t rate = this->rate();
    const uint64_t capacity = capacity_.load(std::memory_order_relaxed);
    State old = look();
    for (;;) {
      uint64_t passed = nowMs > old.usedMs ? nowMs - old.usedMs : 0;
      if (passed > refillMaxMs) passed = refillMaxMs;
      uint64_t level = old.level + passed * rate;
      if (level > capacity) level = capacity;
      const bool enough = level >= tokens;
      const State next{nowMs > old.usedMs ? nowMs : old.usedMs, enough ? level - tokens : level};
      if (replace(&old, next)) return enough;
    }
  }

 private:
  struct State {
    uint64_t usedMs;
    uint64_t level;
  };

  // Both halves, perhaps not of the same moment: then `replace` fails.
  State look() const noexcept {
    return {__atomic_load_n(&state_.usedMs, __ATOMIC_RELAXED),
            __atomic_load_n(&state_.level, __ATOMIC_RELAXED)};
  }

  // cmpxchg16b; the instruction is part of x86-64-v2. On failure `*old` is what is there.
  bool replace(State* old, State next) noexcept {
    bool done;
    asm volatile("lock cmpxchg16b %1"
                 : "=@cce"(done), "+m"(state_), "+a"(old->usedMs), "+d"(old->level)
                 : "b"(next.usedMs), "c"(next.level)
                 : "memory");
    return done;
  }

  alignas(16) State state_{};
  std::atomic<uint32_t> rate_{0};
  std::atomic<uint64_t> capacity_{0};
};

struct MeterCount {
  std::atomic<uint64_t> packets{0};
  std::atomic<uint64_t> bytes{0};

  void add(uint64_t length) noexcept {
    packets.fetch_add(1, std::memory_order_relaxed);
    bytes.fetch_add(length, std::memory_order_relaxed);
  }
  void clear() noexcept {
    packets.store(0, std::memory_order_relaxed);
    bytes.store(0, std::memory_order_relaxed);
  }
};

class Meter {
 public:
  // What to do with a packet.
  struct Verdict {
    bool drop;
    // Not 0: raise the drop precedence.
    uint8_t precedence;
  };

  void configure(bool inPackets, const BandConfig* bands, uint32_t count, uint64_t nowMs) noexcept {
    bandCount_.store(0, std::memory_order_release);
    inPackets_.store(inPackets, std::memory_order_relaxed);
    all_.clear();
    uint64_t refillMaxMs = 0;
    for (uint32_t i = 0; i < count; i++) {
      Band& band = bands_[i];
      band.type.store(bands[i].type, std::memory_order_relaxed);
      band.precedence.store(bands[i].precedence, std::memory_order_relaxed);
      band.bucket.configure(bands[i].rate, bands[i].burst, nowMs);
      band.count.clear();
      if (band.bucket.fillMs() > refillMaxMs) refillMaxMs = band.bucket.fillMs();
    }
    refillMaxMs_.store(refillMaxMs, std::memory_order_relaxed);
    bandCount_.store(count, std::memory_order_release);
  }

  // Every band counts the packet; of those that it is too much for, the one with the highest rate
  // acts (OpenFlow 1.3.5 §5.7.1), the first of equals.
  Verdict judge(uint32_t length, uint64_t nowMs) noexcept {
    all_.add(length);
    const uint64_t tokens =
        inPackets_.load(std::memory_order_relaxed) ? 1000 : length * uint64_t{8};
    const uint64_t refillMaxMs = refillMaxMs_.load(std::memory_order_relaxed);
    const uint32_t count = bandCount_.load(std::memory_order_acquire);
    Band* hit = nullptr;
    uint32_t hitRate = 0;
    for (uint32_t i = 0; i < count; i++) {
      Band& band = bands_[i];
      if (band.bucket.take(tokens, nowMs, refillMaxMs)) continue;
      if (band.bucket.rate() <= hitRate) continue;
      hit = &band;
      hitRate = band.bucket.rate();
    }
    if (!hit) return {false, 0};
    hit->count.add(length);
    const bool drop = hit->type.load(std::memory_order_relaxed) == BandType::kDrop;
    return {drop, drop ? uint8_t{0} : hit->precedence.load(std::memory_order_relaxed)};
  }

  const MeterCount& all() const noexcept { return all_; }
  uint32_t bandCount() const noexcept { return bandCount_.load(std::memory_order_acquire); }
  const MeterCount& ofBand(uint32_t i) const noexcept { return bands_[i].count; }

 private:
  struct alignas(64) Band {
    TokenBucket bucket;
    MeterCount count;
    std::atomic<BandType> type{BandType::kDrop};
    std::atomic<uint8_t> precedence{0};
  };

  alignas(64) MeterCount all_;
  std::atomic<uint64_t> refillMaxMs_{0};
  std::atomic<uint32_t> bandCount_{0};
  std::atomic<bool> inPackets_{false};
  Band bands_[kMeterBandsMax];
};

}  // namespace pollux
