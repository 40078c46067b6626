// SPDX-License-Identifier: Apache-2.0
/** Checksums from scratch (RFC 1071, RFC 9260), never incrementally. */
import { KEY_FIELDS } from "../../../pmd/shm/flow-key.js";
import { type Extracted, extractOracle } from "./extract.js";

/** One's complement sum of 16-bit words. */
function sum(bytes: Iterable<number>): number {
  let total = 0;
  let high = true;
  for (const byte of bytes) {
    total += high ? byte << 8 : byte;
    high = !high;
  }
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return total;
}

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

interface Location {
  readonly at: number;
  readonly bytes: number;
  readonly value: number[];
}

const be16 = (value: number) => [value >> 8, value & 255];

function transportChecksum(frame: Uint8Array, parsed: Extracted): Location | undefined {
  const { key, l3, l4 } = parsed;
  const later = key[KEY_FIELDS.nw_frag.offset]! !== 0;
  if (l4 === 0xffff || later) return undefined;
  const v6 = key[20] === 0x86;
  const end = v6
    ? l3 + 40 + ((frame[l3 + 4]! << 8) | frame[l3 + 5]!)
    : l3 + ((frame[l3 + 2]! << 8) | frame[l3 + 3]!);
  const body = frame.slice(l4, end);
  const protocol = key[KEY_FIELDS.nw_proto.offset]!;
  const addresses = v6 ? frame.slice(l3 + 8, l3 + 40) : frame.slice(l3 + 12, l3 + 20);
  const pseudo = [...addresses, 0, protocol, ...be16(body.length)];
  const place = { 6: [16, 20], 17: [6, 8], 1: [2, 8], 2: [2, 8], 58: [2, 4], 132: [8, 12] }[
    protocol
  ];
  if (!place || body.length < place[1]!) return undefined;
  const at = l4 + place[0]!;
  if (protocol === 132) {
    body.fill(0, 8, 12);
    const crc = crc32c(body);
    const value = [crc & 255, (crc >>> 8) & 255, (crc >>> 16) & 255, crc >>> 24];
    return { at, bytes: 4, value };
  }
  body.fill(0, place[0], place[0]! + 2);
  const withPseudo = protocol === 6 || protocol === 17 || (protocol === 58 && v6);
  let value = ~sum(withPseudo ? [...pseudo, ...body] : body) & 0xffff;
  if (protocol === 17 && value === 0) value = 0xffff;
  return { at, bytes: 2, value: be16(value) };
}

/** Writes every checksum of a consistent frame. */
export function fixChecksums(frame: Uint8Array, vlanLimit = 3): void {
  const parsed = extractOracle(frame, 0, vlanLimit);
  if (parsed.l4 === 0xffff) return;
  if (parsed.key[20] === 8) {
    frame.fill(0, parsed.l3 + 10, parsed.l3 + 12);
    const header = frame.slice(parsed.l3, parsed.l3 + (frame[parsed.l3]! & 15) * 4);
    frame.set(be16(~sum(header) & 0xffff), parsed.l3 + 10);
  }
  const transport = transportChecksum(frame, parsed);
  if (transport) frame.set(transport.value, transport.at);
}

/** True when every checksum of the frame is what it should be; +0 and -0 of the one's complement
 * are the same number. */
export function checksumsRight(frame: Uint8Array, vlanLimit = 3): boolean {
  const fixed = frame.slice();
  fixChecksums(fixed, vlanLimit);
  return fixed.every((byte, i) => byte === frame[i]);
}
