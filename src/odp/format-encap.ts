// SPDX-License-Identifier: Apache-2.0
/** MPLS labels and the NSH of datapath flows as text. */
import { KEY_FIELDS as K, type KeyField, KEY_OVERLAYS as O } from "../../pmd/shm/flow-key.js";

/** `label=…,tc=…,ttl=…,bos=…` */
export function formatLabelEntry(entry: number): string {
  return (
    `label=${entry >>> 12},tc=${(entry >> 9) & 7},ttl=${entry & 0xff},` + `bos=${(entry >> 8) & 1}`
  );
}

/** A flow being printed. */
interface Source {
  readonly keyView: DataView;
  readonly maskView: DataView;
  readonly verbose: boolean;
}

const LABELS = [K.mpls_lse0, K.mpls_lse1, K.mpls_lse2];
const BOTTOM = 0x100;

/** `mpls(…)`: the packet's labels, null when none is matched. */
export function formatMpls({ keyView, maskView, verbose }: Source): string | null {
  const bottom = LABELS.findIndex(({ offset }) => keyView.getUint32(offset) & BOTTOM);
  const labels = LABELS.slice(0, bottom < 0 ? LABELS.length : bottom + 1);
  const entries = labels.map(({ offset }) => [
    keyView.getUint32(offset),
    maskView.getUint32(offset),
  ]);
  if (!verbose && entries.every(([, mask]) => mask === 0)) return null;
  const isExact = entries.every(([, mask]) => mask === 0xffffffff);
  const texts = entries.map(([entry, mask]) =>
    isExact ? formatLabelEntry(entry) : maskedEntry(entry, mask),
  );
  return `mpls(${texts.join(",")})`;
}

function maskedEntry(entry: number, mask: number): string {
  const part = (shift: number, bits: number): [number, string] => [
    (entry >>> shift) & bits,
    ((mask >>> shift) & bits).toString(16),
  ];
  const [label, labelMask] = part(12, 0xfffff);
  const [tc, tcMask] = part(9, 7);
  const [ttl, ttlMask] = part(0, 0xff);
  const [bos, bosMask] = part(8, 1);
  return (
    `label=${label}/0x${labelMask},tc=${tc}/${tcMask},ttl=${ttl}/0x${ttlMask},` +
    `bos=${bos}/${bosMask}`
  );
}

/** `spi=0x…,si=…,…`: what is matched, or set. */
export function formatNsh(key: Uint8Array, mask: Uint8Array): string {
  const at = (bytes: Uint8Array, { offset, bytes: length }: KeyField): number => {
    let value = 0;
    for (let i = offset; i < offset + length; i++) value = value * 256 + bytes[i];
    return value;
  };
  const parts: string[] = [];
  const byte = (name: string, place: KeyField): void => {
    const bits = at(mask, place);
    const hex2 = (n: number): string => `0x${n.toString(16).padStart(2, "0")}`;
    if (bits === 0xff) parts.push(`${name}=${at(key, place)}`);
    else if (bits) parts.push(`${name}=${hex2(at(key, place))}/${hex2(bits)}`);
  };
  const word = (name: string, place: KeyField, full: number): void => {
    const bits = at(mask, place);
    const suffix = bits === full ? "" : `/0x${bits.toString(16).padStart(8, "0")}`;
    if (bits) parts.push(`${name}=0x${at(key, place).toString(16)}${suffix}`);
  };
  byte("flags", O.nsh_flags);
  byte("ttl", O.nsh_ttl);
  byte("mdtype", O.nsh_mdtype);
  byte("np", O.nsh_np);
  word("spi", { offset: O.nsh_path_hdr.offset, bytes: 3 }, 0xffffff);
  byte("si", { offset: O.nsh_path_hdr.offset + 3, bytes: 1 });
  for (let i = 0; i < 4; i++) {
    word(`c${i + 1}`, { offset: O.nsh_context.offset + 4 * i, bytes: 4 }, 0xffffffff);
  }
  return parts.join(",");
}

/** `nsh(…)`; null when nothing is matched. */
export function nshText(key: Uint8Array, mask: Uint8Array): string | null {
  const text = formatNsh(key, mask);
  return text === "" ? null : `nsh(${text})`;
}
