// SPDX-License-Identifier: Apache-2.0
/** Datapath actions, slow and plain: bytes are edited, then every checksum is computed anew. */
import type { Action } from "../../harness/path.js";
import { fixChecksums } from "./checksum.js";
import { extractOracle } from "./extract.js";

/** Tags that the oracle looks behind: more than any frame has. */
const VLAN_LIMIT = 2;

/** What leaves, in order. */
export interface Output {
  readonly port: number;
  readonly frame: Uint8Array;
}

function masked(frame: Uint8Array, at: number, value: Uint8Array, mask: Uint8Array): void {
  for (let i = 0; i < value.length; i++) {
    frame[at + i] = (frame[at + i]! & ~mask[i]!) | (value[i]! & mask[i]!);
  }
}

/** [offset in the action's value, offset in the header, bytes] per header. */
const PLAIN = {
  eth: [[0, 0, 12]],
  ipv4: [
    [2, 12, 8],
    [10, 1, 1],
    [11, 8, 1],
  ],
  tcp: [[0, 0, 4]],
  udp: [[0, 0, 4]],
  sctp: [[0, 0, 4]],
  icmp: [
    [1, 0, 1],
    [3, 1, 1],
  ],
  icmpv6: [
    [1, 0, 1],
    [3, 1, 1],
  ],
  arp: [
    [0, 7, 1],
    [1, 14, 4],
    [5, 24, 4],
    [17, 8, 6],
    [23, 18, 6],
  ],
  nd: [[48, 8, 16]],
} as const;

const PROTOCOL = { tcp: 6, udp: 17, sctp: 132, icmp: 1, icmpv6: 58, nd: 58 } as const;

type SetAction = Extract<Action, { type: "set" }>;

function setIpv6(frame: Uint8Array, l3: number, { value, mask }: SetAction): void {
  masked(frame, l3 + 8, value.subarray(34, 66), mask.subarray(34, 66));
  masked(frame, l3 + 7, value.subarray(11, 12), mask.subarray(11, 12));
  const bits = (from: Uint8Array, shift: boolean) =>
    shift
      ? [from[10]! >> 4, (from[10]! << 4) & 0xf0, 0, 0]
      : [0, from[83]! & 15, from[84]!, from[85]!];
  for (const shift of [true, false]) {
    masked(frame, l3, Uint8Array.from(bits(value, shift)), Uint8Array.from(bits(mask, shift)));
  }
}

function setNdOptions(frame: Uint8Array, l4: number, end: number, action: SetAction): void {
  for (let at = l4 + 24; at + 8 <= end; ) {
    const length = frame[at + 1]! * 8;
    if (length === 0 || at + length > end) return;
    const which = frame[at]! - 1;
    if (length === 8 && (which === 0 || which === 1)) {
      const from = which * 6;
      const value = action.value.subarray(from, from + 6);
      masked(frame, at + 2, value, action.mask.subarray(from, from + 6));
      return;
    }
    at += length;
  }
}

function applySet(frame: Uint8Array, action: SetAction): void {
  const { header, value, mask } = action;
  const { key, l3, l4 } = extractOracle(frame, 0, VLAN_LIMIT);
  const v6 = key[20] === 0x86;
  const right = {
    eth: frame.length >= 14,
    arp: l3 + 28 <= frame.length,
    ipv4: l4 !== 0xffff && !v6,
    ipv6: l4 !== 0xffff && v6,
  } as Record<string, boolean>;
  const protocol = PROTOCOL[header as keyof typeof PROTOCOL];
  const ends =
    l3 + (v6 ? 40 + frame[l3 + 4]! * 256 + frame[l3 + 5]! : frame[l3 + 2]! * 256 + frame[l3 + 3]!);
  const least = { tcp: 20, udp: 8, sctp: 12, icmp: 8, icmpv6: 8, nd: 24 }[header as string] ?? 0;
  const there = l4 !== 0xffff && l4 + least <= ends && key[31] === protocol;
  if (!(right[header] ?? (protocol !== undefined && there))) return;
  const noUdpSum = l4 !== 0xffff && key[31] === 17 && frame[l4 + 6] === 0 && frame[l4 + 7] === 0;
  const base = header === "eth" ? 0 : header === "ipv4" || header === "arp" ? l3 : l4;
  if (header === "ipv6") setIpv6(frame, l3, action);
  else if (header in PLAIN) {
    for (const [from, to, bytes] of PLAIN[header as keyof typeof PLAIN]) {
      masked(
        frame,
        base + to,
        value.subarray(from, from + bytes),
        mask.subarray(from, from + bytes),
      );
    }
    if (header === "arp" && mask[0]) frame[l3 + 6] = 0;
    if (header === "nd") setNdOptions(frame, l4, ends, action);
  }
  if (header === "eth" || header === "arp") return;
  fixChecksums(frame, VLAN_LIMIT);
  if (noUdpSum) frame.fill(0, l4 + 6, l4 + 8);
}

function pushVlan(frame: Uint8Array<ArrayBuffer>, tpid: number, tci: number) {
  if (frame.length < 14) return frame;
  const value = tci & ~0x1000;
  const tag = [tpid >> 8, tpid & 255, value >> 8, value & 255];
  return Uint8Array.from([...frame.subarray(0, 12), ...tag, ...frame.subarray(12)]);
}

function popVlan(frame: Uint8Array<ArrayBuffer>) {
  const type = frame[12]! * 256 + frame[13]!;
  if (frame.length < 18 || (type !== 0x8100 && type !== 0x88a8)) return frame;
  return Uint8Array.from([...frame.subarray(0, 12), ...frame.subarray(16)]);
}

/** Runs actions that stay within one pass. */
export function runOracle(input: Uint8Array, actions: readonly Action[]): Output[] {
  let frame = Uint8Array.from(input);
  let keep = Number.POSITIVE_INFINITY;
  const out: Output[] = [];
  for (const action of actions) {
    if (action.type === "output") {
      out.push({ port: action.port, frame: frame.slice(0, Math.min(keep, frame.length)) });
      keep = Number.POSITIVE_INFINITY;
    } else if (action.type === "trunc") keep = action.maxLen;
    else if (action.type === "push_vlan") frame = pushVlan(frame, action.tpid, action.tci);
    else if (action.type === "pop_vlan") frame = popVlan(frame);
    else if (action.type === "set") applySet(frame, action);
    else if (action.type === "drop") return out;
  }
  return out;
}
