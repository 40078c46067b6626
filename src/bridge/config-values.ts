// SPDX-License-Identifier: Apache-2.0
/** Reading `other_config` and `options` columns: text that may be anything, within limits. */

export type StringMap = ReadonlyMap<string, string>;

/** A decimal or 0x-hexadecimal integer, clamped to the range; `fallback` for anything else. */
export function configInteger(
  map: StringMap,
  key: string,
  fallback: number,
  min = Number.MIN_SAFE_INTEGER,
  max = Number.MAX_SAFE_INTEGER,
): number {
  const text = map.get(key)?.trim();
  if (text === undefined || !/^-?(?:\d+|0x[0-9a-f]+)$/i.test(text)) return fallback;
  const value = text.startsWith("-") ? -Number(text.slice(1)) : Number(text);
  return Math.min(max, Math.max(min, value));
}

/** `true` or `false` in any case; anything else is `fallback`. */
export function configBoolean(map: StringMap, key: string, fallback: boolean): boolean {
  const text = map.get(key)?.toLowerCase();
  if (text === "true") return true;
  return text === "false" ? false : fallback;
}

export function toRecord(map: StringMap): Record<string, string> {
  return Object.fromEntries(map);
}

/** "aa:bb:cc:dd:ee:ff" as 6 bytes, or undefined. */
export function parseMac(text: string | undefined): Uint8Array | undefined {
  if (text === undefined || !/^[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5}$/i.test(text)) return undefined;
  return Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
}

export function formatMac(mac: Uint8Array): string {
  return [...mac].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

export function isZeroMac(mac: Uint8Array): boolean {
  return mac.every((byte) => byte === 0);
}

export function isMulticastMac(mac: Uint8Array): boolean {
  return (mac[0]! & 1) !== 0;
}

/** Locally administered: not from a manufacturer. */
export function isLocalMac(mac: Uint8Array): boolean {
  return (mac[0]! & 2) !== 0;
}

export function equalMacs(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}

/** A random unicast address, locally administered. */
export function randomMac(): Uint8Array {
  const mac = crypto.getRandomValues(new Uint8Array(6));
  mac[0] = (mac[0]! & 0xfe) | 0x02;
  return mac;
}
