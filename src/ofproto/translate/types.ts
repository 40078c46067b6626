// SPDX-License-Identifier: Apache-2.0
/**
 * The input and the output of translation: one packet's flow goes in, what the datapath has to do
 * with every packet like it comes out.
 */
import type { OdpAction } from "../../odp/actions.js";
import type { Flow } from "../../openflow/flow.js";
import type { OfpAct } from "../../openflow/ofp-actions.js";
import type { XPort } from "../ports.js";
import type { Rule } from "../rule.js";
import type { XBridge, XTable } from "../xbridge.js";

export interface XlateInput {
  /** The bridge that the packet entered; for a recirculated packet any bridge of its datapath. */
  bridge: XBridge;
  /** Headers and metadata, with both in_ports set (`locateFlow` does). Not changed. */
  flow: Flow;
  /** The frame, when there is one; actions that need the payload (controller, learn) use it. */
  packet: Uint8Array | null;
  /** TCP flags seen, for `fin_timeout`; 0 when unknown. */
  tcpFlags: number;
  /** Side effects allowed now: MAC learning. A miss and a packet-out: true; revalidation: false. */
  mayLearn: boolean;
  /** Execute these instead of looking up tables (packet-out). */
  actions?: readonly OfpAct[];
  /** Start with this rule's actions instead of a lookup in table 0. */
  rule?: Rule;
  /** Collect `XlateOutput.effects`. Default true. */
  wantEffects?: boolean;
  /** Skip collecting wildcards (`XlateOutput.wc` is then empty): packet-out. Default false. */
  skipWildcards?: boolean;
  /** Where to tell the story; null or undefined: nowhere. */
  trace?: TraceSink | null;
}

/** Receives the story of a translation, as `ofproto/trace` prints it. */
export interface TraceSink {
  /** Adds a line under the current node and makes it the current one. */
  open(kind: TraceKind, text: string): void;
  /** Goes back to the parent of the current node. */
  close(): void;
  /** Adds a line under the current node. */
  add(kind: TraceKind, text: string): void;
}

/** How a line is set out: see trace.ts. */
export type TraceKind = "detail" | "table" | "thaw" | "bridge" | "action" | "bucket" | "error";

/** Why a flow's packets must all be translated one by one. Bits of `XlateOutput.slow`. */
export const SLOW = {
  CFM: 1 << 0,
  BFD: 1 << 1,
  LACP: 1 << 2,
  STP: 1 << 3,
  LLDP: 1 << 4,
  /** An action needs the slow path. */
  ACTION: 1 << 5,
  /** The match needs the slow path. */
  MATCH: 1 << 6,
} as const;

/** What packets that use the resulting flow do besides moving: replayed with their counts by
 * `applyEffects`. */
export type XlateEffect =
  /** A table was looked up. */
  | { type: "table"; table: XTable; matched: boolean }
  /** A rule was hit; in order. */
  | { type: "rule"; rule: Rule }
  /** NORMAL saw `mac` on `port`. */
  | { type: "learn_mac"; bridge: XBridge; port: XPort; vlan: number; mac: number }
  /** The packet went from patch port `from` to its peer. */
  | { type: "patch"; from: XPort; to: XPort };

/** Why a translation was cut short; the packet is dropped. Texts: `xlateErrorText`. */
export type XlateError =
  | "bridge_not_found"
  | "recursion_too_deep"
  | "too_many_resubmits"
  | "stack_too_deep"
  | "no_recirculation_context"
  | "recirculation_conflict"
  | "too_many_mpls_labels"
  | "invalid_tunnel_metadata"
  | "unsupported_packet_type"
  | "congestion_drop"
  | "forwarding_disabled";

export interface XlateOutput {
  /** Empty: drop. */
  actions: OdpAction[];
  /** Bits of the input flow that the result depends on. */
  wc: Flow;
  /** SLOW bits; nonzero: install `userspace(slow_path)` instead of `actions`. */
  slow: number;
  effects: XlateEffect[];
  error: XlateError | null;
  /** Recirculation ids that `actions` hold a reference to: give them back with
   * `releaseOutput` when the actions are no longer used. */
  recircIds: number[];
  /** An action would have needed the packet, but there was none. */
  needsPacket: boolean;
  /** The flow's in_port is (or is not) a port of a bridge that avoids learning/caching; when true
   * the result must not be installed (e.g. it depends on a side effect that was not allowed). */
  avoidCaching: boolean;
}

/** `translate` of translate.ts. Never throws for what a packet or a flow table contains. */
export type Translate = (input: XlateInput) => XlateOutput;

/** `applyEffects` of effects.ts: credits `packets`/`bytes` seen until `usedMs` to rules and tables,
 * refreshes learned addresses (when `mayLearn`), counts on patch ports. */
export type ApplyEffects = (
  effects: readonly XlateEffect[],
  counts: { packets: number; bytes: number; usedMs: number; mayLearn: boolean },
) => void;

/** `releaseOutput` of effects.ts: gives back the recirculation ids of an output. */
export type ReleaseOutput = (bridge: XBridge, output: XlateOutput) => void;

/** `locateFlow` of locate.ts: fills in the OpenFlow `in_port` of a datapath flow and finds the
 * bridge; null when no port has its datapath in_port. */
export type LocateFlow = (
  datapath: XBridge["datapath"],
  flow: Flow,
) => { bridge: XBridge; port: XPort } | null;
