// SPDX-License-Identifier: Apache-2.0
/** One flow of a flow statistics reply, in its three forms. */
import { readInstructions, writeInstructions } from "../actions-wire.js";
import { OfpError } from "../errors.js";
import { readNxMatch, readOxmMatch, writeNxMatch, writeOxmMatch } from "../nxm-match.js";
import { V10 } from "./codec.js";
import type { FlowStats } from "./flow-stats.js";
import { readMatch10, writeMatch10 } from "./match10.js";
import { readDuration, writeDuration } from "./port-stats.js";
import type { WireReader, WireWriter } from "./wire.js";

const FLAGS_13 = 0x1f;

/** An age on the wire is one more than the age: 0 is "not said". */
function readAge(r: WireReader): number | null {
  const age = r.u16();
  return age === 0 ? null : age - 1;
}

function writeAge(w: WireWriter, age: number | null): void {
  w.u16(age === null ? 0 : Math.min(Math.floor(age) + 1, 0xffff));
}

/** Reads an entry. Throws OfpError. */
export function readFlowStats(r: WireReader, version: number, nx: boolean): FlowStats {
  const length = r.u16();
  if (length < 4) throw new OfpError("OFPBRC_BAD_LEN");
  const entry = r.sub(length - 2);
  if (nx) return readNx(entry);
  return version === V10 ? read10(entry) : read13(entry, version);
}

function read10(r: WireReader): FlowStats {
  const tableId = r.u8();
  r.skip(1);
  const match = readMatch10(r);
  const durationMs = readDuration(r) ?? 0;
  const [priority, idleTimeout, hardTimeout] = [r.u16(), r.u16(), r.u16()];
  r.skip(6);
  const [cookie, packets, bytes] = [r.u64(), r.counter(), r.counter()];
  const actions = readInstructions(r, r.left, V10);
  return {
    ...{ tableId, priority, match, actions, cookie, durationMs, idleTimeout, hardTimeout },
    ...{ idleAge: null, hardAge: null, packets, bytes, flags: 0, importance: 0 },
  };
}

function readNx(r: WireReader): FlowStats {
  const tableId = r.u8();
  r.skip(1);
  const durationMs = readDuration(r) ?? 0;
  const [priority, idleTimeout, hardTimeout, matchBytes] = [r.u16(), r.u16(), r.u16(), r.u16()];
  const [idleAge, hardAge] = [readAge(r), readAge(r)];
  const [cookie, packets, bytes] = [r.u64(), r.counter(), r.counter()];
  const { match } = readNxMatch(r, matchBytes);
  const actions = readInstructions(r, r.left, V10);
  return {
    ...{ tableId, priority, match, actions, cookie, durationMs, idleTimeout, hardTimeout },
    ...{ idleAge, hardAge, packets, bytes, flags: 0, importance: 0 },
  };
}

function read13(r: WireReader, version: number): FlowStats {
  const tableId = r.u8();
  r.skip(1);
  const durationMs = readDuration(r) ?? 0;
  const [priority, idleTimeout, hardTimeout] = [r.u16(), r.u16(), r.u16()];
  const flags = r.u16() & FLAGS_13;
  r.skip(4);
  const [cookie, packets, bytes] = [r.u64(), r.counter(), r.counter()];
  const match = readOxmMatch(r);
  const actions = readInstructions(r, r.left, version);
  return {
    ...{ tableId, priority, match, actions, cookie, durationMs, idleTimeout, hardTimeout },
    ...{ idleAge: null, hardAge: null, packets, bytes, flags, importance: 0 },
  };
}

/** Appends an entry. */
export function writeFlowStats(w: WireWriter, f: FlowStats, version: number, nx: boolean): void {
  const start = w.length;
  w.zeros(2).u8(f.tableId).zeros(1);
  if (nx) writeNx(w, f);
  else if (version === V10) write10(w, f);
  else write13(w, f, version);
  if (w.length - start > 0xffff) throw new OfpError("OFPBRC_BAD_LEN");
  w.setU16(start, w.length - start);
}

function write10(w: WireWriter, f: FlowStats): void {
  writeMatch10(w, f.match);
  writeDuration(w, f.durationMs);
  w.u16(f.priority).u16(f.idleTimeout).u16(f.hardTimeout).zeros(6);
  w.u64(f.cookie).counter(f.packets).counter(f.bytes);
  writeInstructions(w, f.actions, V10);
}

function writeNx(w: WireWriter, f: FlowStats): void {
  writeDuration(w, f.durationMs);
  w.u16(f.priority).u16(f.idleTimeout).u16(f.hardTimeout);
  const lengthAt = w.length;
  w.zeros(2);
  writeAge(w, f.idleAge);
  writeAge(w, f.hardAge);
  w.u64(f.cookie).counter(f.packets).counter(f.bytes);
  w.setU16(lengthAt, writeNxMatch(w, f.match));
  writeInstructions(w, f.actions, V10);
}

function write13(w: WireWriter, f: FlowStats, version: number): void {
  writeDuration(w, f.durationMs);
  w.u16(f.priority).u16(f.idleTimeout).u16(f.hardTimeout);
  w.u16(f.flags & FLAGS_13).zeros(4);
  w.u64(f.cookie).counter(f.packets).counter(f.bytes);
  writeOxmMatch(w, f.match, version);
  writeInstructions(w, f.actions, version);
}
