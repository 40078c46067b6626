// SPDX-License-Identifier: Apache-2.0
/** The packets of bench/path: one frame per family, of which four address bytes vary. */
import { udpFrame } from "../../test/harness/frames.js";

export interface Family {
  readonly frame: Uint8Array;
  /** Where the last four bytes of the source address are. */
  readonly addressAt: number;
}

const ADDRESS_AT = 26;
const ETH_ADDRESSES = 12;

function tagged(...tags: readonly number[]): Family {
  const plain = udpFrame(0);
  const frame = new Uint8Array(plain.length + tags.length);
  frame.set(plain.subarray(0, ETH_ADDRESSES));
  frame.set(tags, ETH_ADDRESSES);
  frame.set(plain.subarray(ETH_ADDRESSES), ETH_ADDRESSES + tags.length);
  return { frame, addressAt: ADDRESS_AT + tags.length };
}

function ipv6(): Family {
  const header = [0x60, 0, 0, 0, 0, 8, 17, 64];
  const source = [0xfd, ...Array<number>(15).fill(0)];
  const udp = [4, 0, 0, 80, 0, 8, 0, 1];
  const eth = [...udpFrame(0).subarray(0, ETH_ADDRESSES), 0x86, 0xdd];
  const frame = Uint8Array.from([...eth, ...header, ...source, ...source, ...udp]);
  return { frame, addressAt: eth.length + header.length + source.length - 4 };
}

export const FAMILIES = {
  ipv4: { frame: udpFrame(0), addressAt: ADDRESS_AT },
  vlan: tagged(0x81, 0, 0, 100),
  qinq: tagged(0x88, 0xa8, 0, 100, 0x81, 0, 0, 200),
  ipv6: ipv6(),
} as const satisfies Record<string, Family>;

export type FamilyName = keyof typeof FAMILIES;

/** The family's frame with `address` as the end of its source. */
export function frameOf(family: Family, address: number): Uint8Array {
  const frame = family.frame.slice();
  new DataView(frame.buffer).setUint32(family.addressAt, address);
  return frame;
}

/** Numbers below `count`, of which the n-th is 1/n as frequent as the first (Zipf, s = 1). */
export function zipf(count: number, samples: number): Uint32Array {
  // A multiplicative sequence: evenly spread, and the same in every run.
  const uniform = (i: number) => ((i * 2654435761) >>> 0) / 2 ** 32;
  return Uint32Array.from({ length: samples }, (_, i) =>
    Math.min(count - 1, Math.floor((count + 1) ** uniform(i)) - 1),
  );
}
