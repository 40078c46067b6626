// SPDX-License-Identifier: Apache-2.0
#include "rule-table.h"

namespace pollux {

namespace {
// An empty way. Ids are below kFlowsMax; the tag alone cannot say, any value is possible.
constexpr uint32_t kEmpty = kFlowsMax;

void reset(RuleBucket* bucket) noexcept {
  for (uint32_t way = 0; way < RuleBucket::kWays; way++) {
    bucket->tag[way] = 0;
    bucket->id[way] = kEmpty;
  }
  bucket->next = 0;
}
}  // namespace

void RuleTable::clear() noexcept {
  mask_ = kBucketsMin - 1;
  split_ = 0;
  entries_ = 0;
  freeOverflow_ = 0;
  nextOverflow_ = 1;
  for (uint32_t i = 0; i <= mask_; i++) reset(&buckets_[i]);
}

uint32_t RuleTable::takeOverflow() noexcept {
  uint32_t index = freeOverflow_;
  if (index != 0) {
    freeOverflow_ = overflow_[index].next;
  } else if (nextOverflow_ <= kOverflowMax) {
    index = nextOverflow_++;
  } else {
    return 0;
  }
  reset(&overflow_[index]);
  return index;
}

bool RuleTable::place(RuleBucket* bucket, uint32_t tag, uint32_t id, uint32_t lowHash) noexcept {
  for (;;) {
    for (uint32_t way = 0; way < RuleBucket::kWays; way++) {
      if (bucket->id[way] != kEmpty) continue;
      bucket->tag[way] = tag;
      bucket->id[way] = id;
      lowHash_[id] = lowHash;
      return true;
    }
    if (bucket->next == 0) {
      bucket->next = takeOverflow();
      if (bucket->next == 0) return false;
    }
    bucket = &overflow_[bucket->next];
  }
}

bool RuleTable::insert(uint64_t hash, uint32_t id) noexcept {
  if (!place(&buckets_[indexOf(hash)], tagOf(hash), id, static_cast<uint32_t>(hash))) return false;
  entries_++;
  // Half full on average: a chain is rare, and 64 k flows take 1.2 MB.
  if (entries_ * 2 > (mask_ + 1 + split_) * RuleBucket::kWays) split();
  return true;
}

void RuleTable::split() noexcept {
  const uint32_t buckets = mask_ + 1 + split_;
  if (buckets == kBucketsMax) return;
  RuleBucket old = buckets_[split_];
  RuleBucket* const low = &buckets_[split_];
  RuleBucket* const high = &buckets_[buckets];
  reset(low);
  reset(high);
  RuleBucket* from = &old;
  for (;;) {
    for (uint32_t way = 0; way < RuleBucket::kWays; way++) {
      if (from->id[way] == kEmpty) continue;
      const uint32_t lowHash = lowHash_[from->id[way]];
      place(lowHash & (mask_ + 1) ? high : low, from->tag[way], from->id[way], lowHash);
    }
    const uint32_t next = from->next;
    if (from != &old) {
      const uint32_t index = static_cast<uint32_t>(from - overflow_);
      from->next = freeOverflow_;
      freeOverflow_ = index;
    }
    if (next == 0) break;
    from = &overflow_[next];
  }
  if (++split_ > mask_) {
    mask_ = 2 * mask_ + 1;
    split_ = 0;
  }
}

void RuleTable::remove(uint64_t hash, uint32_t id) noexcept {
  RuleBucket* bucket = &buckets_[indexOf(hash)];
  for (;;) {
    for (uint32_t way = 0; way < RuleBucket::kWays; way++) {
      if (bucket->id[way] != id) continue;
      bucket->id[way] = kEmpty;
      bucket->tag[way] = 0;
      entries_--;
      return;
    }
    if (bucket->next == 0) return;
    bucket = &overflow_[bucket->next];
  }
}

}  // namespace pollux
