// SPDX-License-Identifier: Apache-2.0
/**
 * Recirculation ids: each names a state in which translation was suspended, so that a packet that
 * comes back with that `recirc_id` (or goes to a controller and comes back) goes on from there.
 * Equal states share one id. Ids count up from 1 and are reused only after 2³² allocations.
 */
import type { Flow } from "../openflow/flow.js";
import type { OfpAct } from "../openflow/ofp-actions.js";

/** An action of a suspended translation. `unroll` puts back the table and the cookie that later
 * packet-ins are attributed to. */
export type FrozenAct = OfpAct | { type: "unroll"; tableId: number; ruleCookie: bigint };

/** Where translation stopped and what the OpenFlow pipeline knew then. */
export interface FrozenState {
  /** Bridge that was executing. */
  readonly bridge: string;
  /** Table to show in packet-ins, and to resume lookups in. */
  readonly tableId: number;
  /** All ones when no rule was responsible. */
  readonly ruleCookie: bigint;
  /** OpenFlow in_port, metadata, registers: only FLOW_FIELDS (beyond the key) are meaningful. */
  readonly metadata: Flow;
  /** Values pushed with `push:` and not yet popped, bottom first. */
  readonly stack: readonly Uint8Array[];
  /** Actions to go on with; empty: look up `tableId`. */
  readonly actions: readonly FrozenAct[];
  /** The packet is on its way back from the connection tracker. */
  readonly conntracked: boolean;
  /** Accumulated action set. */
  readonly actionSet: readonly OfpAct[];
}

interface Entry {
  readonly id: number;
  readonly key: string;
  readonly state: FrozenState;
  refs: number;
}

export class RecircTable {
  private readonly byId = new Map<number, Entry>();
  private readonly byKey = new Map<string, Entry>();
  private nextId = 1;

  /** Returns the id for `state` and takes one reference to it. */
  allocate(state: FrozenState): number {
    const key = stateKey(state);
    let entry = this.byKey.get(key);
    if (!entry) {
      while (this.nextId === 0 || this.byId.has(this.nextId)) this.nextId = (this.nextId + 1) >>> 0;
      entry = { id: this.nextId, key, state, refs: 0 };
      this.nextId = (this.nextId + 1) >>> 0;
      this.byId.set(entry.id, entry);
      this.byKey.set(key, entry);
    }
    entry.refs++;
    return entry.id;
  }

  get(id: number): FrozenState | undefined {
    return this.byId.get(id)?.state;
  }

  ref(id: number): void {
    const entry = this.byId.get(id);
    if (entry) entry.refs++;
  }

  /** Gives one reference back; the id is forgotten with the last one. */
  unref(id: number): void {
    const entry = this.byId.get(id);
    if (!entry || --entry.refs > 0) return;
    this.byId.delete(id);
    this.byKey.delete(entry.key);
  }

  get size(): number {
    return this.byId.size;
  }
}

function stateKey(state: FrozenState): string {
  const { metadata, ...rest } = state;
  return `${JSON.stringify(rest, plain)}${metadata.words.join()}`;
}

function plain(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return [...value];
  return value;
}
