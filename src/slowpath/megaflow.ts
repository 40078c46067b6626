// SPDX-License-Identifier: Apache-2.0
import { KEY_CLASS_BYTES, type KeyClass } from "../../pmd/shm/flow-key.js";
import { FLOWS_MAX } from "../../pmd/shm/limits.js";
import type { FlowStats } from "../dpif/dpif.js";
import type { OdpAction } from "../odp/actions.js";
import type { XlateOutput } from "../ofproto/translate/index.js";

/** A flow that is installed on one thread of the datapath, and what it was made from. */
export interface Megaflow {
  /** Thread (a handle of the datapath) and the flow's id there. */
  readonly pmd: number;
  readonly flowId: number;
  readonly keyClass: KeyClass;
  /** KEY_CLASS_BYTES[keyClass] bytes, masked. */
  readonly key: Uint8Array;
  readonly mask: Uint8Array;
  readonly hash: number;
  /** What is installed. */
  actions: readonly OdpAction[];
  /** The translation that `actions` come from; its effects get the flow's counts. */
  output: XlateOutput;
  readonly createdMs: number;
  /** Counts that have been credited to the effects so far. */
  readonly credited: FlowStats;
  /** Revalidation round in which it was last found right. */
  round: number;
}

/** Looks flows up by thread, class, masked key and mask: a bounded-chain hash over their words. */
export class MegaflowTable {
  private readonly byHash = new Map<number, Megaflow | Megaflow[]>();
  private readonly byFlowId = new Map<number, Megaflow>();

  get size(): number {
    return this.byFlowId.size;
  }

  byId(pmd: number, flowId: number): Megaflow | undefined {
    return this.byFlowId.get(pmd * FLOWS_MAX + flowId);
  }

  find(
    pmd: number,
    keyClass: KeyClass,
    key: Uint8Array,
    mask: Uint8Array,
    hash: number,
  ): Megaflow | undefined {
    const entry = this.byHash.get(hash);
    if (entry === undefined) return undefined;
    const same = (flow: Megaflow) =>
      flow.pmd === pmd &&
      flow.keyClass === keyClass &&
      equalBytes(flow.key, key) &&
      equalBytes(flow.mask, mask);
    if (!Array.isArray(entry)) return same(entry) ? entry : undefined;
    return entry.find(same);
  }

  add(flow: Megaflow): void {
    const entry = this.byHash.get(flow.hash);
    if (entry === undefined) this.byHash.set(flow.hash, flow);
    else if (Array.isArray(entry)) entry.push(flow);
    else this.byHash.set(flow.hash, [entry, flow]);
    this.byFlowId.set(flow.pmd * FLOWS_MAX + flow.flowId, flow);
  }

  remove(flow: Megaflow): void {
    const entry = this.byHash.get(flow.hash);
    if (entry === flow) {
      this.byHash.delete(flow.hash);
    } else if (Array.isArray(entry)) {
      const at = entry.indexOf(flow);
      if (at < 0) return;
      entry.splice(at, 1);
      if (entry.length === 0) this.byHash.delete(flow.hash);
    } else {
      return;
    }
    this.byFlowId.delete(flow.pmd * FLOWS_MAX + flow.flowId);
  }

  /** Flows added or removed meanwhile are, or are not, visited. */
  [Symbol.iterator](): Iterator<Megaflow> {
    return this.byFlowId.values();
  }
}

/** The first `KEY_CLASS_BYTES` of `key & mask`, and of `mask`, copied. */
export function maskedKey(
  keyClass: KeyClass,
  key: Uint8Array,
  mask: Uint8Array,
): { key: Uint8Array; mask: Uint8Array } {
  const bytes = KEY_CLASS_BYTES[keyClass];
  const masked = { key: new Uint8Array(bytes), mask: mask.slice(0, bytes) };
  for (let i = 0; i < bytes; i++) masked.key[i] = key[i]! & mask[i]!;
  return masked;
}

/** A 32-bit hash of a masked key and its mask on a thread. */
export function megaflowHash(
  pmd: number,
  keyClass: KeyClass,
  key: Uint8Array,
  mask: Uint8Array,
): number {
  let hash = mix(0x9e3779b9 ^ keyClass, pmd);
  const keyWords = wordsOf(key);
  const maskWords = wordsOf(mask);
  for (let i = 0; i < maskWords.length; i++) {
    if (maskWords[i] === 0) continue;
    hash = mix(mix(hash, keyWords[i]!), maskWords[i]! ^ i);
  }
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A stable 128-bit identifier of a flow, the same on every thread (`ufid:` of the dumps). */
export function megaflowUfid(flow: Pick<Megaflow, "keyClass" | "key" | "mask">): string {
  const part = (seed: number) =>
    megaflowHash(seed, flow.keyClass, flow.key, flow.mask).toString(16).padStart(8, "0");
  const hex = part(0x50) + part(0x6f6c) + part(0x6c7578) + part(0x21);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function mix(hash: number, word: number): number {
  let h = Math.imul(hash ^ word, 0x85ebca6b);
  h = (h << 13) | (h >>> 19);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  const x = wordsOf(a);
  const y = wordsOf(b);
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  return true;
}
