// SPDX-License-Identifier: Apache-2.0
/** OpenFlow port numbers in text. Ports are in the 32-bit form of OpenFlow 1.1+ everywhere. */
import { OFPP } from "../ofp-actions.js";
import { wholeInteger } from "./numbers.js";

/** Names of a switch's ports, both ways; undefined for what it does not know. */
export interface PortNames {
  numberOf(name: string): number | undefined;
  nameOf(port: number): string | undefined;
}

const RESERVED: readonly (readonly [string, number])[] = [
  ["IN_PORT", OFPP.IN_PORT],
  ["TABLE", OFPP.TABLE],
  ["NORMAL", OFPP.NORMAL],
  ["FLOOD", OFPP.FLOOD],
  ["ALL", OFPP.ALL],
  ["CONTROLLER", OFPP.CONTROLLER],
  ["LOCAL", OFPP.LOCAL],
  ["ANY", OFPP.NONE],
  ["UNSET", OFPP.UNSET],
  ["NONE", OFPP.NONE],
];
const RESERVED_BY_NAME = new Map(RESERVED);
const NAME_BY_RESERVED = new Map([...RESERVED].reverse().map(([name, port]) => [port, name]));

/** First port number of OpenFlow 1.0 that is not a switch port. */
const OF10_MAX = 0xff00;

/** A port number of OpenFlow 1.0 or 1.1+, a reserved name in any case, or a name from `ports`
 * (quoted or not); null when it is none of them. */
export function portFromText(s: string, ports?: PortNames): number | null {
  if (s.startsWith("-")) return null;
  const number = wholeInteger(s, 0n, 0xffffffffn, 10);
  if (number !== null) {
    const port = Number(number);
    if (port < OF10_MAX || port >= OFPP.MAX) return port;
    return port <= 0xffff ? port + 0xffff0000 : null;
  }
  const reserved = RESERVED_BY_NAME.get(s.toUpperCase());
  if (reserved !== undefined) return reserved;
  return ports?.numberOf(unquote(s)) ?? null;
}

function unquote(s: string): string {
  if (!/^".*"$/.test(s)) return s;
  try {
    return JSON.parse(s) as string;
  } catch {
    return s;
  }
}

/** Whether a name can stand in flow text without quotes. */
export function quoteName(name: string): string {
  return /^[A-Za-z][A-Za-z0-9]*$/.test(name) ? name : JSON.stringify(name);
}

/** The reserved name, else the name in `ports`, else the number. */
export function formatPort(port: number, ports?: PortNames): string {
  const reserved = NAME_BY_RESERVED.get(port);
  if (reserved) return reserved;
  const name = ports?.nameOf(port);
  if (name !== undefined) return quoteName(name);
  return String(port >= OFPP.MAX ? port - 0xffff0000 : port);
}

/** The 16-bit number of OpenFlow 1.0. */
export function portToOf10(port: number): number {
  return port & 0xffff;
}
