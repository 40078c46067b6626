// SPDX-License-Identifier: Apache-2.0
/**
 * The control thread's end of one packet thread: its shared memory, its command ring with what did
 * not fit yet, the ids of its flows, and who waits for which acknowledgement.
 */
import type { Native } from "../../native/index.js";
import { COMMAND, COMMAND_HEADER, SYNC } from "../../pmd/shm/commands.js";
import { FLOWS_MAX } from "../../pmd/shm/limits.js";
import { CACHE_LINE, PMD_SHM_BYTES, PmdShm } from "../../pmd/shm/pmd-shm.js";
import { monotonicToClock } from "./clock-origin.js";
import type { FlowStats } from "./dpif.js";

/** Writes a record's fields; the place is zeroed and its length and opcode are set. */
export type RecordWriter = (view: DataView, bytes: Uint8Array, at: number) => void;

const OPCODE = COMMAND_HEADER.fields.opcode.offset;
/** Between tries to place commands that found the ring full. */
const RETRY_MS = 1;

export class PmdHandle {
  readonly shm: PmdShm;
  /** Resolved by RELEASED, by slot. */
  readonly released = new Map<number, (stats: FlowStats) => void>();
  /** Resolved by FLOW_DELETED, by flow id. */
  readonly deleted = new Map<number, (stats: FlowStats) => void>();
  /** Cookie numbers that an installed flow's program names, by flow id. */
  readonly flowCookies = new Map<number, readonly number[]>();
  /** Slots of unresolved upcalls that are of a userspace action, not of a miss. */
  readonly actionSlots = new Set<number>();
  private readonly synced = new Map<number, () => void>();
  private backlog: Uint8Array[] = [];
  private retry: NodeJS.Timeout | undefined;
  private ringScheduled = false;
  private nextToken = 1;
  private freeFlowIds: number[] = [];
  private nextFlowId = 0;
  private destroyed = false;

  private constructor(
    private readonly native: Native,
    readonly index: number,
    /** -1 for the main thread. */
    readonly coreId: number,
    readonly numaId: number,
    memory: SharedArrayBuffer,
    pad: number,
  ) {
    this.shm = new PmdShm(memory, pad);
  }

  /** Makes packet thread `index`; no worker runs it yet. A string says why it cannot. */
  static create(native: Native, index: number, coreId: number, numaId: number): PmdHandle | string {
    const memory = new SharedArrayBuffer(PMD_SHM_BYTES);
    const pad = native.shmPad(new Uint8Array(memory));
    const view = new Uint8Array(memory, pad, PMD_SHM_BYTES - CACHE_LINE);
    const error = native.pmdCreate(index, view);
    return error || new PmdHandle(native, index, coreId, numaId, memory, pad);
  }

  /** Frees the native side. The worker must have ended. Acknowledgements that cannot come any
   * more are given with what the shared memory says. */
  destroy(): void {
    this.destroyed = true;
    if (this.retry) clearTimeout(this.retry);
    this.native.pmdDestroy(this.index);
    for (const done of this.synced.values()) done();
    this.synced.clear();
    for (const [flowId, done] of this.deleted) done(this.flowStats(flowId));
    this.deleted.clear();
  }

  /** Posts a command: in the ring now, or as soon as there is room, in order. */
  post(opcode: number, length: number, write: RecordWriter): void {
    if (this.destroyed) return;
    const { commands } = this.shm;
    const bytes = (length + 7) & ~7;
    const at = this.backlog.length > 0 ? -1 : commands.reserve(bytes);
    if (at < 0) {
      this.defer(opcode, bytes, write);
      return;
    }
    commands.view.setUint16(at + OPCODE, opcode, true);
    write(commands.view, commands.bytes, at);
    commands.commit();
    this.scheduleRing();
  }

  /** A place in the ring of `length` bytes (a multiple of 8) that the caller fills with records,
   * before `commit`; -1 when there is no room: `post` them one by one then. */
  reserve(length: number): number {
    if (this.destroyed || this.backlog.length > 0) return -1;
    return this.shm.commands.reserveRaw(length);
  }

  commit(): void {
    this.shm.commands.commit();
    this.scheduleRing();
  }

  /** Resolves when every command posted so far has been applied. */
  sync(): Promise<void> {
    if (this.destroyed) return Promise.resolve();
    const token = this.nextToken;
    this.nextToken = (token + 1) >>> 0;
    const promise = new Promise<void>((resolve) => this.synced.set(token, resolve));
    this.post(COMMAND.SYNC, SYNC.bytes, (view, _bytes, at) =>
      view.setUint32(at + SYNC.fields.token.offset, token, true),
    );
    return promise;
  }

  acknowledge(token: number): void {
    this.synced.get(token)?.();
    this.synced.delete(token);
  }

  /** A free flow id, or undefined when all are in use. */
  takeFlowId(): number | undefined {
    const id = this.freeFlowIds.pop();
    if (id !== undefined) return id;
    return this.nextFlowId < FLOWS_MAX ? this.nextFlowId++ : undefined;
  }

  giveFlowId(id: number): void {
    this.freeFlowIds.push(id);
  }

  /** After a flush: every id is free. */
  resetFlowIds(): void {
    this.freeFlowIds = [];
    this.nextFlowId = 0;
  }

  flowStats(flowId: number): FlowStats {
    const stats = { packets: 0, bytes: 0, usedMs: 0, tcpFlags: 0 };
    this.readFlowStats(flowId, stats);
    return stats;
  }

  readFlowStats(flowId: number, out: FlowStats): void {
    this.shm.flowStats(flowId, out);
    out.usedMs = monotonicToClock(out.usedMs);
  }

  /** Commands that wait for room. */
  get backlogLength(): number {
    return this.backlog.length;
  }

  private defer(opcode: number, bytes: number, write: RecordWriter): void {
    const record = new Uint8Array(bytes);
    const view = new DataView(record.buffer);
    view.setUint32(0, bytes, true);
    view.setUint16(OPCODE, opcode, true);
    write(view, record, 0);
    this.backlog.push(record);
    this.retry ??= setTimeout(() => this.drainBacklog(), RETRY_MS);
  }

  private drainBacklog(): void {
    this.retry = undefined;
    const { commands } = this.shm;
    let placed = 0;
    for (; placed < this.backlog.length; placed++) {
      const record = this.backlog[placed];
      const at = commands.reserve(record.length);
      if (at < 0) break;
      commands.bytes.set(record, at);
      commands.commit();
    }
    this.backlog = this.backlog.slice(placed);
    if (placed > 0) this.scheduleRing();
    if (this.backlog.length > 0) this.retry = setTimeout(() => this.drainBacklog(), RETRY_MS);
  }

  /** Rings once for all commands of this turn of the event loop. */
  private scheduleRing(): void {
    if (this.ringScheduled) return;
    this.ringScheduled = true;
    queueMicrotask(() => {
      this.ringScheduled = false;
      if (!this.destroyed) this.native.pmdRing(this.index);
    });
  }
}
