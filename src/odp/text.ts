// SPDX-License-Identifier: Apache-2.0
/**
 * Text of datapath flows and actions, as `dpctl/dump-flows`, `ofproto/trace` and the dpctl
 * commands print and parse it. Formatting and parsing live in:
 *  - format-key.ts   `formatFlowKey(key, mask, options)`
 *  - parse-key.ts    `parseFlowKey(text, names)`
 *  - format-actions.ts `formatOdpActions(actions, options)`
 *  - parse-actions.ts  `parseOdpActions(text, names)`
 *  - ufid.ts         `formatUfid(id)`, `parseUfid(text)`
 */

/** Datapath port number to name and back, for `--names` output and for input. */
export interface PortNames {
  nameOf(dpPort: number): string | undefined;
  numberOf(name: string): number | undefined;
}

export interface OdpTextOptions {
  /** Print ports by name. */
  names?: PortNames | null;
  /** Print wildcarded fields too (`dpctl/dump-flows -m`). */
  verbose?: boolean;
}
