// SPDX-License-Identifier: Apache-2.0
/**
 * What a match field is: its place in a Flow, its names, its wire headers. The fields themselves
 * are in field-table*.ts; everything else about fields is reached through fields.ts.
 */

/** How the text form writes a value: `ovs-fields(7)`, "Format". */
export type MfFormat =
  | "decimal"
  | "hexadecimal"
  | "ethernet"
  | "ipv4"
  | "ipv6"
  /** OpenFlow 1.0 port: 16 bits on the wire. */
  | "ofport"
  /** OpenFlow 1.1+ port: 32 bits on the wire. */
  | "ofport32"
  | "frag"
  | "tcp_flags"
  | "tnl_flags"
  | "ct_state"
  | "packet_type";

/** What a match must say before the field may be used: `ovs-fields(7)`, "Prerequisites". */
export type MfPrereq =
  | "none"
  | "ethernet"
  | "arp"
  | "vlan"
  | "ipv4"
  | "ipv6"
  | "ip"
  | "mpls"
  | "nsh"
  | "ct"
  | "tcp"
  | "udp"
  | "sctp"
  | "icmpv4"
  | "icmpv6"
  | "nd"
  | "nd_solicit"
  | "nd_advert";

/** An NXM or OXM header without its mask bit (OpenFlow 1.3.5 §7.2.3). */
export interface OxmHeader {
  /** `NXM_OF_ETH_SRC`, `OXM_OF_ETH_SRC` … */
  readonly name: string;
  readonly oxmClass: number;
  readonly oxmField: number;
  /** Experimenter id; 0 for classes other than 0xffff. */
  readonly experimenter: number;
  /** First OpenFlow version (wire number) that has it; 0 for Nicira extensions, valid in all. */
  readonly minVersion: number;
}

export interface MfField {
  /** Index in FIELDS; the order of `ovs-fields(7)`. */
  readonly id: number;
  readonly name: string;
  /** Second name accepted in text: `dl_src` for `eth_src`. */
  readonly alias: string | null;
  /** Bytes of the value in a set_field, NXM or OXM; may differ from `storage`. */
  readonly bytes: number;
  /** Significant low bits of the value: what `field[0..bits-1]` can address. */
  readonly bits: number;
  /** Where it lies in a Flow: byte offset, bytes there, bits to the right of the field. */
  readonly offset: number;
  readonly storage: number;
  readonly shift: number;
  /** Bits of the value (before the shift) that are stored; only for `storage` <= 4. */
  readonly storedMask: number;
  /** Whether arbitrary masks are allowed; if not, only none and all. */
  readonly maskable: boolean;
  readonly format: MfFormat;
  readonly prereq: MfPrereq;
  /** Whether actions may write it. */
  readonly writable: boolean;
  /** By version, Nicira's first. Empty: cannot be sent as NXM/OXM. */
  readonly headers: readonly OxmHeader[];
}

export interface FieldSpec {
  alias?: string;
  bytes?: number;
  bits?: number;
  shift?: number;
  storedMask?: number;
  maskable?: boolean;
  format?: MfFormat;
  prereq?: MfPrereq;
  writable?: boolean;
  headers?: readonly OxmHeader[];
}

interface Place {
  readonly offset: number;
  readonly bytes: number;
}

/** A row of the table; `id` is given when the tables are joined. */
export type FieldRow = Omit<MfField, "id">;

/** Builds a row: `spec` names only what differs from a whole, read-only decimal field. */
export function row(name: string, place: Place, spec: FieldSpec): FieldRow {
  const bytes = spec.bytes ?? place.bytes;
  const bits = spec.bits ?? bytes * 8;
  return {
    name,
    alias: spec.alias ?? null,
    bytes,
    bits,
    offset: place.offset,
    storage: place.bytes,
    shift: spec.shift ?? 0,
    storedMask: spec.storedMask ?? 2 ** Math.min(bits, place.bytes * 8, 32) - 1,
    maskable: spec.maskable ?? false,
    format: spec.format ?? "decimal",
    prereq: spec.prereq ?? "none",
    writable: spec.writable ?? false,
    headers: spec.headers ?? [],
  };
}

const NXM_OF = 0x0000;
const NXM_NX = 0x0001;
const OXM_OF = 0x8000;
const PKT_REG = 0x8001;
/** Class of 64-bit headers that carry an experimenter id. */
export const OXM_CLASS_EXPERIMENTER = 0xffff;
const ONF = 0x4f4e4600;
const NICIRA = 0x00002320;
const NSH = 0x005ad650;
const ERICSSON = 0x1000;

const header =
  (prefix: string, oxmClass: number, experimenter = 0) =>
  (name: string, oxmField: number, minVersion = 0): OxmHeader => ({
    name: prefix + name,
    oxmClass,
    oxmField,
    experimenter,
    minVersion,
  });

/** Wire numbers of the versions that introduced fields. */
const OF12 = 3;
const OF13 = 4;
const OF15 = 6;

export const nxmOf = header("NXM_OF_", NXM_OF);
export const nxmNx = header("NXM_NX_", NXM_NX);
const oxmOf = header("OXM_OF_", OXM_OF);
export const oxm12 = (name: string, field: number): OxmHeader => oxmOf(name, field, OF12);
export const oxm13 = (name: string, field: number): OxmHeader => oxmOf(name, field, OF13);
export const oxm15 = (name: string, field: number): OxmHeader => oxmOf(name, field, OF15);
export const pktReg = (n: number): OxmHeader => header("OXM_OF_PKT_REG", PKT_REG)(`${n}`, n, OF13);
export const onf13 = (name: string, field: number): OxmHeader =>
  header("ONFOXM_ET_", OXM_CLASS_EXPERIMENTER, ONF)(name, field, OF13);
export const nxOxm = header("NXOXM_ET_", OXM_CLASS_EXPERIMENTER, NICIRA);
export const nshOxm = header("NXOXM_NSH_", OXM_CLASS_EXPERIMENTER, NSH);
export const ericssonOxm = header("ERICOXM_OF_", ERICSSON);
