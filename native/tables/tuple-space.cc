// SPDX-License-Identifier: Apache-2.0
#include "tuple-space.h"

namespace pollux {

bool TupleSpace::open(Reservation& memory, FlowSlab* slab, const HashSecret* secret,
                      NarrowHash narrowHash) noexcept {
  subtables_ = memory.take<Subtable>(kSubtablesMax);
  lists_ = memory.take<SubtableList>(kPorts * 3);
  slab_ = slab;
  secret_ = secret;
  narrowHash_ = narrowHash;
  nextSeed_ = secret->word[31] | 1;
  return subtables_ && lists_ && rules_.open(memory);
}

bool TupleSpace::matches(const uint64_t* key, uint32_t index, uint32_t id) noexcept {
  if (slab_->hot(id).subtable != index) return false;
  const Subtable& table = subtables_[index];
  const uint64_t* rule = slab_->key(id);
  uint64_t difference = 0;
  for (uint32_t i = 0; i < table.words; i++) {
    const uint32_t w = table.word[i];
    difference |= (key[w] & table.mask[w]) ^ rule[w];
  }
  return difference == 0;
}

uint32_t TupleSpace::find(const uint64_t* key, uint32_t index, uint64_t hash) noexcept {
  const uint32_t tag = RuleTable::tagOf(hash);
  const RuleBucket* bucket = rules_.bucket(hash);
  for (;;) {
    for (uint32_t way = 0; way < RuleBucket::kWays; way++) {
      if (bucket->tag[way] == tag && matches(key, index, bucket->id[way])) {
        return bucket->id[way];
      }
    }
    if (bucket->next == 0) return kNoFlow;
    bucket = rules_.overflow(bucket->next);
  }
}

uint32_t TupleSpace::lookup(const uint64_t* key, uint32_t inPort, uint32_t keyClass,
                            uint32_t* probed) noexcept {
  const SubtableList& subtables = list(inPort, keyClass);
  for (uint32_t i = 0; i < subtables.count; i++) {
    const uint32_t index = subtables.index[i];
    Subtable& table = subtables_[index];
    const uint32_t id = find(key, index, hashOf(key, table));
    if (id == kNoFlow) continue;
    table.hits++;
    *probed += i + 1;
    return id;
  }
  return kNoFlow;
}

uint32_t TupleSpace::findOrAddSubtable(SubtableList& subtables, const uint64_t* mask,
                                       uint32_t keyClass, uint32_t* status) noexcept {
  const uint32_t words = kKeyClassBytes[keyClass] / 8;
  for (uint32_t i = 0; i < subtables.count; i++) {
    const Subtable& table = subtables_[subtables.index[i]];
    if (__builtin_memcmp(table.mask, mask, words * 8) == 0) return subtables.index[i];
  }
  bool exact = true;
  for (uint32_t i = 0; i < words; i++) exact &= mask[i] == ~0ull;
  if (subtables.count >= kMasksPerPortMax + (exact ? 1 : 0)) {
    *status = kInstallMaskLimit;
    return kNoSubtable;
  }
  uint32_t index = freeSubtable_;
  if (index != kNoSubtable) {
    freeSubtable_ = subtables_[index].nextFree;
  } else if (nextSubtable_ < kSubtablesMax) {
    index = nextSubtable_++;
  } else {
    *status = kInstallNoMemory;
    return kNoSubtable;
  }
  Subtable& table = subtables_[index];
  __builtin_memset(&table, 0, sizeof table);
  __builtin_memcpy(table.mask, mask, words * 8);
  for (uint32_t i = 0; i < words; i++) {
    if (mask[i]) table.word[table.words++] = static_cast<uint8_t>(i);
  }
  table.keyClass = static_cast<uint8_t>(keyClass);
  // Distinct per subtable; foldedProduct hides the pattern.
  nextSeed_ += 0x9e3779b97f4a7c15ull;
  table.seed = foldedProduct(nextSeed_, secret_->word[30] | 1);
  subtables.index[subtables.count++] = static_cast<uint16_t>(index);
  inUse_++;
  return index;
}

uint32_t TupleSpace::insert(uint32_t id, uint32_t inPort, const uint64_t* mask,
                            uint32_t keyClass) noexcept {
  uint32_t status = kInstallOk;
  const uint32_t index =
      findOrAddSubtable(list(inPort, keyClass), mask, keyClass, &status);
  if (index == kNoSubtable) return status;
  Subtable& table = subtables_[index];
  const uint64_t* key = slab_->key(id);
  const uint64_t hash = hashOf(key, table);
  if (find(key, index, hash) != kNoFlow) return kInstallExists;
  if (!rules_.insert(hash, id)) return kInstallNoMemory;
  slab_->hot(id).subtable = static_cast<uint16_t>(index);
  table.rules++;
  return kInstallOk;
}

void TupleSpace::remove(uint32_t id) noexcept {
  const uint32_t index = slab_->hot(id).subtable;
  if (index == kNoSubtable) return;
  Subtable& table = subtables_[index];
  const uint64_t* key = slab_->key(id);
  rules_.remove(hashOf(key, table), id);
  slab_->hot(id).subtable = kNoSubtable;
  if (--table.rules != 0) return;
  SubtableList& subtables = list(inPortOf(key), table.keyClass);
  uint32_t at = 0;
  while (subtables.index[at] != index) at++;
  subtables.count--;
  for (; at < subtables.count; at++) subtables.index[at] = subtables.index[at + 1];
  table.nextFree = freeSubtable_;
  freeSubtable_ = static_cast<uint16_t>(index);
  inUse_--;
}

void TupleSpace::clear() noexcept {
  rules_.clear();
  for (uint32_t i = 0; i < kPorts * 3; i++) lists_[i].count = 0;
  inUse_ = 0;
  nextSubtable_ = 0;
  freeSubtable_ = kNoSubtable;
}

void TupleSpace::rank() noexcept {
  for (uint32_t i = 0; i < kPorts * 3; i++) {
    SubtableList& subtables = lists_[i];
    // Insertion sort: nearly sorted from the last time.
    for (uint32_t to = 1; to < subtables.count; to++) {
      const uint16_t index = subtables.index[to];
      const uint64_t hits = subtables_[index].hits;
      uint32_t at = to;
      for (; at > 0 && subtables_[subtables.index[at - 1]].hits < hits; at--) {
        subtables.index[at] = subtables.index[at - 1];
      }
      subtables.index[at] = index;
    }
    for (uint32_t n = 0; n < subtables.count; n++) subtables_[subtables.index[n]].hits /= 2;
  }
}

}  // namespace pollux
