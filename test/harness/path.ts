// SPDX-License-Identifier: Apache-2.0
/** One Pmd driven by hand, over the real shared memory, with devices in memory. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { encodeActions, type ProgramAction } from "../../pmd/shm/actions.js";
import * as commands from "../../pmd/shm/commands.js";
import { COMMAND, RESOLVE } from "../../pmd/shm/commands.js";
import { PMD_COUNTERS } from "../../pmd/shm/counters.js";
import { DROP_REASONS, dropReasonIndex } from "../../pmd/shm/drop-reasons.js";
import { KEY_BYTES, KEY_CLASS_BYTES, type KeyClass } from "../../pmd/shm/flow-key.js";
import { PMD_SHM_BYTES, PmdShm } from "../../pmd/shm/pmd-shm.js";
import type { StructLayout } from "../../pmd/shm/struct-layout.js";
import { INSTALL, UPCALL, UPCALL_RECORD } from "../../pmd/shm/upcalls.js";
import { ROOT } from "./processes.js";

/** Exports of native/harness/harness.cc. */
export interface HarnessNative {
  readonly abiFingerprint: string;
  init(): void;
  extractKey(frame: Uint8Array, inPort: number, vlanLimit: number): Uint8Array;
  create(shm: Uint8Array, pad: number, isa: number): number;
  pad(shm: Uint8Array): number;
  destroy(pmd: number): void;
  poll(pmd: number, times: number): boolean;
  isaName(pmd: number): string;
  stateBytes(pmd: number): number;
  parked(pmd: number, slot: number): Uint8Array;
  wakeCount(): number;
  netdev(): number;
  feed(netdev: number, frame: Uint8Array, segments: number): void;
  take(netdev: number): Uint8Array[];
  setRoom(netdev: number, packets: number): void;
  meterSet(id: number, inPackets: boolean, bands: readonly number[]): string;
  meterStats(id: number): Float64Array;
  meterRelease(id: number): void;
  meterClock(stoppedMs: number, offsetMs: number): void;
  buffersInUse(): number;
  replay(rx: number, tx: number, frames: readonly Uint8Array[]): void;
  measure(
    pmd: number,
    rx: number,
    how: { readonly sources: Uint32Array; readonly at: number; readonly rounds: number },
  ): Float64Array;
  stepCycles(): Record<string, number>;
}

/** `steps`: the best one, with every step timed. */
export const ISA = { best: 0, v2: 1, avx2: 2, avx512: 3, steps: 4 } as const;
export type Action = ProgramAction<number>;

const require = createRequire(import.meta.url);

/** The harness addon; POLLUX_HARNESS names another build of it (the one with sanitizers). */
export const HARNESS_PATH =
  process.env.POLLUX_HARNESS ?? join(ROOT, "native/build/Release/harness.node");

export function loadHarness(): HarnessNative {
  const native = require(HARNESS_PATH) as HarnessNative;
  native.init();
  return native;
}

export function program(actions: readonly Action[]): Uint8Array {
  const bytes = encodeActions(actions, (cookie) => cookie);
  if (!bytes) throw new Error("program too long");
  return bytes;
}

/** An upcall or acknowledgement as a plain value. */
export interface UpcallEvent {
  readonly type: keyof typeof UPCALL;
  readonly status: keyof typeof INSTALL;
  readonly slot: number;
  readonly inPort: number;
  readonly keyClass: KeyClass;
  readonly key: Uint8Array;
  readonly packetLength: number;
  readonly cookie: number;
  readonly packets: number;
  readonly bytes: number;
  readonly tcpFlags: number;
}

function nameOf<T extends Record<string, number>>(table: T, value: number): keyof T {
  return Object.keys(table).find((name) => table[name] === value) as keyof T;
}

export class TestPmd {
  readonly shm: PmdShm;
  readonly handle: number;
  /** Netdev per datapath port. */
  readonly netdevs = new Map<number, number>();

  constructor(
    readonly native: HarnessNative,
    isa: number = ISA.best,
  ) {
    const buffer = new SharedArrayBuffer(PMD_SHM_BYTES);
    const bytes = new Uint8Array(buffer);
    const pad = native.pad(bytes);
    this.shm = new PmdShm(buffer, pad);
    this.handle = native.create(bytes, pad, isa);
  }

  close(): void {
    this.native.destroy(this.handle);
  }

  command(
    layout: StructLayout,
    opcode: number,
    values: Record<string, number>,
    ...tail: Uint8Array[]
  ): void {
    const tailBytes = tail.reduce((sum, part) => sum + part.length, 0);
    const at = this.shm.commands.reserve((layout.bytes + tailBytes + 7) & ~7);
    if (at < 0) throw new Error("command ring is full");
    const { view, bytes } = this.shm.commands;
    view.setUint16(at + 4, opcode, true);
    for (const [name, value] of Object.entries(values)) {
      const field = layout.fields[name]!;
      if (field.bytes === 1) view.setUint8(at + field.offset, value);
      else view.setUint32(at + field.offset, value, true);
    }
    let offset = at + layout.bytes;
    for (const part of tail) {
      bytes.set(part, offset);
      offset += part.length;
    }
    this.shm.commands.commit();
  }

  /** Adds a port with one receive queue. */
  addPort(port: number, emc = true): number {
    const netdev = this.native.netdev();
    this.netdevs.set(port, netdev);
    this.command(commands.PORT_SET, COMMAND.PORT_SET, {
      port,
      netdev,
      txq: 0,
      emc_enable: emc ? 1 : 0,
    });
    const slot = this.netdevs.size - 1;
    this.command(commands.RXQ_ADD, COMMAND.RXQ_ADD, { slot, port, queue: 0 });
    return netdev;
  }

  settings(values: { emc?: number; smc?: boolean; vlanLimit?: number }): void {
    this.command(commands.SETTINGS, COMMAND.SETTINGS, {
      emc_inv_prob: values.emc ?? 100,
      smc_enable: values.smc ? 1 : 0,
      vlan_limit: values.vlanLimit ?? 1,
    });
  }

  flowPut(
    flowId: number,
    keyClass: KeyClass,
    key: Uint8Array,
    mask: Uint8Array,
    actions: readonly Action[],
  ): void {
    const size = KEY_CLASS_BYTES[keyClass];
    const masked = key.slice(0, size).map((byte, i) => byte & mask[i]!);
    const bytes = program(actions);
    this.command(
      commands.FLOW_PUT,
      COMMAND.FLOW_PUT,
      { flow_id: flowId, key_class: keyClass, ack: 1, program_bytes: bytes.length },
      masked,
      mask.slice(0, size),
      bytes,
    );
  }

  flowDel(flowId: number): void {
    this.command(commands.FLOW_DEL, COMMAND.FLOW_DEL, { flow_id: flowId });
  }

  resolve(
    slot: number,
    how: { flowId: number } | { actions: Action[] } | { drop: string } | "done",
  ) {
    const bytes = typeof how === "object" && "actions" in how ? program(how.actions) : undefined;
    let kind: number = RESOLVE.DONE;
    let value = 0;
    if (how !== "done") {
      if ("flowId" in how) [kind, value] = [RESOLVE.FLOW, how.flowId];
      else if ("drop" in how) [kind, value] = [RESOLVE.DROP, dropReasonIndex(how.drop)];
      else kind = RESOLVE.PROGRAM;
    }
    const values = { slot, kind, value, program_bytes: bytes?.length ?? 0 };
    this.command(
      commands.UPCALL_RESOLVE,
      COMMAND.UPCALL_RESOLVE,
      values,
      bytes ?? new Uint8Array(0),
    );
  }

  execute(packet: Uint8Array, inPort: number, actions: readonly Action[], key?: Uint8Array): void {
    const bytes = program(actions);
    const padded = new Uint8Array((bytes.length + 7) & ~7);
    padded.set(bytes);
    this.command(
      commands.PACKET_EXECUTE,
      COMMAND.PACKET_EXECUTE,
      {
        in_port: inPort,
        has_key: key ? 1 : 0,
        packet_bytes: packet.length,
        program_bytes: bytes.length,
      },
      key ?? new Uint8Array(0),
      padded,
      packet,
    );
  }

  feed(port: number, frame: Uint8Array, segments = 1): void {
    this.native.feed(this.netdevs.get(port)!, frame, segments);
  }

  sent(port: number): Uint8Array[] {
    return this.native.take(this.netdevs.get(port)!);
  }

  /** Polls until nothing moves and no command waits; returns what the ring says. */
  run(): UpcallEvent[] {
    const events: UpcallEvent[] = [];
    const target = this.shm.commands.position();
    do {
      while (this.native.poll(this.handle, 1)) events.push(...this.events());
      events.push(...this.events());
    } while (!this.shm.commands.reached(target));
    return events;
  }

  events(): UpcallEvent[] {
    const out: UpcallEvent[] = [];
    const { upcalls } = this.shm;
    for (let at = upcalls.peek(); at >= 0; at = upcalls.peek()) {
      out.push(this.#event(at));
      upcalls.advance();
    }
    return out;
  }

  #event(at: number): UpcallEvent {
    const { view, bytes } = this.shm.upcalls;
    const f = UPCALL_RECORD.fields;
    const keyClass = view.getUint8(at + f.key_class.offset) as KeyClass;
    const type = nameOf(UPCALL, view.getUint16(at + f.type.offset, true));
    const key = new Uint8Array(KEY_BYTES);
    if (type === "MISS" || type === "ACTION") {
      const from = at + UPCALL_RECORD.bytes;
      key.set(bytes.subarray(from, from + KEY_CLASS_BYTES[keyClass]));
    }
    return {
      type,
      status: nameOf(INSTALL, view.getUint8(at + f.status.offset)),
      slot: view.getUint32(at + f.slot.offset, true),
      inPort: view.getUint32(at + f.in_port.offset, true),
      keyClass,
      key,
      packetLength: view.getUint32(at + f.packet_length.offset, true),
      cookie: view.getUint32(at + f.cookie.offset, true),
      packets: Number(view.getBigUint64(at + f.packets.offset, true)),
      bytes: Number(view.getBigUint64(at + f.bytes.offset, true)),
      tcpFlags: view.getUint16(at + f.tcp_flags.offset, true),
    };
  }

  counters(): Record<string, number> {
    return Object.fromEntries(PMD_COUNTERS.map((name) => [name, this.shm.counter(name)]));
  }

  /** Left side minus right side of the balance of pmd/shm/counters.ts: 0 when it holds. */
  imbalance(): number {
    const c = this.counters();
    const drops = DROP_REASONS.reduce((sum, _, index) => sum + this.shm.drops(index), 0);
    const came = c.rx_packets! + c.injected! + c.copies!;
    return came - (c.tx_packets! + drops + c.delivered! + c.parked!);
  }

  stats(flowId: number) {
    const out = { packets: 0, bytes: 0, usedMs: 0, tcpFlags: 0 };
    this.shm.flowStats(flowId, out);
    return out;
  }
}
