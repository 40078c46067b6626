// SPDX-License-Identifier: Apache-2.0
/**
 * The input and the output of translation: one packet's flow goes in, what the datapath has to do
 * with every packet like it comes out.
 */
import type { OdpAction } from "../../odp/actions.js";
import type { Flow } from "../../openflow/flow.js";
import type { Match } from "../../openflow/match.js";
import type { OfpAct, Subfield } from "../../openflow/ofp-actions.js";
import type { Group, GroupBucket } from "../group.js";
import type { LearnRequest } from "../ofproto-learn.js";
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
  /** Do not collect wildcards: `XlateOutput.wc` means nothing then. For packet-outs. */
  skipWildcards?: boolean;
  /** Where to collect wildcards, for a caller that translates often; default a new Flow. */
  wc?: Flow;
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
  /** Texts, with the port names of `bridge` if the reader wants names. */
  actionsText(bridge: XBridge, actions: readonly OfpAct[]): string;
  matchText(bridge: XBridge, match: Match): string;
  /** The field or the part of it, and the value it has in `flow`: `reg1[0..3] is now 0x5`. */
  subfieldText(subfield: Subfield, flow: Flow): string;
  portText(ofpPort: number): string;
}

/** How a line is set out: see trace.ts. */
export type TraceKind =
  | "bridge"
  | "table"
  | "thaw"
  | "action"
  | "bucket"
  | "detail"
  | "warn"
  | "error";

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
  /** A table was looked up, and the packet hit no rule of it. */
  | { type: "table"; table: XTable; matched: boolean }
  /** A rule was hit, in `table`: null for the switch's own, which are in none. In order. */
  | { type: "rule"; rule: Rule; table: XTable | null }
  /** A group sent it through a bucket; null: through all of them. */
  | { type: "group"; group: Group; bucket: GroupBucket | null }
  /** NORMAL saw `mac` on `port`. */
  | { type: "learn_mac"; bridge: XBridge; port: XPort; vlan: number; mac: number }
  /** A flow was learned, or seen again. */
  | { type: "learn"; bridge: XBridge; request: LearnRequest }
  /** When a FIN or RST is seen, the rule's timeouts become at most these, in seconds; 0: stay. */
  | { type: "fin_timeout"; bridge: XBridge; rule: Rule; idle: number; hard: number }
  /** The packet went from patch port `from` to its peer. */
  | { type: "patch"; from: XPort; to: XPort };

/** Why a translation was cut short; the packet is dropped. */
export type XlateError =
  | "bridge_not_found"
  | "recursion_too_deep"
  | "too_many_resubmits"
  | "stack_too_deep"
  | "no_recirculation_context"
  | "recirculation_conflict"
  | "too_many_mpls_labels"
  | "unsupported_packet_type";

export interface XlateOutput {
  /** Empty: the flow tables say drop. An error is a `drop` under its name. */
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
  /** The result is good for this packet only: do not install it. */
  avoidCaching: boolean;
  /** The packet as it was at the end, when `trace` was given. */
  finalFlow: Flow | null;
}

/** Texts of errors, as `ofproto/trace` prints them. */
export const XLATE_ERROR_TEXT: Record<XlateError, string> = {
  bridge_not_found: "Bridge not found",
  recursion_too_deep: "Recursion too deep",
  too_many_resubmits: "Too many resubmits",
  stack_too_deep: "Stack too deep",
  no_recirculation_context: "No recirculation context",
  recirculation_conflict: "Recirculation conflict",
  too_many_mpls_labels: "Too many MPLS labels",
  unsupported_packet_type: "Unsupported packet type",
};

/** Names under which the datapath counts packets dropped for an error. */
export const XLATE_ERROR_DROP: Record<XlateError, string> = {
  bridge_not_found: "drop_action_bridge_not_found",
  recursion_too_deep: "drop_action_recursion_too_deep",
  too_many_resubmits: "drop_action_too_many_resubmit",
  stack_too_deep: "drop_action_stack_too_deep",
  no_recirculation_context: "drop_action_no_recirculation_context",
  recirculation_conflict: "drop_action_recirculation_conflict",
  too_many_mpls_labels: "drop_action_too_many_mpls_labels",
  unsupported_packet_type: "drop_action_unsupported_packet_type",
};

/** Names (as in dumps) and explanations (as in traces) of SLOW bits. */
export const SLOW_REASONS: readonly { bit: number; name: string; explanation: string }[] = [
  { bit: SLOW.CFM, name: "cfm", explanation: "Consists of CFM packets" },
  { bit: SLOW.BFD, name: "bfd", explanation: "Consists of BFD packets" },
  { bit: SLOW.LACP, name: "lacp", explanation: "Consists of LACP packets" },
  { bit: SLOW.STP, name: "stp", explanation: "Consists of STP packets" },
  { bit: SLOW.LLDP, name: "lldp", explanation: "Consists of LLDP packets" },
  {
    bit: SLOW.ACTION,
    name: "action",
    explanation: "Uses action(s) not supported by datapath",
  },
  { bit: SLOW.MATCH, name: "match", explanation: "Datapath can't match specifically enough" },
];
