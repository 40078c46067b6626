// SPDX-License-Identifier: Apache-2.0
/**
 * The table of learned MAC addresses of one bridge: (VLAN, address) → the bundle it was seen on.
 * Bounded, aged by an injected clock. When it is full, the oldest entry of the bundle with the
 * most entries gives way, so that one port cannot push out the addresses of the others.
 */
import { type MacNode, MacTable } from "./mac-table.js";
import type { Bundle, XPort } from "./ports.js";
import type { XlateEffect } from "./translate/types.js";

export interface MacEntry {
  readonly vlan: number;
  /** 48 bits as a number. */
  readonly mac: number;
  /** The port the address was seen on last, and its bundle. */
  port: XPort;
  bundle: Bundle;
  /** Milliseconds of the clock when it was last seen. */
  seenMs: number;
  /** Made by `fdb/add`: never ages, never moves. */
  isStatic: boolean;
}

export const MAC_AGING_DEFAULT_S = 300;
export const MAC_TABLE_DEFAULT = 8192;
/** Entries are in the order in which they were last seen to this many milliseconds: moving one to
 * the end touches three others, and waits for each of them from memory. */
const ORDER_MS = 1000;

/** Reads 6 bytes as a number. */
export function macAt(bytes: Uint8Array, offset: number): number {
  const high = (bytes[offset] << 8) | bytes[offset + 1];
  const low =
    ((bytes[offset + 2] << 24) |
      (bytes[offset + 3] << 16) |
      (bytes[offset + 4] << 8) |
      bytes[offset + 5]) >>>
    0;
  return high * 0x100000000 + low;
}

/** `aa:bb:cc:dd:ee:ff` of a MAC held as a number. */
export function macText(mac: number): string {
  return mac.toString(16).padStart(12, "0").match(/../g)!.join(":");
}

/** The group bit of the first byte. */
const isMulticast = (mac: number): boolean => ((mac / 0x10000000000) & 1) === 1;

/** A class, for the engine finds the fields of one faster than those of spread objects. */
class Entry implements MacEntry, MacNode<Entry> {
  isStatic = false;
  inBucket: Entry | null = null;
  older: Entry | null = null;
  newer: Entry | null = null;
  effect: XlateEffect | null = null;
  /** When it last became the newest of the table. */
  touchedMs: number;

  constructor(
    readonly vlan: number,
    readonly mac: number,
    public port: XPort,
    public bundle: Bundle,
    public seenMs: number,
  ) {
    this.touchedMs = seenMs;
  }
}

export class MacLearning {
  /** Least recently seen first. */
  private readonly entries = new MacTable<Entry>();
  private readonly perBundle = new Map<Bundle, number>();
  private readonly nowMs: () => number;
  /** Bumped when an entry appears, moves or goes: translations must be redone. */
  seq = 1;
  /** VLANs that are always flooded, in which nothing is learned (`Bridge.flood_vlans`). */
  floodVlans: ReadonlySet<number> | null = null;
  agingMs = MAC_AGING_DEFAULT_S * 1000;
  private maxEntries = MAC_TABLE_DEFAULT;
  /** What `learn` found last; it may have left the table since. */
  private lastLearned: Entry | undefined = undefined;
  /** Counters of `fdb/stats-show`. */
  readonly stats = { learned: 0, expired: 0, evicted: 0, moved: 0 };

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  get size(): number {
    return this.entries.size;
  }

  /** `other_config:mac-table-size`, 10 … 1 000 000. */
  setMaxEntries(max: number): void {
    this.maxEntries = Math.min(1_000_000, Math.max(10, max));
    while (this.entries.size > this.maxEntries) this.evict();
  }

  get max(): number {
    return this.maxEntries;
  }

  /** Seconds, 15 … 3600; `other_config:mac-aging-time`. */
  setAgingTime(seconds: number): void {
    this.agingMs = Math.min(3600, Math.max(15, seconds)) * 1000;
  }

  /** Where `mac` is, if that is known. */
  lookup(vlan: number, mac: number): MacEntry | undefined {
    if (isMulticast(mac) || this.floodVlans?.has(vlan)) return undefined;
    const entry = this.entries.find(vlan, mac);
    if (!entry || this.isExpired(entry, this.nowMs())) return undefined;
    return entry;
  }

  /** Notes that `mac` was seen on `port` at `atMs` (default: now). Returns whether that changes
   * where packets to it go. News that is older than what is known is ignored. */
  learn(vlan: number, mac: number, port: XPort, atMs?: number): boolean {
    const { bundle } = port;
    if (!bundle || isMulticast(mac) || this.floodVlans?.has(vlan)) return false;
    const nowMs = this.nowMs();
    const seenMs = atMs ?? nowMs;
    const entry = this.entries.find(vlan, mac);
    this.lastLearned = entry;
    if (!entry) {
      if (nowMs - seenMs >= this.agingMs) return false;
      if (this.entries.size >= this.maxEntries) this.evict();
      this.entries.add(new Entry(vlan, mac, port, bundle, seenMs));
      this.count(bundle, 1);
      this.stats.learned++;
      this.seq++;
      return true;
    }
    if (entry.isStatic) return false;
    if (entry.bundle !== bundle && seenMs < entry.seenMs) return false;
    const moved = entry.bundle !== bundle || this.isExpired(entry, nowMs);
    if (moved) {
      if (entry.bundle !== bundle) this.stats.moved++;
      this.count(entry.bundle, -1);
      this.count(bundle, 1);
      entry.bundle = bundle;
      this.seq++;
    }
    entry.port = port;
    entry.seenMs = Math.max(entry.seenMs, seenMs);
    if (moved || seenMs - entry.touchedMs >= ORDER_MS) {
      entry.touchedMs = seenMs;
      this.entries.touch(entry);
    }
    return moved;
  }

  /** That packets from `mac` came in on `port`, for `applyEffects`: made once per entry, as flows
   * by the thousand may have it. */
  effectOf(vlan: number, mac: number, port: XPort): XlateEffect {
    const { bridge } = port;
    const last = this.lastLearned;
    const isLast = last !== undefined && last.mac === mac && last.vlan === vlan;
    const entry = isLast ? last : this.entries.find(vlan, mac);
    const effect = entry?.effect;
    if (effect?.type === "learn_mac" && effect.port === port) return effect;
    const made: XlateEffect = { type: "learn_mac", bridge, port, vlan, mac };
    if (entry) entry.effect = made;
    return made;
  }

  /** `fdb/add`: a fixed entry. Returns false when a learned entry of another port is there. */
  addStatic(vlan: number, mac: number, port: XPort): boolean {
    if (!port.bundle) return false;
    this.learn(vlan, mac, port);
    const entry = this.entries.find(vlan, mac);
    if (entry) entry.isStatic = true;
    this.seq++;
    return true;
  }

  /** `fdb/del`: forgets one entry; whether it was there. */
  delete(vlan: number, mac: number): boolean {
    const entry = this.entries.find(vlan, mac);
    if (!entry) return false;
    this.drop(entry);
    return true;
  }

  /** Forgets what has aged out. Call about once a second. Returns the number forgotten. */
  expire(): number {
    let expired = 0;
    const nowMs = this.nowMs();
    for (const entry of this.entries) {
      if (!this.isExpired(entry, nowMs)) continue;
      this.drop(entry);
      expired++;
    }
    this.stats.expired += expired;
    return expired;
  }

  /** Forgets everything but fixed entries. */
  flush(): void {
    for (const entry of this.entries) if (!entry.isStatic) this.drop(entry);
  }

  /** Moves the entries of `old` to `bundle`, or forgets them when that is null. */
  replaceBundle(old: Bundle, bundle: Bundle | null): void {
    for (const entry of this.entries) {
      if (entry.bundle !== old) continue;
      if (bundle) {
        this.count(old, -1);
        this.count(bundle, 1);
        entry.bundle = bundle;
      } else {
        this.drop(entry);
      }
    }
    this.seq++;
  }

  /** Entries that have not aged out, least recently seen first. */
  *[Symbol.iterator](): Generator<MacEntry & { ageSeconds: number }> {
    const now = this.nowMs();
    for (const entry of this.entries) {
      if (this.isExpired(entry, now)) continue;
      const { vlan, mac, port, bundle, seenMs, isStatic } = entry;
      const ageSeconds = Math.floor((now - seenMs) / 1000);
      yield { vlan, mac, port, bundle, seenMs, isStatic, ageSeconds };
    }
  }

  private isExpired(entry: MacEntry, nowMs: number): boolean {
    return !entry.isStatic && nowMs - entry.seenMs >= this.agingMs;
  }

  private count(bundle: Bundle, change: number): void {
    const count = (this.perBundle.get(bundle) ?? 0) + change;
    if (count > 0) this.perBundle.set(bundle, count);
    else this.perBundle.delete(bundle);
  }

  private drop(entry: Entry): void {
    this.entries.remove(entry);
    this.count(entry.bundle, -1);
    this.seq++;
  }

  private evict(): void {
    let fullest: Bundle | null = null;
    for (const [bundle, count] of this.perBundle) {
      if (!fullest || count > this.perBundle.get(fullest)!) fullest = bundle;
    }
    for (const entry of this.entries) {
      if (entry.bundle !== fullest) continue;
      this.drop(entry);
      this.stats.evicted++;
      return;
    }
  }
}
