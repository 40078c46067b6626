// SPDX-License-Identifier: Apache-2.0
/** What formatting and parsing of datapath flows and actions share. */

/** Datapath port numbers and names. */
export interface PortNames {
  nameOf(dpPort: number): string | undefined;
  numberOf(name: string): number | undefined;
}

/** `0` or `0x…`. */
export function hex(value: number): string {
  return value === 0 ? "0" : `0x${value.toString(16)}`;
}

/** `0x` and at least four digits. */
export function hex4(value: number): string {
  return `0x${value.toString(16).padStart(4, "0")}`;
}

export function macText(bytes: Uint8Array, offset: number): string {
  const parts: string[] = [];
  for (let i = 0; i < 6; i++) parts.push(bytes[offset + i].toString(16).padStart(2, "0"));
  return parts.join(":");
}

export function ipv4Text(bytes: Uint8Array, offset: number): string {
  return bytes.subarray(offset, offset + 4).join(".");
}

/** RFC 5952, with the last 32 bits dotted for IPv4-mapped and -compatible addresses, as
 * inet_ntop(3) writes it. */
export function ipv6Text(bytes: Uint8Array, offset: number): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[offset + i] << 8) | bytes[offset + i + 1]);
  const gap = longestZeros(groups);
  const isMapped = gap.length === 5 && groups[5] === 0xffff;
  const dotted = gap.start === 0 && (isMapped || gap.length === 6);
  const shown = groups.map((group) => group.toString(16));
  const tail = dotted ? [ipv4Text(bytes, offset + 12)] : shown.slice(6);
  const all = [...shown.slice(0, 6), ...tail];
  if (gap.length < 2) return all.join(":");
  const end = Math.min(gap.start + gap.length, dotted ? 6 : 8);
  return `${all.slice(0, gap.start).join(":")}::${all.slice(end).join(":")}`;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > best.length) best = { start: i, length };
  }
  return best;
}

/** Bits and names of `tcp_flags`, low bit first. */
export const TCP_FLAG_NAMES = [
  "fin",
  "syn",
  "rst",
  "psh",
  "ack",
  "urg",
  "ece",
  "cwr",
  "ns",
  "[200]",
  "[400]",
  "[800]",
] as const;

/** Bits and names of `ct_state` in datapath flows, low bit first. */
export const CT_STATE_NAMES = ["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"] as const;

/** `syn|ack`, and `0` for none. */
export function flagsText(names: readonly string[], flags: number): string {
  const set = names.filter((_, bit) => flags & (1 << bit));
  return set.length > 0 ? set.join("|") : "0";
}

/** `+syn-ack`: the flags under `mask`; `0/0` for an empty mask. */
export function maskedFlagsText(names: readonly string[], flags: number, mask: number): string {
  if (mask === 0) return "0/0";
  const parts = names.map((name, bit) =>
    mask & (1 << bit) ? `${flags & (1 << bit) ? "+" : "-"}${name}` : "",
  );
  return parts.join("");
}

/** `0x…` without leading zeros, `0` for zero. */
export function hexBytes(bytes: Uint8Array): string {
  const digits = Buffer.from(bytes).toString("hex").replace(/^0+/, "");
  return digits === "" ? "0" : `0x${digits}`;
}
