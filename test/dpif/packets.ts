// SPDX-License-Identifier: Apache-2.0
/** Frames, keys and capture files for tests of the datapath. */
import { writeFileSync } from "node:fs";
import { KEY_BYTES, KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import type { FlowSpec } from "../../src/dpif/dpif.js";
import type { OdpAction } from "../../src/odp/actions.js";

/** An Ethernet/IPv4/UDP frame of `length` bytes (checksums zero), source port `sport`. */
export function udpFrame(sport: number, length = 64): Uint8Array {
  const frame = Buffer.alloc(length);
  Buffer.from("020000000002020000000001", "hex").copy(frame, 0);
  frame.writeUInt16BE(0x0800, 12);
  frame.writeUInt8(0x45, 14);
  frame.writeUInt16BE(length - 14, 16);
  frame.writeUInt8(64, 22);
  frame.writeUInt8(17, 23);
  Buffer.from("0a0000010a000002", "hex").copy(frame, 26);
  frame.writeUInt16BE(sport, 34);
  frame.writeUInt16BE(2000, 36);
  frame.writeUInt16BE(length - 34, 38);
  return frame;
}

/** A capture file (libpcap's classic format) of `frames`. */
export function writePcap(path: string, frames: readonly Uint8Array[]): void {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65535, 16);
  head.writeUInt32LE(1, 20);
  const records = frames.flatMap((frame) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return [record, Buffer.from(frame)];
  });
  writeFileSync(path, Buffer.concat([head, ...records]));
}

/** Everything of IPv4 that comes in on a port. */
export function fromPort(inPort: number, actions: readonly OdpAction[]): FlowSpec {
  const key = new Uint8Array(KEY_BYTES);
  const mask = new Uint8Array(KEY_BYTES);
  new DataView(key.buffer).setUint32(KEY_FIELDS.in_port.offset, inPort);
  mask.fill(0xff, KEY_FIELDS.in_port.offset, 8);
  return { keyClass: 0, key, mask, actions };
}
