// SPDX-License-Identifier: Apache-2.0
/** One flow of a flow statistics reply, in its four forms. */
import { readInstructions, writeInstructions } from "../actions-wire.js";
import { OfpError } from "../errors.js";
import { readNxMatch, writeNxMatch, writeOxmMatch } from "../nxm-match.js";
import { V10, V13, V14, V15 } from "./codec.js";
import { flowFlags } from "./flow-mod.js";
import type { FlowStats } from "./flow-stats.js";
import { readMatch } from "./match.js";
import { readMatch10, writeMatch10 } from "./match10.js";
import { readOxs, writeOxs } from "./oxs.js";
import { readDuration, writeDuration } from "./port-stats.js";
import type { WireReader, WireWriter } from "./wire.js";

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
  if (version === V10) return read10(entry);
  return version >= V15 ? read15(entry, version) : read11(entry, version);
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

function read11(r: WireReader, version: number): FlowStats {
  const tableId = r.u8();
  r.skip(1);
  const durationMs = readDuration(r) ?? 0;
  const [priority, idleTimeout, hardTimeout] = [r.u16(), r.u16(), r.u16()];
  const flags = version >= V13 ? r.u16() & flowFlags(version) : r.u16() & 0;
  const importance = version >= V14 ? r.u16() : r.u16() & 0;
  r.skip(2);
  const [cookie, packets, bytes] = [r.u64(), r.counter(), r.counter()];
  const match = readMatch(r);
  const actions = readInstructions(r, r.left, version);
  return {
    ...{ tableId, priority, match, actions, cookie, durationMs, idleTimeout, hardTimeout },
    ...{ idleAge: null, hardAge: null, packets, bytes, flags, importance },
  };
}

/** OpenFlow 1.5 §7.3.5.2: what is counted comes as a list of its own. */
function read15(r: WireReader, version: number): FlowStats {
  r.skip(2);
  const tableId = r.u8();
  r.skip(1);
  const [priority, idleTimeout, hardTimeout] = [r.u16(), r.u16(), r.u16()];
  const [flags, importance] = [r.u16() & flowFlags(version), r.u16()];
  const cookie = r.u64();
  const match = readMatch(r);
  const { durationMs, idleAge, packets, bytes } = readOxs(r);
  const actions = readInstructions(r, r.left, version);
  return {
    ...{ tableId, priority, match, actions, cookie, idleTimeout, hardTimeout },
    ...{ durationMs: durationMs ?? 0, idleAge, hardAge: null },
    ...{ packets, bytes, flags, importance },
  };
}

/** Appends an entry. */
export function writeFlowStats(w: WireWriter, f: FlowStats, version: number, nx: boolean): void {
  const start = w.length;
  w.zeros(version >= V15 ? 4 : 2)
    .u8(f.tableId)
    .zeros(1);
  if (nx) writeNx(w, f);
  else if (version === V10) write10(w, f);
  else if (version < V15) write11(w, f, version);
  else write15(w, f, version);
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

function write11(w: WireWriter, f: FlowStats, version: number): void {
  writeDuration(w, f.durationMs);
  w.u16(f.priority).u16(f.idleTimeout).u16(f.hardTimeout);
  w.u16(version >= V13 ? f.flags & flowFlags(version) : 0);
  w.u16(version >= V14 ? f.importance : 0).zeros(2);
  w.u64(f.cookie).counter(f.packets).counter(f.bytes);
  // In OpenFlow 1.1 as well: what its own match cannot say must not be lost in a dump.
  writeOxmMatch(w, f.match, version);
  writeInstructions(w, f.actions, version);
}

function write15(w: WireWriter, f: FlowStats, version: number): void {
  w.u16(f.priority).u16(f.idleTimeout).u16(f.hardTimeout);
  w.u16(f.flags & flowFlags(version))
    .u16(f.importance)
    .u64(f.cookie);
  writeOxmMatch(w, f.match, version);
  const { durationMs, idleAge, packets, bytes } = f;
  writeOxs(w, { durationMs, idleAge, packets, bytes, flows: null });
  writeInstructions(w, f.actions, version);
}
