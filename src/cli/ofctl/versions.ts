// SPDX-License-Identifier: Apache-2.0
/** OpenFlow versions and flow formats on the command line; ovs-ofctl(8) `-O` and `-F`. */
import { LATEST, V10, V13 } from "../../openflow/messages/codec.js";
import { PROTOCOL, PROTOCOLS } from "../../openflow/protocols.js";
import { CliError } from "../invocation.js";

const NAMES: Readonly<Record<number, string>> = {
  1: "OpenFlow10",
  2: "OpenFlow11",
  3: "OpenFlow12",
  4: "OpenFlow13",
  5: "OpenFlow14",
  6: "OpenFlow15",
};

/** Wire numbers that this program can speak. */
const SPOKEN: readonly number[] = [V10, V13];

/** `OpenFlow13` for 4. */
export function versionName(version: number): string {
  return NAMES[version] ?? `0x${version.toString(16).padStart(2, "0")}`;
}

/** The suffix of message names: nothing for OpenFlow 1.0, ` (OF1.3)` for 1.3. */
export function versionSuffix(version: number): string {
  return version === V10 ? "" : ` (OF1.${version - 1})`;
}

function findVersion(word: string): number {
  const found = Object.entries(NAMES).find(
    ([number, name]) =>
      word.toLowerCase() === name.toLowerCase() || word === `1.${Number(number) - 1}`,
  );
  if (found === undefined) throw new CliError(`Unknown OpenFlow version: "${word}"`);
  return Number(found[0]);
}

/** Parses `OpenFlow10,OpenFlow13`. Throws CliError when none of them is spoken here. */
export function parseVersions(text: string): number[] {
  const words = text.split(/[, ]+/).filter((word) => word !== "");
  const wanted = words.map(findVersion).sort((a, b) => a - b);
  const spoken = wanted.filter((version) => SPOKEN.includes(version) && version <= LATEST);
  if (spoken.length === 0) {
    const known = SPOKEN.map(versionName).join(", ");
    throw new CliError(`${text}: not supported (this program speaks ${known})`);
  }
  return spoken;
}

/** Families of flow formats that have a name of their own. */
const FAMILIES: readonly (readonly [name: string, bits: number])[] = [
  ["any", PROTOCOLS.ANY],
  ["OpenFlow10", PROTOCOL.OF10_STD | PROTOCOL.OF10_STD_TID],
  ["NXM", PROTOCOL.OF10_NXM | PROTOCOL.OF10_NXM_TID],
  ["OXM", PROTOCOL.OF12 | PROTOCOL.OF13 | PROTOCOL.OF14 | PROTOCOL.OF15],
];

const FORMATS: readonly (readonly [name: string, bit: number])[] = [
  ["OpenFlow10-table_id", PROTOCOL.OF10_STD],
  ["OpenFlow10+table_id", PROTOCOL.OF10_STD_TID],
  ["NXM-table_id", PROTOCOL.OF10_NXM],
  ["NXM+table_id", PROTOCOL.OF10_NXM_TID],
  ["OpenFlow11", PROTOCOL.OF11],
  ["OXM-OpenFlow12", PROTOCOL.OF12],
  ["OXM-OpenFlow13", PROTOCOL.OF13],
  ["OXM-OpenFlow14", PROTOCOL.OF14],
  ["OXM-OpenFlow15", PROTOCOL.OF15],
];

/** Parses the argument of `-F` into PROTOCOL bits. Throws CliError. */
export function parseFlowFormats(text: string): number {
  const words = text.split(/[, ]+/).filter((word) => word !== "");
  if (words.length === 0) throw new CliError(`${text}: no flow protocol specified`);
  let bits = 0;
  for (const word of words) {
    const found = [...FAMILIES, ...FORMATS].find(
      ([name]) => name.toLowerCase() === word.toLowerCase(),
    );
    if (found === undefined) throw new CliError(`${word}: unknown flow protocol`);
    bits |= found[1];
  }
  return bits;
}

/** The PROTOCOL bits that `version` can carry. */
export function protocolsOfVersion(version: number): number {
  if (version === V10) return PROTOCOLS.OF10;
  return PROTOCOL.OF11 << (version - 2);
}

/** Flow formats in words; families that are there as a whole have one word. */
export function describeFormats(bits: number): string {
  if (bits === 0) return "none";
  const words: string[] = [];
  let rest = bits;
  for (const [name, members] of [...FAMILIES, ...FORMATS]) {
    if ((rest & members) !== members) continue;
    words.push(name);
    rest &= ~members;
  }
  return words.join(",");
}
