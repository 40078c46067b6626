// SPDX-License-Identifier: Apache-2.0
/** What bench/path measures: one line per case. */
import type { Action } from "../../test/harness/path.js";
import type { FamilyName } from "./traffic.js";

export interface Case {
  /** Different packets. */
  readonly flows: number;
  /** 0: every flow exact; n: n masks on prefixes of nw_src, `rules` rules in all. */
  readonly masks: number;
  readonly rules?: number;
  /** emc-insert-inv-prob. */
  readonly emc: number;
  readonly smc?: boolean;
  /** One flow that looks at EtherType, tag and fragment bits only. */
  readonly simple?: boolean;
  /** Default: IPv4. */
  readonly family?: FamilyName;
  /** How often which flow comes; default: all alike. */
  readonly popularity?: "zipf";
  /** Before the output. */
  readonly actions?: readonly Action[];
}

function set(header: "eth" | "ipv4", bytes: Readonly<Record<number, number>>): Action {
  const value = new Uint8Array(12);
  const mask = new Uint8Array(12);
  for (const [at, byte] of Object.entries(bytes)) {
    value[Number(at)] = byte;
    mask[Number(at)] = 255;
  }
  return { type: "set", header, value, mask };
}

const MACS = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [i, 2 * (i + 1)]));
/** Two MAC addresses and the time to live (byte 11 of the header's compact form). */
const L3_REWRITE = [set("eth", MACS), set("ipv4", { 11: 63 })];
const PUSH_VLAN: Action[] = [{ type: "push_vlan", tpid: 0x8100, tci: 0x1064 }];

const K = 1024;
const EXACT = { masks: 0, emc: 1 } as const;
const MASKS = { flows: 64 * K, rules: 256, emc: 0 } as const;

export const CASES = {
  simple: { flows: 64 * K, masks: 1, emc: 100, simple: true },
  "exact-1": { ...EXACT, flows: 1 },
  "exact-1k": { ...EXACT, flows: K },
  "exact-8k": { ...EXACT, flows: 8 * K },
  "exact-64k": { masks: 0, emc: 100, flows: 64 * K },
  "exact-64k-no-emc": { masks: 0, emc: 0, flows: 64 * K },
  "exact-64k-smc": { masks: 0, emc: 0, smc: true, flows: 64 * K },
  "masks-1": { ...MASKS, masks: 1 },
  "masks-1-1m": { ...MASKS, masks: 1, flows: K * K },
  "masks-8": { ...MASKS, masks: 8 },
  "masks-24": { ...MASKS, masks: 24 },
  "masks-1-zipf": { ...MASKS, masks: 1, popularity: "zipf" },
  "masks-8-zipf": { ...MASKS, masks: 8, popularity: "zipf" },
  "masks-24-zipf": { ...MASKS, masks: 24, popularity: "zipf" },
  "masks-8-emc": { ...MASKS, masks: 8, emc: 100 },
  "ipv6-1k": { ...EXACT, flows: K, family: "ipv6" },
  "vlan-1k": { ...EXACT, flows: K, family: "vlan" },
  "qinq-1k": { ...EXACT, flows: K, family: "qinq" },
  "l3-rewrite": { ...MASKS, masks: 1, actions: L3_REWRITE },
  "push-vlan": { ...MASKS, masks: 1, actions: PUSH_VLAN },
} as const satisfies Record<string, Case>;

export type CaseName = keyof typeof CASES;
