// SPDX-License-Identifier: Apache-2.0
/**
 * OpenFlow errors: the one class that decoders and the switch throw for what a peer did wrong, and
 * the names' wire forms in every version.
 */
import { ERROR_TABLE, type OfpErrorName } from "./error-table.js";

export type { OfpErrorName } from "./error-table.js";

/** A peer's mistake, answered with an OFPT_ERROR. `detail` is for the log only. */
export class OfpError extends Error {
  readonly code: OfpErrorName;

  constructor(code: OfpErrorName, detail?: string) {
    super(detail ? `${code}: ${detail}` : code);
    this.name = "OfpError";
    this.code = code;
  }
}

/** Vendor ids of errors. */
export const NX_VENDOR = 0x00002320;
export const ONF_VENDOR = 0x4f4e4600;

/** How an error is written: `vendor` 0 is OpenFlow itself; a vendor error of OpenFlow 1.2+ has a
 * type and code 0. */
export interface ErrorWire {
  readonly vendor: number;
  readonly type: number;
  readonly code: number;
}

const VENDORS: Record<string, number> = { OF: 0, NX: NX_VENDOR, ONF: ONF_VENDOR };
const VERSION_LAST = 6;
const SPEC = /^(OF|NX|ONF)1\.(\d)(?:-1\.(\d)|(\+))?\((\d+)(?:,(\d+))?\)$/;

/** Wire forms by version (wire number) and name. */
const wireByVersion: Map<OfpErrorName, ErrorWire>[] = [];
const nameByWire: Map<string, OfpErrorName>[] = [];
for (let version = 0; version <= VERSION_LAST; version++) {
  wireByVersion.push(new Map());
  nameByWire.push(new Map());
}
for (const [name, specs] of Object.entries(ERROR_TABLE) as [OfpErrorName, string][]) {
  for (const spec of specs.split(" ")) addSpec(name, spec);
}

function addSpec(name: OfpErrorName, spec: string): void {
  const m = SPEC.exec(spec);
  if (!m) throw new Error(`bad error table entry ${name}: ${spec}`);
  const first = Number(m[2]) + 1;
  const last = m[4] ? VERSION_LAST : Number(m[3] ?? m[2]) + 1;
  const wire = { vendor: VENDORS[m[1]], type: Number(m[5]), code: Number(m[6] ?? 0) };
  const key = `${wire.vendor}:${wire.type}:${wire.code}`;
  for (let version = first; version <= last; version++) {
    wireByVersion[version].set(name, wire);
    // Where two names share a number, the first one is what a number decodes to.
    if (!nameByWire[version].has(key)) nameByWire[version].set(key, name);
  }
}

/** How to write `name` in an OpenFlow `version` (wire number; unknown ones as 1.0). Errors that the
 * version cannot say become NXBRC_UNENCODABLE_ERROR. */
export function errorToWire(name: OfpErrorName, version: number): ErrorWire {
  const wires = wireByVersion[version >= 1 && version <= VERSION_LAST ? version : 1];
  return wires.get(name) ?? (wires.get("NXBRC_UNENCODABLE_ERROR") as ErrorWire);
}

/** The name of a received error; null when unknown. For vendor errors of 1.2+, `code` is 0. */
export function errorFromWire(
  version: number,
  vendor: number,
  type: number,
  code: number,
): OfpErrorName | null {
  return nameByWire[version]?.get(`${vendor}:${type}:${code}`) ?? null;
}
