// SPDX-License-Identifier: Apache-2.0
/**
 * Port numbers on the wire: 16 bits in OpenFlow 1.0 and the Nicira messages, 32 bits from 1.1 on.
 * Values in memory are always of the 32-bit form.
 */
import { OfpError } from "../errors.js";
import { V10 } from "./codec.js";
import type { WireReader, WireWriter } from "./wire.js";

/** First number that is not a physical port, in 16 bits (OFPP_MAX of OpenFlow 1.0). */
const MAX_16 = 0xff00;
const RESERVED_OFFSET = 0xffff0000;

/** `OFPQ_ALL`. */
export const QUEUE_ALL = 0xffffffff;
/** `OFPG_ANY`: no restriction by group. */
export const GROUP_ANY = 0xffffffff;
/** `OFPTT_ALL`. */
export const TABLE_ALL = 0xff;
/** `OFP_NO_BUFFER`. */
export const NO_BUFFER = 0xffffffff;

/** A 16-bit port number in the 32-bit form. */
export function portFrom16(port: number): number {
  return port >= MAX_16 ? port + RESERVED_OFFSET : port;
}

/** The 16-bit form of a port number. */
export function portTo16(port: number): number {
  return port & 0xffff;
}

/** Reads a port number. Throws OFPBAC_BAD_OUT_PORT for numbers that no version can name: the
 * stock switch has 16-bit ports inside. */
export function readPort(r: WireReader, version: number): number {
  if (version === V10) return portFrom16(r.u16());
  const port = r.u32();
  if (port >= MAX_16 && port < RESERVED_OFFSET + MAX_16) {
    throw new OfpError("OFPBAC_BAD_OUT_PORT");
  }
  return port;
}

export function writePort(w: WireWriter, port: number, version: number): void {
  if (version === V10) w.u16(portTo16(port));
  else w.u32(port);
}
