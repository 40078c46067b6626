// SPDX-License-Identifier: Apache-2.0
/**
 * Datapath actions as a program: what TypeScript encodes and the packet's path runs.
 *
 * A program is a sequence of records {u16 opcode, u16 length, payload}, little-endian; `length`
 * counts the whole record and is a multiple of 4. Header bytes in payloads are in network byte
 * order, as on the wire and in the flow key. An empty program drops.
 *
 * Sets carry a value then a mask of the same size; only mask bits change. Their compact forms:
 *
 *   eth     dst 6, src 6                    ipv4  src 4, dst 4, tos 1, ttl 1, 2 unused
 *   l4      src 2, dst 2                    ipv6  src 16, dst 16, label 4, tos 1, ttl 1, 2 unused
 *   arp     op 1, 3 unused, spa 4, tpa 4, sha 6, tha 6
 *   nd      target 16, sll 6, tll 6         mark, priority, mpls   4 (network byte order)
 *   nsh     flags, ttl, type, next 1 each, path 4, context 16
 *   nd_ext  reserved 4, type of the first link-layer option 1, 3 unused
 *
 * Programs within actions (clone; check_pkt_len: length 4, bytes of the first program 4, the two
 * programs) are part of the payload.
 */

import { dropReasonIndex } from "./drop-reasons.js";
import { ACTIONS_BYTES_MAX } from "./limits.js";

export const ACTION = {
  OUTPUT: 1,
  USERSPACE: 2,
  RECIRC: 3,
  HASH: 4,
  TRUNC: 5,
  PUSH_VLAN: 6,
  POP_VLAN: 7,
  DROP: 8,
  METER: 9,
  SET_ETH: 16,
  SET_IPV4: 17,
  SET_IPV6: 18,
  SET_TCP: 19,
  SET_UDP: 20,
  SET_SCTP: 21,
  SET_ICMP: 22,
  SET_ICMPV6: 23,
  SET_ARP: 24,
  SET_ND: 25,
  SET_MARK: 26,
  SET_PRIORITY: 27,
  SET_MPLS: 28,
  SET_NSH: 29,
  SET_ND_EXT: 30,
  PUSH_MPLS: 32,
  POP_MPLS: 33,
  ADD_MPLS: 34,
  PUSH_ETH: 35,
  POP_ETH: 36,
  PUSH_NSH: 37,
  POP_NSH: 38,
  CLONE: 39,
  CHECK_PKT_LEN: 40,
} as const;

export const HASH_ALG = { l4: 0, sym_l4: 1 } as const;

/** Which header a `set` rewrites; each value's range is that of `SET_HEADERS` of src/odp. */
export type SetHeaderName = keyof typeof SETS;

/** A datapath action. Structurally the `OdpAction` of src/odp/actions.ts. */
export type ProgramAction<Cookie> =
  | { readonly type: "output"; readonly port: number }
  | { readonly type: "userspace"; readonly cookie: Cookie }
  | { readonly type: "recirc"; readonly id: number }
  | { readonly type: "hash"; readonly alg: keyof typeof HASH_ALG; readonly basis: number }
  | { readonly type: "trunc"; readonly maxLen: number }
  | { readonly type: "meter"; readonly id: number }
  | { readonly type: "push_vlan"; readonly tpid: number; readonly tci: number }
  | { readonly type: "pop_vlan" }
  | {
      readonly type: "push_mpls" | "add_mpls";
      readonly entry: number;
      readonly ethertype: number;
    }
  | { readonly type: "pop_mpls"; readonly ethertype: number }
  | { readonly type: "push_eth"; readonly src: Uint8Array; readonly dst: Uint8Array }
  | { readonly type: "pop_eth" | "pop_nsh" | "ct_clear" }
  | { readonly type: "push_nsh"; readonly header: Uint8Array }
  | { readonly type: "clone"; readonly actions: readonly ProgramAction<Cookie>[] }
  | {
      readonly type: "check_pkt_len";
      readonly length: number;
      readonly greater: readonly ProgramAction<Cookie>[];
      readonly lessEqual: readonly ProgramAction<Cookie>[];
    }
  | { readonly type: "ct" }
  | {
      readonly type: "set";
      readonly header: SetHeaderName;
      readonly value: Uint8Array;
      readonly mask: Uint8Array;
    }
  | { readonly type: "drop"; readonly reason: string };

interface SetForm {
  readonly opcode: number;
  /** Bytes of the compact form (value or mask). */
  readonly bytes: number;
  /** [offset in the action's value, offset in the compact form, bytes]. */
  readonly moves: readonly (readonly [number, number, number])[];
}

const l4 = (opcode: number): SetForm => ({ opcode, bytes: 4, moves: [[0, 0, 4]] });

/** Offsets on the left are relative to the header's first byte of the flow key. */
const SETS = {
  eth: { opcode: ACTION.SET_ETH, bytes: 12, moves: [[0, 0, 12]] },
  ipv4: {
    opcode: ACTION.SET_IPV4,
    bytes: 12,
    moves: [
      [2, 0, 8],
      [10, 8, 2],
    ],
  },
  ipv6: {
    opcode: ACTION.SET_IPV6,
    bytes: 40,
    moves: [
      [34, 0, 32],
      [82, 32, 4],
      [10, 36, 2],
    ],
  },
  tcp: l4(ACTION.SET_TCP),
  udp: l4(ACTION.SET_UDP),
  sctp: l4(ACTION.SET_SCTP),
  icmp: l4(ACTION.SET_ICMP),
  icmpv6: l4(ACTION.SET_ICMPV6),
  arp: {
    opcode: ACTION.SET_ARP,
    bytes: 24,
    moves: [
      [0, 0, 1],
      [1, 4, 8],
      [17, 12, 12],
    ],
  },
  nd: {
    opcode: ACTION.SET_ND,
    bytes: 28,
    moves: [
      [48, 0, 16],
      [0, 16, 12],
    ],
  },
  mpls: l4(ACTION.SET_MPLS),
  nsh: { opcode: ACTION.SET_NSH, bytes: 24, moves: [[0, 0, 24]] },
  nd_ext: {
    opcode: ACTION.SET_ND_EXT,
    bytes: 8,
    moves: [
      [0, 0, 4],
      [11, 4, 1],
    ],
  },
  skb_mark: l4(ACTION.SET_MARK),
  skb_priority: l4(ACTION.SET_PRIORITY),
} as const satisfies Record<string, SetForm>;

/** Compiles `actions`. `cookieId` gives the number under which the receiver of the upcall finds
 * the cookie again. Undefined when the program is longer than ACTIONS_BYTES_MAX. */
export function encodeActions<Cookie>(
  actions: readonly ProgramAction<Cookie>[],
  cookieId: (cookie: Cookie) => number,
): Uint8Array | undefined {
  const bytes = programBytes(actions);
  if (bytes > ACTIONS_BYTES_MAX) return undefined;
  const program = new Uint8Array(bytes);
  writeProgram(actions, cookieId, new DataView(program.buffer), 0);
  return program;
}

/** Length of the program of `actions`. */
export function programBytes<Cookie>(actions: readonly ProgramAction<Cookie>[]): number {
  let bytes = 0;
  for (let i = 0; i < actions.length; i++) bytes += actionBytes(actions[i]);
  return bytes;
}

/** Writes the program of `actions` at `offset` of `view`, where there is room for it. */
export function writeProgram<Cookie>(
  actions: readonly ProgramAction<Cookie>[],
  cookieId: (cookie: Cookie) => number,
  view: DataView,
  offset: number,
): void {
  let at = offset;
  for (let i = 0; i < actions.length; i++) {
    const action = actions[i];
    const length = actionBytes(action);
    view.setUint16(at + 2, length, true);
    view.setUint16(at, encodeOne(action, view, at + 4, cookieId), true);
    at += length;
  }
}

function actionBytes<Cookie>(action: ProgramAction<Cookie>): number {
  switch (action.type) {
    case "set":
      return 4 + 2 * SETS[action.header].bytes;
    case "pop_vlan":
    case "pop_eth":
    case "pop_nsh":
      return 4;
    case "hash":
    case "push_mpls":
    case "add_mpls":
      return 12;
    case "push_eth":
      return 16;
    case "push_nsh":
      return 4 + action.header.length;
    case "clone":
      return 4 + programBytes(action.actions);
    case "check_pkt_len":
      return 12 + programBytes(action.greater) + programBytes(action.lessEqual);
    default:
      return 8;
  }
}

function copyTo(view: DataView, at: number, bytes: Uint8Array): void {
  new Uint8Array(view.buffer, view.byteOffset + at, bytes.length).set(bytes);
}

/** Actions that change headers; they name no cookies. */
type HeaderAction = Exclude<
  ProgramAction<never>,
  {
    type:
      | "output"
      | "userspace"
      | "recirc"
      | "hash"
      | "meter"
      | "trunc"
      | "clone"
      | "check_pkt_len"
      | "ct"
      | "drop";
  }
>;

function encodeHeader(action: HeaderAction, view: DataView, at: number): number {
  switch (action.type) {
    case "push_vlan":
      view.setUint16(at, action.tpid);
      view.setUint16(at + 2, action.tci);
      return ACTION.PUSH_VLAN;
    case "pop_vlan":
      return ACTION.POP_VLAN;
    case "push_mpls":
    case "add_mpls":
      view.setUint32(at, action.entry);
      view.setUint16(at + 4, action.ethertype);
      return action.type === "add_mpls" ? ACTION.ADD_MPLS : ACTION.PUSH_MPLS;
    case "pop_mpls":
      view.setUint16(at, action.ethertype);
      return ACTION.POP_MPLS;
    case "push_eth":
      copyTo(view, at, action.dst);
      copyTo(view, at + 6, action.src);
      return ACTION.PUSH_ETH;
    case "pop_eth":
      return ACTION.POP_ETH;
    case "push_nsh":
      copyTo(view, at, action.header);
      return ACTION.PUSH_NSH;
    case "pop_nsh":
      return ACTION.POP_NSH;
    case "ct_clear":
      // There is no connection tracker, hence nothing to forget: cut to any length.
      view.setUint32(at, 0xffffffff, true);
      return ACTION.TRUNC;
    case "set": {
      const form: SetForm = SETS[action.header];
      const out = new Uint8Array(view.buffer, view.byteOffset + at, 2 * form.bytes);
      for (const [from, to, bytes] of form.moves) {
        out.set(action.value.subarray(from, from + bytes), to);
        out.set(action.mask.subarray(from, from + bytes), form.bytes + to);
      }
      return form.opcode;
    }
  }
}

/** Writes the payload at `at`; returns the opcode. */
function encodeOne<Cookie>(
  action: ProgramAction<Cookie>,
  view: DataView,
  at: number,
  cookieId: (cookie: Cookie) => number,
): number {
  switch (action.type) {
    case "output":
      view.setUint32(at, action.port, true);
      return ACTION.OUTPUT;
    case "userspace":
      view.setUint32(at, cookieId(action.cookie), true);
      return ACTION.USERSPACE;
    case "recirc":
      view.setUint32(at, action.id, true);
      return ACTION.RECIRC;
    case "hash":
      view.setUint32(at, HASH_ALG[action.alg], true);
      view.setUint32(at + 4, action.basis, true);
      return ACTION.HASH;
    case "meter":
      view.setUint32(at, action.id, true);
      return ACTION.METER;
    case "trunc":
      view.setUint32(at, action.maxLen, true);
      return ACTION.TRUNC;
    case "clone":
      writeProgram(action.actions, cookieId, view, at);
      return ACTION.CLONE;
    case "check_pkt_len": {
      const bytes = programBytes(action.greater);
      view.setUint32(at, action.length, true);
      view.setUint32(at + 4, bytes, true);
      writeProgram(action.greater, cookieId, view, at + 8);
      writeProgram(action.lessEqual, cookieId, view, at + 8 + bytes);
      return ACTION.CHECK_PKT_LEN;
    }
    case "ct":
      // Flows with it are refused: there is no connection tracker.
      view.setUint32(at, dropReasonIndex("datapath_drop_action_error"), true);
      return ACTION.DROP;
    case "drop":
      view.setUint32(at, dropReasonIndex(action.reason), true);
      return ACTION.DROP;
    default:
      return encodeHeader(action, view, at);
  }
}
