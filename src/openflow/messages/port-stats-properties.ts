// SPDX-License-Identifier: Apache-2.0
/**
 * Port statistics of OpenFlow 1.4+ (1.4.1 §7.3.5.6): Ethernet's counters are a property; two of
 * Intel's experimenter properties carry RFC 2819's counters and those of the device's own.
 */
import { OfpError } from "../errors.js";
import { readPort } from "./port-number.js";
import type { CustomCounter, PortStatsEntry } from "./port-stats.js";
import { readDuration, writeDuration } from "./port-stats.js";
import {
  type Property,
  readProperties,
  writeExperimenterProperty,
  writeProperty,
} from "./properties.js";
import type { WireReader, WireWriter } from "./wire.js";

const ETHERNET = 0;
const EXPERIMENTER = 0xffff;
const INTEL = 0x0000aa01;
const INTEL_RFC2819 = 1;
const INTEL_CUSTOM = 2;
const ENTRY_BYTES = 80;

/** In the order of the property. */
export const SIZE_COUNTERS = [
  "rx1To64",
  "rx65To127",
  "rx128To255",
  "rx256To511",
  "rx512To1023",
  "rx1024To1522",
  "rx1523ToMax",
  "tx1To64",
  "tx65To127",
  "tx128To255",
  "tx256To511",
  "tx512To1023",
  "tx1024To1522",
  "tx1523ToMax",
  "txMulticast",
  "rxBroadcast",
  "txBroadcast",
  "rxUndersized",
  "rxOversize",
  "rxFragmented",
  "rxJabber",
] as const;

/** Packets by size and kind, as RFC 2819 counts them. */
export type SizeCounters = Partial<Record<(typeof SIZE_COUNTERS)[number], number>>;

const BASIC = [
  "rxPackets",
  "txPackets",
  "rxBytes",
  "txBytes",
  "rxDropped",
  "txDropped",
  "rxErrors",
  "txErrors",
] as const;
const ETHERNET_COUNTERS = ["rxFrameErr", "rxOverErr", "rxCrcErr", "collisions"] as const;

function readSizes({ body }: Property): SizeCounters {
  if (body.left !== 4 + SIZE_COUNTERS.length * 8) throw new OfpError("OFPBPC_BAD_LEN");
  body.skip(4);
  const sizes: SizeCounters = {};
  for (const name of SIZE_COUNTERS) {
    const value = body.counter();
    if (value !== null) sizes[name] = value;
  }
  return sizes;
}

function readCustom({ body }: Property): CustomCounter[] {
  const counters: CustomCounter[] = [];
  const need = (bytes: number): void => {
    if (body.left < bytes) throw new OfpError("OFPBPC_BAD_LEN");
  };
  need(4);
  body.skip(2);
  for (let count = body.u16(); count > 0; count--) {
    need(1);
    const bytes = body.u8();
    need(bytes + 8);
    counters.push({ name: body.text(bytes), value: Number(body.u64()) });
  }
  return counters;
}

function readOne(entry: PortStatsEntry, property: Property): void {
  const { type, experimenter, experimenterType, body } = property;
  if (type === ETHERNET) {
    if (body.left !== 36) throw new OfpError("OFPBPC_BAD_LEN");
    body.skip(4);
    for (const name of ETHERNET_COUNTERS) entry[name] = body.counter();
  } else if (type === EXPERIMENTER && experimenter === INTEL) {
    if (experimenterType === INTEL_RFC2819) entry.sizes = readSizes(property);
    if (experimenterType === INTEL_CUSTOM) entry.custom = readCustom(property);
  }
}

/** Reads an entry. Throws OfpError. */
export function readPortStats14(r: WireReader, version: number): PortStatsEntry {
  const length = r.u16();
  if (length < ENTRY_BYTES) throw new OfpError("OFPBRC_BAD_LEN");
  const body = r.sub(length - 2);
  body.skip(2);
  const port = readPort(body, version);
  const durationMs = readDuration(body);
  const entry = { port, durationMs } as PortStatsEntry;
  for (const name of BASIC) entry[name] = body.counter();
  for (const name of ETHERNET_COUNTERS) entry[name] = null;
  for (const property of readProperties(body)) readOne(entry, property);
  return entry;
}

/** Appends an entry. */
export function writePortStats14(w: WireWriter, entry: PortStatsEntry): void {
  const start = w.length;
  w.zeros(4).u32(entry.port);
  writeDuration(w, entry.durationMs);
  for (const name of BASIC) w.counter(entry[name]);
  writeProperty(w, ETHERNET, () => {
    w.zeros(4);
    for (const name of ETHERNET_COUNTERS) w.counter(entry[name]);
  });
  writeExperimenterProperty(w, INTEL, INTEL_RFC2819, () => {
    w.zeros(4);
    for (const name of SIZE_COUNTERS) w.counter(entry.sizes?.[name] ?? null);
  });
  const { custom } = entry;
  if (custom && custom.length > 0) {
    writeExperimenterProperty(w, INTEL, INTEL_CUSTOM, () => {
      w.zeros(2).u16(custom.length);
      for (const { name, value } of custom) {
        const bytes = Buffer.from(name, "utf8").subarray(0, 63);
        w.u8(bytes.length).append(bytes).counter(value);
      }
    });
  }
  w.setU16(start, w.length - start);
}
