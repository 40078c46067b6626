// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import type { KeyClass } from "../../pmd/shm/flow-key.js";
import type { FlowStats } from "../dpif/dpif.js";
import type { OdpAction } from "../odp/actions.js";
import type { XlateOutput } from "../ofproto/translate/index.js";
import { type MegaflowMask, MegaflowMasks, mix } from "./megaflow-mask.js";

/** What a flow keeps of the translation that it comes from: what its counts are credited to, and
 * the recirculation ids that it holds. */
export type MegaflowSource = Pick<XlateOutput, "effects" | "recircIds">;

/** A flow that is installed on one thread of the datapath, and what it was made from. */
export class Megaflow {
  /** The next one in its bucket. */
  next: Megaflow | null = null;
  /** Counts that have been credited to the effects so far. */
  readonly credited: FlowStats = { packets: 0, bytes: 0, usedMs: 0, tcpFlags: 0 };
  /** Revalidation round in which it was last found right. */
  round = 0;

  constructor(
    /** Thread (a handle of the datapath) and the flow's id there. */
    readonly pmd: number,
    readonly flowId: number,
    /** KEY_CLASS_BYTES[keyClass] bytes, masked, as host-order words. */
    readonly keyWords: Uint32Array,
    readonly sharedMask: MegaflowMask,
    readonly hash: number,
    /** What is installed. */
    public actions: readonly OdpAction[],
    public source: MegaflowSource,
    readonly createdMs: number,
  ) {}

  get keyClass(): KeyClass {
    return this.sharedMask.keyClass;
  }

  /** KEY_CLASS_BYTES[keyClass] bytes, masked. */
  get key(): Uint8Array {
    return bytesOf(this.keyWords);
  }

  get mask(): Uint8Array {
    return bytesOf(this.sharedMask.words);
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

  add(flow: Megaflow): void {
    if (this.count >= this.buckets.length) this.grow();
    const at = flow.hash & (this.buckets.length - 1);
    flow.next = this.buckets[at] ?? null;
    this.buckets[at] = flow;
    this.byPmd[flow.pmd] ??= [];
    this.byPmd[flow.pmd]![flow.flowId] = flow;
    flow.sharedMask.references++;
    this.count++;
  }

  remove(flow: Megaflow): void {
    if (this.byId(flow.pmd, flow.flowId) !== flow) return;
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
  const own = flow.keyWords;
  for (let i = 0; i < indices.length; i++) {
    const at = indices[i]!;
    if (own[at] !== (key[at]! & words[at]!) >>> 0) return false;
  }
  return true;
}

/** The class's part of `key & mask`. Class 0 fits into what the engine keeps on its own heap. */
export function maskedWords(key: Uint32Array, { words }: MegaflowMask): Uint32Array {
  const masked = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) masked[i] = key[i]! & words[i]!;
  return masked;
}

/** A stable 128-bit identifier of a flow, the same on every thread (`ufid:` of the dumps). */
export function megaflowUfid(flow: Pick<Megaflow, "keyWords" | "sharedMask">): string {
  const part = (seed: number) => {
    const { keyClass, words, indices } = flow.sharedMask;
    let hash = mix(0x9e3779b9 ^ keyClass, seed);
    for (const i of indices) hash = mix(mix(hash, flow.keyWords[i]!), words[i]! ^ i);
    return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, "0");
  };
  const hex = part(0x50) + part(0x6f6c) + part(0x6c7578) + part(0x21);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
