// SPDX-License-Identifier: Apache-2.0
/** Hand-made frames for tests that are not about parsing. */
import { KEY_BYTES, KEY_FIELDS, type KeyFieldName } from "../../pmd/shm/flow-key.js";
import { fixChecksums } from "../path/oracle/checksum.js";
import { be16 } from "../path/packets.js";

/** A 60-byte UDP frame; `flow` makes the addresses, `mark` is the last payload byte. */
export function udpFrame(flow: number, mark = 0, bytes = 60): Uint8Array {
  const address = [10, (flow >> 16) & 255, (flow >> 8) & 255, flow & 255];
  const eth = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
  const ip = [0x45, 0, ...be16(bytes - 14), 0, 1, 0, 0, 64, 17, 0, 0, ...address, 192, 0, 2, 1];
  const udp = [...be16(1024), ...be16(80), ...be16(bytes - 34), 0, 0];
  const frame = new Uint8Array(bytes);
  frame.set([...eth, ...ip, ...udp]);
  frame[bytes - 1] = mark;
  fixChecksums(frame);
  return frame;
}

/** A mask that covers these fields and what every flow must cover. */
export function maskOf(...fields: KeyFieldName[]): Uint8Array {
  const mask = new Uint8Array(KEY_BYTES);
  for (const name of ["in_port", "recirc_id", ...fields] as const) {
    const { offset, bytes } = KEY_FIELDS[name];
    mask.fill(255, offset, offset + bytes);
  }
  return mask;
}
