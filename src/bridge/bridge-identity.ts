// SPDX-License-Identifier: Apache-2.0
/** The MAC address of a bridge's local port and its datapath id (ovs-vswitchd.conf.db(5)). */
import {
  isLocalMac,
  isMulticastMac,
  isZeroMac,
  parseMac,
  type StringMap,
} from "./config-values.js";

/** A port that may lend its address to the bridge. */
export interface MacCandidate {
  /** Port.mac, which stands for the addresses of the interfaces. */
  readonly configured: string | undefined;
  /** Of the interface whose name comes first; undefined when it has none or is the local port. */
  readonly device: Uint8Array | undefined;
}

/** An address that a manufacturer gave. */
function isUniversal(mac: Uint8Array): boolean {
  // 01:23:20 and 00:23:20 are the block from which the stock switch draws random addresses.
  const isReserved = mac[0] === 0 && mac[1] === 0x23 && mac[2] === 0x20;
  return !isMulticastMac(mac) && !isLocalMac(mac) && !isZeroMac(mac) && !isReserved;
}

function compare(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

/** The address that a bridge has when nothing else gives it one: made from its row's UUID, so that
 * it stays the same across restarts. */
export function defaultBridgeMac(uuid: string): Uint8Array {
  const hex = uuid.replaceAll("-", "");
  const byte = (i: number): number => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16);
  // The stock switch reads the UUID as little-endian words.
  const mac = Uint8Array.from([3, 2, 1, 0, 7, 6], byte);
  mac[0] = (mac[0]! & 0xfe) | 0x02;
  return mac;
}

/** `other_config:hwaddr`, or the lowest manufacturer's address among the ports, or the default. */
export function bridgeMac(
  uuid: string,
  otherConfig: StringMap,
  candidates: Iterable<MacCandidate>,
): Uint8Array {
  const wanted = parseMac(otherConfig.get("hwaddr"));
  if (wanted && !isMulticastMac(wanted) && !isZeroMac(wanted)) return wanted;
  let lowest: Uint8Array | undefined;
  for (const { configured, device } of candidates) {
    const mac = parseMac(configured) ?? device;
    if (mac && isUniversal(mac) && (!lowest || compare(mac, lowest) < 0)) lowest = mac;
  }
  return lowest ?? defaultBridgeMac(uuid);
}

/** `other_config:datapath-id` (16 hexadecimal digits, or some after 0x; not all zero), or the
 * bridge's address. */
export function datapathId(otherConfig: StringMap, mac: Uint8Array): bigint {
  const text = otherConfig.get("datapath-id");
  const digits = /^(?:0x([0-9a-f]{1,16})|([0-9a-f]{16}))$/i.exec(text ?? "");
  const id = BigInt(`0x${digits?.[1] ?? digits?.[2] ?? "0"}`);
  if (id !== 0n) return id;
  return mac.reduce((id, byte) => (id << 8n) | BigInt(byte), 0n);
}

/** As the database and the log show it. */
export function formatDatapathId(id: bigint): string {
  return id.toString(16).padStart(16, "0");
}
