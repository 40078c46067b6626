// SPDX-License-Identifier: Apache-2.0
import type { Json, JsonObject } from "../lib/json.js";
import { anyHolds, type Condition } from "./condition.js";
import type { Database } from "./database.js";
import { type Datum, datumToJson, defaultDatum, equalData } from "./datum.js";
import { type ColumnSchema, UUID_INDEX } from "./db-schema.js";
import { columnDiff } from "./journal-record.js";
import { type MonitoredTable, parseMonitorRequests, SELECT } from "./monitor-request.js";
import type { DbRow, RowData } from "./row.js";
import type { RowChange } from "./transaction.js";

/** How updates look: `monitor` (1), `monitor_cond` (2), `monitor_cond_since` (3). */
export type MonitorVersion = 1 | 2 | 3;

/** A row as it was or is: what conditions and updates are computed from. */
interface RowState {
  readonly uuid: string;
  readonly version: string;
  readonly data: RowData;
}

interface Pending {
  readonly row: DbRow;
  /** As the client knows it; undefined for a row that it does not know. */
  readonly before: RowState | undefined;
}

function value(state: RowState, column: ColumnSchema): Datum {
  if (column.index >= 0) return state.data[column.index] as Datum;
  return { keys: [column.index === UUID_INDEX ? state.uuid : state.version], values: undefined };
}

function shows(condition: Condition, state: RowState | undefined): state is RowState {
  if (!state) return false;
  return condition[0] === true || anyHolds(condition, { get: (column) => value(state, column) });
}

const stateOf = (row: DbRow): RowState => ({
  uuid: row.uuid,
  version: row.version,
  data: row.data,
});

/** The state of a row now; undefined once it is deleted. */
function currentState(row: DbRow): RowState | undefined {
  return row.table.rows.get(row.uuid) === row ? stateOf(row) : undefined;
}

/**
 * What one client watches. Changes are gathered until `takeUpdates`, so that a client which reads
 * slowly gets one update with the sum of what happened, and never makes us hold more than that.
 */
export class Monitor {
  readonly tables: Map<string, MonitoredTable>;
  readonly #pending = new Map<DbRow, Pending>();
  #id: Json;

  /** Throws OvsdbError for requests that do not fit the schema. */
  constructor(
    id: Json,
    readonly db: Database,
    readonly version: MonitorVersion,
    requests: Json | undefined,
  ) {
    this.#id = id;
    this.tables = parseMonitorRequests(requests, db, version > 1);
  }

  get id(): Json {
    return this.#id;
  }

  /** Everything that the monitor shows now, as the reply to its request has it. */
  initial(): JsonObject {
    const updates: JsonObject = {};
    for (const watched of this.tables.values()) {
      if (!(watched.select & SELECT.initial)) continue;
      for (const row of watched.table.rows.values()) {
        const state = stateOf(row);
        if (!shows(watched.condition, state)) continue;
        this.#put(updates, watched, state.uuid, this.#freshJson(watched, state, "initial"));
      }
    }
    return updates;
  }

  /** Takes note of a commit. */
  gather(changes: readonly RowChange[]): void {
    for (const change of changes) {
      const { row, before } = change;
      if (!this.tables.has(row.table.schema.name) || this.#pending.has(row)) continue;
      const state = before && { uuid: row.uuid, version: change.versionBefore, data: before };
      this.#pending.set(row, { row, before: state });
    }
  }

  /** What has changed since the last call, for a client that knows the state of then. */
  takeUpdates(): JsonObject | undefined {
    if (this.#pending.size === 0) return undefined;
    const updates: JsonObject = {};
    for (const { row, before } of this.#pending.values()) {
      const watched = this.tables.get(row.table.schema.name) as MonitoredTable;
      const json = this.#changeJson(watched, watched.condition, before, currentState(row));
      this.#put(updates, watched, row.uuid, json);
    }
    this.#pending.clear();
    return Object.keys(updates).length > 0 ? updates : undefined;
  }

  /** Replaces conditions by table name. Returns what that adds to or removes from the view. */
  changeConditions(conditions: ReadonlyMap<string, Condition>): JsonObject | undefined {
    const updates: JsonObject = this.takeUpdates() ?? {};
    for (const [name, condition] of conditions) {
      const watched = this.tables.get(name) as MonitoredTable;
      const old = watched.condition;
      watched.condition = condition;
      for (const row of watched.table.rows.values()) {
        const state = stateOf(row);
        const [had, has] = [shows(old, state), shows(condition, state)];
        if (had === has) continue;
        const json = has
          ? this.#freshJson(watched, state, "insert")
          : this.#goneJson(watched, state);
        this.#put(updates, watched, state.uuid, json);
      }
    }
    return Object.keys(updates).length > 0 ? updates : undefined;
  }

  /** monitor_cond_change may give the monitor another id. */
  rename(id: Json): void {
    this.#id = id;
  }

  /** What a client missed that knows the state before `history` (oldest first). */
  replayed(history: readonly (readonly RowChange[])[]): JsonObject {
    for (const changes of history) this.gather(changes);
    return this.takeUpdates() ?? {};
  }

  #put(updates: JsonObject, watched: MonitoredTable, uuid: string, json: Json | undefined): void {
    if (json === undefined) return;
    const { name } = watched.table.schema;
    updates[name] ??= {};
    (updates[name] as JsonObject)[uuid] = json;
  }

  #changeJson(
    watched: MonitoredTable,
    condition: Condition,
    before: RowState | undefined,
    after: RowState | undefined,
  ): Json | undefined {
    const [had, has] = [shows(condition, before), shows(condition, after)];
    if (had && has) return this.#modifiedJson(watched, before as RowState, after as RowState);
    if (has) return this.#freshJson(watched, after as RowState, "insert");
    if (had) return this.#goneJson(watched, before as RowState);
    return undefined;
  }

  #freshJson(
    watched: MonitoredTable,
    state: RowState,
    kind: "initial" | "insert",
  ): Json | undefined {
    if (!(watched.select & SELECT[kind])) return undefined;
    const row: JsonObject = {};
    for (const [column, select] of watched.columns) {
      if (!(select & SELECT[kind])) continue;
      const datum = value(state, column);
      // The newer notations leave out what the client can know by itself.
      if (this.version > 1 && equalData(datum, defaultDatum(column.type))) continue;
      row[column.name] = datumToJson(datum, column.type);
    }
    return this.version === 1 ? { new: row } : { [kind]: row };
  }

  #goneJson(watched: MonitoredTable, state: RowState): Json | undefined {
    if (!(watched.select & SELECT.delete)) return undefined;
    if (this.version > 1) return { delete: null };
    const row: JsonObject = {};
    for (const [column, select] of watched.columns) {
      if (select & SELECT.delete) row[column.name] = datumToJson(value(state, column), column.type);
    }
    return { old: row };
  }

  #modifiedJson(watched: MonitoredTable, before: RowState, after: RowState): Json | undefined {
    if (!(watched.select & SELECT.modify)) return undefined;
    const differing: JsonObject = {};
    const whole: JsonObject = {};
    let changed = false;
    for (const [column, select] of watched.columns) {
      if (!(select & SELECT.modify)) continue;
      const [old, now] = [value(before, column), value(after, column)];
      const same = equalData(old, now);
      if (!same) changed = true;
      if (this.version === 1) {
        whole[column.name] = datumToJson(now, column.type);
        if (!same) differing[column.name] = datumToJson(old, column.type);
      } else if (!same) {
        differing[column.name] = columnDiff(column, old, now);
      }
    }
    if (!changed) return undefined;
    return this.version === 1 ? { old: differing, new: whole } : { modify: differing };
  }
}
