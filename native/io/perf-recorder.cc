// SPDX-License-Identifier: Apache-2.0
#include "perf-recorder.h"

#include <rte_cycles.h>
#include <time.h>

#include <algorithm>
#include <cstring>

namespace pollux {
namespace {

// Looks at the clock this often per millisecond.
constexpr uint64_t kChecksPerMs = 64;

uint64_t monotonicMs() noexcept {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1000000;
}

// The first bin whose wall is not below `value`; the last wall is the largest number.
uint32_t binOf(const uint32_t* walls, uint32_t value) noexcept {
  uint32_t bin = 0;
  for (uint32_t half = kPerfBins / 2; half != 0; half /= 2) {
    bin += walls[bin + half - 1] < value ? half : 0;
  }
  return bin;
}

uint32_t clamp32(uint64_t value) noexcept {
  return static_cast<uint32_t>(std::min<uint64_t>(value, UINT32_MAX));
}

}  // namespace

void PerfRecorder::open(uint8_t* shm) noexcept {
  block_ = shm + kShmPerf;
  settings_ = reinterpret_cast<PerfSettings*>(block_ + kPerfOffsetSettings);
  walls_ = reinterpret_cast<const uint32_t*>(block_ + kPerfOffsetWalls);
  bins_ = reinterpret_cast<uint64_t*>(block_ + kPerfOffsetBins);
  counters_ = reinterpret_cast<const uint64_t*>(shm + kShmCounters);
  rxqCounters_ = reinterpret_cast<const uint64_t*>(shm + kShmRxqs);
  cyclesPerCheck_ = rte_get_tsc_hz() / 1000 / kChecksPerMs;
}

void PerfRecorder::setRxq(uint32_t slot, Device* device, uint16_t queue) noexcept {
  rxqs_[slot].queue.store(queue, std::memory_order_relaxed);
  const bool vhost = device != nullptr && device->vhostFill(queue) >= 0;
  rxqs_[slot].vhost.store(vhost ? device : nullptr, std::memory_order_release);
  if (slot >= slots_.load(std::memory_order_relaxed)) slots_.store(slot + 1);
}

PerfRecorder::Totals PerfRecorder::totals() const noexcept {
  return {counter(kPmdCounterCyclesIdle) + counter(kPmdCounterCyclesBusy),
          counter(kPmdCounterRxPackets), counter(kPmdCounterUpcalls),
          counter(kPmdCounterUpcallCycles), counter(kPmdCounterCyclesSleep)};
}

void PerfRecorder::restart() noexcept {
  last_ = totals();
  nextCheck_ = 0;
  range_ = {};
  for (uint32_t slot = 0; slot < kRxqsPerPmdMax; slot++) {
    rxqs_[slot].packets =
        rxqCounters_[slot * (kRxqCountersBytes / 8) + kRxqCounterPackets];
  }
  ring(kPerfOffsetMilliseconds, settings_->milliseconds) = {};
  ring(kPerfOffsetMilliseconds, settings_->milliseconds).timestamp = monotonicMs();
}

PerfSample& PerfRecorder::ring(uint32_t offset, uint64_t index) noexcept {
  return reinterpret_cast<PerfSample*>(block_ + offset)[index % kPerfHistory];
}

void PerfRecorder::sample(PerfHistogram histogram, uint64_t value) noexcept {
  const uint32_t bin = binOf(walls_ + histogram * kPerfBins, clamp32(value));
  bins_[histogram * kPerfBins + bin]++;
}

// Every queue is polled once per iteration: what it has more is one batch.
uint32_t PerfRecorder::batches(PerfSample* now) noexcept {
  uint32_t largest = 0;
  const uint32_t slots = slots_.load(std::memory_order_relaxed);
  for (uint32_t slot = 0; slot < slots; slot++) {
    Rxq& rxq = rxqs_[slot];
    const uint64_t packets = rxqCounters_[slot * (kRxqCountersBytes / 8) + kRxqCounterPackets];
    const uint32_t batch = clamp32(packets - rxq.packets);
    if (batch == 0) continue;
    rxq.packets = packets;
    largest = std::max(largest, batch);
    if (now == nullptr) continue;
    sample(kPerfHistogramPacketsPerBatch, batch);
    now->batches++;
    Device* device = rxq.vhost.load(std::memory_order_acquire);
    if (device == nullptr) continue;
    // Only a queue that filled a batch may hold more.
    int rest = 0;
    if (batch == kBurstMax) rest = device->vhostFill(rxq.queue.load(std::memory_order_relaxed));
    now->vhost_fill = std::max(now->vhost_fill, batch + static_cast<uint32_t>(std::max(rest, 0)));
  }
  return largest;
}

uint32_t PerfRecorder::largestBatch() noexcept { return batches(nullptr); }

uint32_t PerfRecorder::record() noexcept {
  const Totals all = totals();
  PerfSample now = {};
  now.timestamp = counter(kPmdCounterIterationsIdle) + counter(kPmdCounterIterationsBusy);
  now.iterations = 1;
  now.cycles = all.cycles - last_.cycles;
  now.packets = clamp32(all.packets - last_.packets);
  now.upcalls = clamp32(all.upcalls - last_.upcalls);
  now.upcall_cycles = clamp32(all.upcallCycles - last_.upcallCycles);
  last_ = all;
  const uint32_t largest = batches(&now);
  sample(kPerfHistogramCycles, now.cycles);
  sample(kPerfHistogramPackets, now.packets);
  sample(kPerfHistogramUpcalls, now.upcalls);
  sample(kPerfHistogramVhostFill, now.vhost_fill);
  if (now.packets != 0) {
    now.busy_cycles = now.cycles;
    sample(kPerfHistogramCyclesPerPacket, now.cycles / now.packets);
  }
  for (uint32_t i = 0; i < now.upcalls; i++) {
    sample(kPerfHistogramCyclesPerUpcall, now.upcall_cycles / now.upcalls);
  }
  addToMillisecond(now);
  ring(kPerfOffsetIterations, settings_->iterations) = now;
  __atomic_store_n(&settings_->iterations, settings_->iterations + 1, __ATOMIC_RELEASE);
  if (unlikely(settings_->log_enabled != 0)) watch(now);
  if (unlikely(all.cycles + all.sleep > nextCheck_)) {
    nextCheck_ = all.cycles + all.sleep + cyclesPerCheck_;
    endMillisecond();
  }
  return largest;
}

void PerfRecorder::addToMillisecond(const PerfSample& now) noexcept {
  PerfSample& sum = ring(kPerfOffsetMilliseconds, settings_->milliseconds);
  sum.iterations++;
  sum.cycles += now.cycles;
  sum.busy_cycles += now.busy_cycles;
  sum.packets += now.packets;
  sum.upcalls += now.upcalls;
  sum.upcall_cycles += now.upcall_cycles;
  sum.batches += now.batches;
  sum.vhost_fill += now.vhost_fill;
}

void PerfRecorder::endMillisecond() noexcept {
  const uint64_t ms = monotonicMs();
  const PerfSample& sum = ring(kPerfOffsetMilliseconds, settings_->milliseconds);
  if (sum.timestamp == ms) return;
  auto* totals = reinterpret_cast<PerfTotals*>(block_ + kPerfOffsetTotals);
  totals->iterations += sum.iterations;
  totals->cycles += sum.cycles;
  totals->busy_cycles += sum.busy_cycles;
  totals->packets += sum.packets;
  totals->upcalls += sum.upcalls;
  totals->upcall_cycles += sum.upcall_cycles;
  totals->batches += sum.batches;
  totals->vhost_fill += sum.vhost_fill;
  const uint64_t next = settings_->milliseconds + 1;
  ring(kPerfOffsetMilliseconds, next) = {};
  ring(kPerfOffsetMilliseconds, next).timestamp = ms;
  __atomic_store_n(&settings_->milliseconds, next, __ATOMIC_RELEASE);
}

// Looks for suspicious iterations. `now` has just been stored.
void PerfRecorder::watch(const PerfSample& now) noexcept {
  if (now.cycles > settings_->cycle_threshold) {
    suspect(now, kSuspicionCycles);
  } else if (now.vhost_fill >= settings_->fill_threshold) {
    suspect(now, kSuspicionVhostFull);
  }
  if (range_.active && settings_->iterations >= range_.end) publish();
}

void PerfRecorder::suspect(const PerfSample& now, uint32_t reason) noexcept {
  auto* snapshot = reinterpret_cast<PerfSnapshot*>(block_ + kPerfOffsetSnapshot);
  snapshot->suspicious++;
  if (range_.active && settings_->extend == 0) return;
  // The reader has not taken the last one yet.
  if (__atomic_load_n(&snapshot->state, __ATOMIC_ACQUIRE) != 0) return;
  const uint64_t index = settings_->iterations - 1;
  if (!range_.active) {
    range_ = {true, index - std::min<uint64_t>(index, settings_->before), 0, 0};
  }
  range_.end = std::min<uint64_t>(index + 1 + settings_->after, range_.begin + kPerfHistory);
  if (range_.events == kPerfEventsMax) return;
  auto* events = reinterpret_cast<PerfEvent*>(block_ + kPerfOffsetEvents);
  events[range_.events++] = {now.timestamp, now.cycles, reason, {}};
}

void PerfRecorder::publish() noexcept {
  auto* snapshot = reinterpret_cast<PerfSnapshot*>(block_ + kPerfOffsetSnapshot);
  auto* samples = reinterpret_cast<PerfSample*>(block_ + kPerfOffsetSamples);
  const auto count = static_cast<uint32_t>(range_.end - range_.begin);
  for (uint32_t i = 0; i < count; i++) {
    samples[i] = ring(kPerfOffsetIterations, range_.begin + i);
  }
  snapshot->samples = count;
  snapshot->events = range_.events;
  range_ = {};
  __atomic_store_n(&snapshot->state, 1, __ATOMIC_RELEASE);
}

}  // namespace pollux
