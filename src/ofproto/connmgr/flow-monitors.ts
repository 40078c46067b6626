// SPDX-License-Identifier: Apache-2.0
/**
 * The flow monitors of one connection. A peer that does not read is told "paused" and nothing more
 * but the removal of flows that it knows; when it has read everything, it gets what it missed.
 */
import { OfpError } from "../../openflow/errors.js";
import { V14 } from "../../openflow/messages/codec.js";
import {
  type FlowMonitor,
  MONITOR_COMMAND,
  MONITOR_FLAG,
} from "../../openflow/messages/flow-monitor.js";
import { FLOW_EVENT, type FlowUpdate } from "../../openflow/messages/flow-updates.js";
import type { FlowChange, Requester } from "../flow-change.js";
import { flowChange, watches } from "../flow-change.js";
import type { FlowTables } from "../ofproto-flow-tables.js";
import type { Rule } from "../rule.js";
import type { OfConnection } from "./connection.js";

/** So much unread, and monitoring pauses. */
const PAUSE_BYTES = 128 << 10;

const FLAG_OF_EVENT: Readonly<Record<number, number>> = {
  [FLOW_EVENT.ADDED]: MONITOR_FLAG.ADD,
  [FLOW_EVENT.REMOVED]: MONITOR_FLAG.REMOVED,
  [FLOW_EVENT.MODIFIED]: MONITOR_FLAG.MODIFY,
};

export class FlowMonitors {
  readonly #monitors = new Map<number, FlowMonitor>();
  /** Number of the last change before the pause; 0: not paused. */
  #pausedAt = 0;

  constructor(private readonly connection: OfConnection) {}

  get isEmpty(): boolean {
    return this.#monitors.size === 0;
  }

  /** Carries out a request: all of it, or nothing of what it adds. Returns the monitors that are
   * new. Throws OfpError. */
  request(monitors: readonly FlowMonitor[], checkTable: (tableId: number) => void): FlowMonitor[] {
    const added: FlowMonitor[] = [];
    try {
      for (const monitor of monitors) {
        checkTable(monitor.tableId);
        if (monitor.command !== MONITOR_COMMAND.ADD) this.cancel(monitor.id);
        if (monitor.command === MONITOR_COMMAND.DELETE) continue;
        if (this.#monitors.has(monitor.id)) throw new OfpError("OFPMOFC_MONITOR_EXISTS");
        this.#monitors.set(monitor.id, monitor);
        added.push(monitor);
      }
    } catch (error) {
      for (const { id } of added) this.#monitors.delete(id);
      throw error;
    }
    return added;
  }

  /** Throws OFPMOFC_UNKNOWN_MONITOR. */
  cancel(id: number): void {
    if (!this.#monitors.delete(id)) throw new OfpError("OFPMOFC_UNKNOWN_MONITOR");
  }

  /** Tells of the changes of one transaction. `lastSeq` is the number of the last of them. */
  report(
    changes: readonly FlowChange[],
    requester: Requester | null,
    lastSeq: number,
    flows: FlowTables,
  ): void {
    if (this.isEmpty) return;
    const updates: FlowUpdate[] = [];
    const isOwn = requester?.connection === this.connection;
    let abbreviated = false;
    for (const change of changes) {
      const isKnown = change.event === FLOW_EVENT.REMOVED && change.rule.addedSeq <= this.#pausedAt;
      if (this.#pausedAt && !isKnown) continue;
      const flags = this.#flagsFor(change);
      if (flags === 0) continue;
      // The stock switch takes ONLY_OWN for "own changes in full" as well.
      const inFull = MONITOR_FLAG.NO_ABBREV | MONITOR_FLAG.ONLY_OWN;
      if (flags & inFull || !isOwn || this.#pausedAt) {
        updates.push({
          ...change,
          actions: flags & MONITOR_FLAG.INSTRUCTIONS ? change.actions : [],
        });
      } else if (!abbreviated) {
        abbreviated = true;
        updates.push({ event: FLOW_EVENT.ABBREV, xid: requester.xid });
      }
    }
    if (updates.length > 0) this.#send(updates);
    this.#pauseIfBehind(lastSeq, flows);
  }

  #flagsFor(change: FlowChange): number {
    let flags = 0;
    for (const monitor of this.#monitors.values()) {
      const isWanted = (monitor.flags & (FLAG_OF_EVENT[change.event] as number)) !== 0;
      if (isWanted && watches(monitor, change)) flags |= monitor.flags;
    }
    return flags;
  }

  #send(updates: readonly FlowUpdate[]): void {
    this.connection.send({ type: "flow_monitor_reply", updates }, 0);
  }

  #pauseIfBehind(lastSeq: number, flows: FlowTables): void {
    if (this.#pausedAt || this.connection.stream.backlogBytes <= PAUSE_BYTES) return;
    this.#pausedAt = lastSeq;
    this.#sendState(FLOW_EVENT.PAUSED);
    this.connection.whenDrained(() => this.#resume(flows));
  }

  #sendState(event: 5 | 6): void {
    if (this.connection.version >= V14) this.#send([{ event }]);
    else {
      const isPause = event === FLOW_EVENT.PAUSED;
      this.connection.send({ type: isPause ? "flow_monitor_paused" : "flow_monitor_resumed" }, 0);
    }
  }

  #resume(flows: FlowTables): void {
    const since = this.#pausedAt;
    this.#pausedAt = 0;
    const updates = refresh([...this.#monitors.values()], flows, (rule, monitor) => {
      if (rule.addedSeq > since) {
        const isWanted = monitor.flags & (MONITOR_FLAG.ADD | MONITOR_FLAG.MODIFY);
        return isWanted ? FLOW_EVENT.ADDED : null;
      }
      const isChanged = rule.modifiedSeq > since && monitor.flags & MONITOR_FLAG.MODIFY;
      return isChanged ? FLOW_EVENT.MODIFIED : null;
    });
    if (updates.length > 0) this.#send(updates);
    this.#sendState(FLOW_EVENT.RESUMED);
  }
}

/** The flows that monitors watch, each once, with the event that `eventOf` gives it. */
export function refresh(
  monitors: readonly FlowMonitor[],
  flows: FlowTables,
  eventOf: (rule: Rule, monitor: FlowMonitor) => number | null,
): FlowUpdate[] {
  const found = new Map<Rule, { event: number; withActions: boolean }>();
  for (const monitor of monitors) {
    const { match, tableId, outPort, outGroup } = monitor;
    const criteria = { match, tableId, outPort, outGroup, cookie: 0n, cookieMask: 0n };
    for (const rule of flows.select(criteria)) {
      const event = eventOf(rule, monitor);
      if (event === null) continue;
      const withActions = (monitor.flags & MONITOR_FLAG.INSTRUCTIONS) !== 0;
      const before = found.get(rule);
      found.set(rule, { event, withActions: withActions || before?.withActions === true });
    }
  }
  return [...found].map(([rule, { event, withActions }]) => {
    const update = flowChange(rule, event);
    return withActions ? update : { ...update, actions: [] };
  });
}
