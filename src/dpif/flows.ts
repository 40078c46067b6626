// SPDX-License-Identifier: Apache-2.0
/** Flows, resolutions and packets to execute: from values to commands, with their cookies. */
import { encodeActions, programBytes, writeProgram } from "../../pmd/shm/actions.js";
import { ACTIONS_BYTES_MAX } from "../../pmd/shm/limits.js";
import { EventCounter } from "../lib/events.js";
import type { OdpAction, UserspaceCookie } from "../odp/actions.js";
import {
  postExecute,
  postFlowDel,
  postFlowModify,
  postFlowPut,
  postFlowPutMiss,
  postFlush,
  postResolveDone,
  postResolveDrop,
  postResolveFlow,
  postResolveProgram,
} from "./commands.js";
import { CookieTable } from "./cookie-table.js";
import type { ExecuteRequest, FlowSpec, FlowStats, Resolution, Upcall } from "./dpif.js";
import type { PmdHandle } from "./pmd-handle.js";

const puts = new EventCounter("dpif_flow_put");
const deletions = new EventCounter("dpif_flow_del");
const executions = new EventCounter("dpif_execute");

interface Program {
  readonly bytes: Uint8Array;
  /** Cookie numbers it names, each with a reference. */
  readonly cookies: readonly number[];
}

export class FlowCommands {
  readonly cookies = new CookieTable();
  /** Numbers of the cookies of the program that is being written. */
  private readonly acquired: number[] = [];
  private readonly acquire = (cookie: UserspaceCookie): number => {
    const id = this.cookies.acquire(cookie);
    this.acquired.push(id);
    return id;
  };
  /** The actions of which `write` writes the program. */
  private writing: readonly OdpAction[] = [];
  private readonly write = (view: DataView, at: number): void => {
    writeProgram(this.writing, this.acquire, view, at);
  };

  put(pmd: PmdHandle, flow: FlowSpec): number | undefined {
    const { actions } = flow;
    const bytes = programBytes(actions);
    if (bytes > ACTIONS_BYTES_MAX) return undefined;
    const flowId = pmd.takeFlowId();
    if (flowId === undefined) return undefined;
    // Straight into the ring: most programs are one output, and each is sent once.
    puts.count++;
    this.writing = actions;
    postFlowPut(pmd, flowId, flow, bytes, this.write);
    if (this.acquired.length > 0) pmd.flowCookies.set(flowId, this.acquired.splice(0));
    return flowId;
  }

  /** `put` and `resolve` of a miss. */
  putMiss(
    pmd: PmdHandle,
    miss: Upcall,
    mask: Uint32Array,
    actions: readonly OdpAction[],
  ): number | undefined {
    const bytes = programBytes(actions);
    if (bytes > ACTIONS_BYTES_MAX) return undefined;
    const flowId = pmd.takeFlowId();
    if (flowId === undefined) return undefined;
    puts.count++;
    this.writing = actions;
    if (!postFlowPutMiss(pmd, miss, mask, flowId, bytes, this.write)) {
      const { keyClass, key } = miss;
      const maskBytes = new Uint8Array(mask.buffer, mask.byteOffset, mask.byteLength);
      postFlowPut(pmd, flowId, { keyClass, key, mask: maskBytes, actions }, bytes, this.write);
      postResolveFlow(pmd, miss.slot, flowId);
    }
    if (this.acquired.length > 0) pmd.flowCookies.set(flowId, this.acquired.splice(0));
    return flowId;
  }

  /** False when the actions are too long for a program. */
  modify(pmd: PmdHandle, flowId: number, actions: readonly OdpAction[]): boolean {
    const program = this.compile(actions);
    if (!program) return false;
    const before = pmd.flowCookies.get(flowId) ?? [];
    pmd.flowCookies.set(flowId, program.cookies);
    postFlowModify(pmd, flowId, program.bytes);
    this.releaseWhenApplied(pmd, before);
    return true;
  }

  delete(pmd: PmdHandle, flowId: number): Promise<FlowStats> {
    deletions.count++;
    return new Promise((resolve) => {
      pmd.deleted.set(flowId, resolve);
      postFlowDel(pmd, flowId);
    });
  }

  /** The thread has forgotten the flow: nothing names its cookies any more. */
  deleted(pmd: PmdHandle, flowId: number): void {
    this.releaseCookies(pmd.flowCookies.get(flowId) ?? []);
    pmd.flowCookies.delete(flowId);
  }

  async flush(pmd: PmdHandle): Promise<void> {
    postFlush(pmd);
    await pmd.sync();
    pmd.resetFlowIds();
    this.forget(pmd);
  }

  /** The thread is gone, and its programs with it. */
  forget(pmd: PmdHandle): void {
    for (const cookies of pmd.flowCookies.values()) this.releaseCookies(cookies);
    pmd.flowCookies.clear();
  }

  resolve(
    pmd: PmdHandle,
    slot: number,
    resolution: Resolution,
    onReleased: ((stats: FlowStats) => void) | undefined,
  ): void {
    const ofAction = pmd.actionSlots.size > 0 && pmd.actionSlots.delete(slot);
    if ("flowId" in resolution) {
      postResolveFlow(pmd, slot, resolution.flowId);
      return;
    }
    if ("actions" in resolution && ofAction && resolution.actions.length === 0) {
      postResolveDone(pmd, slot);
      return;
    }
    if (onReleased) pmd.released.set(slot, onReleased);
    if ("drop" in resolution) {
      postResolveDrop(pmd, slot, resolution.drop);
      return;
    }
    const program = this.compile(resolution.actions);
    if (!program) {
      postResolveDrop(pmd, slot, "datapath_drop_action_error");
      return;
    }
    postResolveProgram(pmd, slot, program.bytes);
    this.releaseWhenApplied(pmd, program.cookies);
  }

  execute(pmd: PmdHandle, request: ExecuteRequest): void {
    const program = this.compile(request.actions);
    if (!program) return;
    executions.count++;
    postExecute(pmd, request.packet, request.inPort, request.key, program.bytes);
    this.releaseWhenApplied(pmd, program.cookies);
  }

  private compile(actions: readonly OdpAction[]): Program | undefined {
    const bytes = encodeActions(actions, this.acquire);
    return bytes && { bytes, cookies: this.acquired.splice(0) };
  }

  /** Upcalls of the old program are before the acknowledgement in the upcall ring. */
  private releaseWhenApplied(pmd: PmdHandle, cookies: readonly number[]): void {
    if (cookies.length > 0) void pmd.sync().then(() => this.releaseCookies(cookies));
  }

  private releaseCookies(cookies: readonly number[]): void {
    for (const id of cookies) this.cookies.release(id);
  }
}
