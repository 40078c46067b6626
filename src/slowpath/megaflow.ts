// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { KEY_CLASS_BYTES, type KeyClass } from "../../pmd/shm/flow-key.js";
import type { FlowStats } from "../dpif/dpif.js";
import type { OdpAction } from "../odp/actions.js";
import type { XlateEffect, XlateOutput } from "../ofproto/translate/index.js";
import { type MegaflowMask, MegaflowMasks, mix } from "./megaflow-mask.js";

/** What a flow keeps of the translation that it comes from: what its counts are credited to, and
 * the recirculation ids that it holds. */
export type MegaflowSource = Pick<XlateOutput, "effects" | "recircIds">;

/** A flow that is installed on one thread of the datapath, and what it was made from. Numbers that
 * are no small integers are in a slab: as fields, each would be an object of its own. */
export class Megaflow implements MegaflowSource {
  /** The next one in its bucket. */
  next: Megaflow | null = null;
  /** Revalidation round in which it was last found right. */
  round = 0;

  constructor(
    /** Thread (a handle of the datapath) and the flow's id there. */
    readonly pmd: number,
    readonly flowId: number,
    /** Where its key and its counts are. */
    readonly chunk: SlabChunk,
    readonly row: number,
    readonly sharedMask: MegaflowMask,
    readonly hash: number,
    /** What is installed. */
    public actions: readonly OdpAction[],
    public effects: XlateEffect[],
    public recircIds: number[],
  ) {}

  /** Counts that have been credited to the effects so far. */
  get credited(): FlowStats {
    const { counts } = this.chunk;
    const at = this.row * COUNTS;
    const packets = counts[at]!;
    return { packets, bytes: counts[at + 1]!, usedMs: counts[at + 2]!, tcpFlags: counts[at + 3]! };
  }

  /** The counts without the packets that missed, which the stock datapath does not count. */
  get shown(): FlowStats {
    const { counts } = this.chunk;
    const at = this.row * COUNTS;
    const { packets, bytes, usedMs, tcpFlags } = this.credited;
    const hits = Math.max(0, packets - counts[at + 5]!);
    if (hits === 0) return { packets: 0, bytes: 0, usedMs: 0, tcpFlags: 0 };
    return { packets: hits, bytes: Math.max(0, bytes - counts[at + 6]!), usedMs, tcpFlags };
  }

  /** Notes a packet that missed and was resolved to this flow. */
  countMiss(bytes: number): void {
    const { counts } = this.chunk;
    const at = this.row * COUNTS;
    counts[at + 5]!++;
    counts[at + 6]! += bytes;
  }

  get packets(): number {
    return this.chunk.counts[this.row * COUNTS]!;
  }

  get bytes(): number {
    return this.chunk.counts[this.row * COUNTS + 1]!;
  }

  get usedMs(): number {
    return this.chunk.counts[this.row * COUNTS + 2]!;
  }

  get createdMs(): number {
    return this.chunk.counts[this.row * COUNTS + CREATED]!;
  }

  /** Notes what has been credited. */
  setCredited(stats: FlowStats): void {
    const { counts } = this.chunk;
    const at = this.row * COUNTS;
    counts[at] = stats.packets;
    counts[at + 1] = stats.bytes;
    counts[at + 2] = stats.usedMs;
    counts[at + 3] = stats.tcpFlags;
  }

  get keyClass(): KeyClass {
    return this.sharedMask.keyClass;
  }

  /** KEY_CLASS_BYTES[keyClass] bytes, masked, as host-order words; good until it is freed. */
  get keyWords(): Uint32Array {
    const { length } = this.sharedMask.words;
    return this.chunk.keys.subarray(this.row * length, (this.row + 1) * length);
  }

  /** KEY_CLASS_BYTES[keyClass] bytes, masked; good until the flow is freed. */
  get key(): Uint8Array {
    return bytesOf(this.keyWords);
  }

  get mask(): Uint8Array {
    return bytesOf(this.sharedMask.words);
  }
}

const ROWS_PER_CHUNK = 1024;
/** Of a row: packets, bytes, usedMs and tcpFlags as credited, createdMs, packets and bytes of
 * misses. */
const COUNTS = 7;
const CREATED = 4;

/** Keys of one length, and counts, of flows. */
interface SlabChunk {
  readonly keys: Uint32Array;
  readonly counts: Float64Array;
}

/** Room for keys of one length. A typed array of its own costs a flow four times its key. */
class KeySlab {
  private readonly freeChunks: SlabChunk[] = [];
  private readonly freeRows: number[] = [];
  private nextRow = ROWS_PER_CHUNK;
  /** Where the place is that `take` found. */
  chunk: SlabChunk = { keys: new Uint32Array(0), counts: new Float64Array(0) };
  row = 0;
  /** The chunk that is being filled. */
  private filling = this.chunk;

  constructor(private readonly words: number) {}

  take(): void {
    if (this.freeChunks.length > 0) {
      this.chunk = this.freeChunks.pop()!;
      this.row = this.freeRows.pop()!;
      return;
    }
    if (this.nextRow === ROWS_PER_CHUNK) {
      const keys = new Uint32Array(ROWS_PER_CHUNK * this.words);
      this.filling = { keys, counts: new Float64Array(ROWS_PER_CHUNK * COUNTS) };
      this.nextRow = 0;
    }
    this.chunk = this.filling;
    this.row = this.nextRow++;
  }

  give(chunk: SlabChunk, row: number): void {
    this.freeChunks.push(chunk);
    this.freeRows.push(row);
  }
}

const BUCKETS_MIN = 1024;

/** Looks flows up by thread, masked key and mask; and by thread and id. */
export class MegaflowTable {
  /** Bucket numbers must not be for others to choose. */
  private readonly seed = randomBytes(4).readInt32LE();
  private readonly masks = new MegaflowMasks(this.seed);
  private buckets: (Megaflow | null)[] = Array(BUCKETS_MIN).fill(null);
  /** By thread, then by flow id. */
  private readonly byPmd: (Megaflow | undefined)[][] = [];
  private readonly slabs = KEY_CLASS_BYTES.map((bytes) => new KeySlab(bytes / 4));
  private count = 0;

  get size(): number {
    return this.count;
  }

  byId(pmd: number, flowId: number): Megaflow | undefined {
    return this.byPmd[pmd]?.[flowId];
  }

  /** The mask of the class's first bytes of `words`; see `MegaflowMasks.intern`. */
  maskOf(keyClass: KeyClass, words: Uint32Array): MegaflowMask {
    return this.masks.intern(keyClass, words);
  }

  /** Forgets `mask` if no flow has it. */
  dropMask(mask: MegaflowMask): void {
    if (mask.references === 0) this.masks.forget(mask);
  }

  /** Hash of `key & mask`, for `find` and `Megaflow.hash`. */
  hash(pmd: number, key: Uint32Array, mask: MegaflowMask): number {
    const { words, indices } = mask;
    let hash = mix(mask.hash, pmd);
    for (let i = 0; i < indices.length; i++) {
      const at = indices[i]!;
      hash = mix(hash, key[at]! & words[at]!);
    }
    return (hash ^ (hash >>> 16)) & 0x3fffffff;
  }

  /** The flow with this mask that matches `key` (not masked). */
  find(pmd: number, key: Uint32Array, mask: MegaflowMask, hash: number): Megaflow | undefined {
    let flow = this.buckets[hash & (this.buckets.length - 1)] ?? null;
    while (flow) {
      if (flow.hash === hash && flow.sharedMask === mask && flow.pmd === pmd && matches(flow, key))
        return flow;
      flow = flow.next;
    }
    return undefined;
  }

  /** Adds the flow that matches `key` (not masked) under `mask`, with that `hash`. */
  put(
    place: { readonly pmd: number; readonly flowId: number },
    key: Uint32Array,
    mask: MegaflowMask,
    hash: number,
    made: MegaflowSource & { actions: readonly OdpAction[]; createdMs: number },
  ): Megaflow {
    const { words } = mask;
    const slab = this.slabs[mask.keyClass]!;
    slab.take();
    const { chunk, row } = slab;
    const { keys, counts } = chunk;
    const at = row * words.length;
    for (let i = 0; i < words.length; i++) keys[at + i] = key[i]! & words[i]!;
    for (let i = 0; i < COUNTS; i++) counts[row * COUNTS + i] = 0;
    counts[row * COUNTS + CREATED] = made.createdMs;
    const { actions, effects, recircIds } = made;
    const { pmd, flowId } = place;
    const flow = new Megaflow(pmd, flowId, chunk, row, mask, hash, actions, effects, recircIds);
    this.add(flow);
    return flow;
  }

  private add(flow: Megaflow): void {
    if (this.count >= this.buckets.length) this.grow();
    const at = flow.hash & (this.buckets.length - 1);
    flow.next = this.buckets[at] ?? null;
    this.buckets[at] = flow;
    this.byPmd[flow.pmd] ??= [];
    this.byPmd[flow.pmd]![flow.flowId] = flow;
    flow.sharedMask.references++;
    this.count++;
  }

  /** Takes `flow` out; its key and its counts can be read until `free`. Whether it was there. */
  remove(flow: Megaflow): boolean {
    if (this.byId(flow.pmd, flow.flowId) !== flow) return false;
    const at = flow.hash & (this.buckets.length - 1);
    let before = this.buckets[at] ?? null;
    if (before === flow) {
      this.buckets[at] = flow.next;
    } else {
      while (before!.next !== flow) before = before!.next;
      before!.next = flow.next;
    }
    this.byPmd[flow.pmd]![flow.flowId] = undefined;
    if (--flow.sharedMask.references === 0) this.masks.forget(flow.sharedMask);
    this.count--;
    return true;
  }

  /** Gives back the room of a flow that was removed. */
  free(flow: Megaflow): void {
    this.slabs[flow.keyClass]!.give(flow.chunk, flow.row);
  }

  /** Flows added or removed meanwhile are, or are not, visited. */
  *[Symbol.iterator](): Generator<Megaflow> {
    for (let pmd = 0; pmd < this.byPmd.length; pmd++) {
      const flows = this.byPmd[pmd];
      if (!flows) continue;
      for (let id = 0; id < flows.length; id++) {
        const flow = flows[id];
        if (flow) yield flow;
      }
    }
  }

  private grow(): void {
    const old = this.buckets;
    const buckets: (Megaflow | null)[] = Array(old.length * 2).fill(null);
    for (let flow of old) {
      while (flow) {
        const next: Megaflow | null = flow.next;
        const at = flow.hash & (buckets.length - 1);
        flow.next = buckets[at] ?? null;
        buckets[at] = flow;
        flow = next;
      }
    }
    this.buckets = buckets;
  }
}

function matches(flow: Megaflow, key: Uint32Array): boolean {
  const { words, indices } = flow.sharedMask;
  const { keys } = flow.chunk;
  const keyAt = flow.row * words.length;
  for (let i = 0; i < indices.length; i++) {
    const at = indices[i]!;
    if (keys[keyAt + at] !== (key[at]! & words[at]!) >>> 0) return false;
  }
  return true;
}

/** A stable 128-bit identifier of a flow, the same on every thread (`ufid:` of the dumps). */
export function megaflowUfid(flow: Pick<Megaflow, "keyWords" | "sharedMask">): string {
  const key = flow.keyWords;
  const part = (seed: number) => {
    const { keyClass, words, indices } = flow.sharedMask;
    let hash = mix(0x9e3779b9 ^ keyClass, seed);
    for (const i of indices) hash = mix(mix(hash, key[i]!), words[i]! ^ i);
    return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, "0");
  };
  const hex = part(0x50) + part(0x6f6c) + part(0x6c7578) + part(0x21);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
