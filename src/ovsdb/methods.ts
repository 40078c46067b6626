// SPDX-License-Identifier: Apache-2.0
import { isJsonObject, type Json } from "../lib/json.js";
import type { JsonRpcRequest } from "../net/jsonrpc.js";
import { isId, parseUuid, ZERO_UUID } from "./atom.js";
import type { Condition } from "./condition.js";
import type { Database } from "./database.js";
import { Monitor, type MonitorVersion } from "./monitor.js";
import { parseWhere } from "./monitor-request.js";
import { ObjectParser } from "./object-parser.js";
import { OvsdbError, syntaxError } from "./ovsdb-error.js";
import { Session } from "./session.js";

/** Returns the reply, or undefined when it answers (or will answer) through the request itself. */
type Method = (session: Session, request: JsonRpcRequest) => Json | undefined;

function databaseOf(session: Session, { method, params }: JsonRpcRequest): Database {
  const [name] = params;
  if (typeof name !== "string") {
    throw syntaxError(params, `${method} request params must begin with <db-name>`);
  }
  const db = session.server.databases.get(name);
  if (db) return db;
  const details = `${method} request specifies unknown database ${name}`;
  throw syntaxError(params, details, "unknown database");
}

const transact: Method = (session, request) => {
  const db = databaseOf(session, request);
  if (session.hasPending(request.id)) {
    throw syntaxError(undefined, "duplicate request ID");
  }
  session.transact(db, request);
  return undefined;
};

function addMonitor(session: Session, request: JsonRpcRequest, version: MonitorVersion): Monitor {
  const db = databaseOf(session, request);
  const { params } = request;
  const count = version === 3 ? 4 : 3;
  if (params.length !== count) throw syntaxError(params, "invalid parameters");
  const id = params[1] as Json;
  const key = Session.monitorKey(id);
  if (session.monitors.has(key)) throw syntaxError(id, "duplicate monitor ID");
  const monitor = new Monitor(id, db, version, params[2]);
  session.monitors.set(key, monitor);
  return monitor;
}

const monitor: Method = (session, request) => addMonitor(session, request, 1).initial();

const monitorCond: Method = (session, request) => addMonitor(session, request, 2).initial();

/** Replies [found, last transaction, updates]; updates are whole unless `found`. */
const monitorCondSince: Method = (session, request) => {
  const last = request.params[3];
  if (last !== undefined && typeof last !== "string") {
    throw syntaxError(last, "last-txn-id must be string");
  }
  if (last !== undefined && !parseUuid(last)) {
    throw syntaxError(last, "last-txn-id must be UUID format.");
  }
  const added = addMonitor(session, request, 3);
  const { db } = added;
  const missed =
    last === ZERO_UUID ? undefined : session.server.historyOf(db)?.since(last as string);
  const updates = missed ? added.replayed(missed) : added.initial();
  return [missed !== undefined, db.lastTransactionId, updates];
};

function parseConditions(monitor: Monitor, json: Json | undefined): Map<string, Condition> {
  if (!isJsonObject(json))
    throw syntaxError(undefined, "monitor-cond-change-requests must be object");
  const conditions = new Map<string, Condition>();
  for (const [name, requests] of Object.entries(json)) {
    const watched = monitor.tables.get(name);
    if (!watched) throw syntaxError(undefined, `no table named ${name} in monitor session`);
    if (!Array.isArray(requests)) throw syntaxError(requests, "array expected");
    const clauses = requests.flatMap((request) => {
      const parser = new ObjectParser(request, `table ${name}`);
      const where = parser.optional("where", "array");
      if (parser.optional("columns", "array")) {
        throw syntaxError(request, "changing columns is unsupported");
      }
      parser.finish();
      return [...parseWhere(where, watched.table.schema)];
    });
    conditions.set(name, clauses);
  }
  return conditions;
}

/** Params: old id, new id, conditions by table. Updates go out before the reply. */
const monitorCondChange: Method = (session, { params }) => {
  if (params.length !== 3) throw syntaxError(params, "invalid parameters");
  const found = session.monitors.get(Session.monitorKey(params[0] as Json));
  if (!found) throw syntaxError(params[0], "unknown monitor session");
  const newKey = Session.monitorKey(params[1] as Json);
  const oldKey = Session.monitorKey(params[0] as Json);
  if (newKey !== oldKey && session.monitors.has(newKey)) {
    throw syntaxError(params[1], "duplicate monitor ID");
  }
  const updates = found.changeConditions(parseConditions(found, params[2]));
  found.rename(params[1] as Json);
  session.monitors.delete(oldKey);
  session.monitors.set(newKey, found);
  if (updates) session.sendUpdates(found, updates);
  return {};
};

const monitorCancel: Method = (session, request) => {
  if (request.params.length !== 1) throw syntaxError(request.params, "invalid parameters");
  if (session.monitors.delete(Session.monitorKey(request.params[0] as Json))) return {};
  request.fail("unknown monitor");
  return undefined;
};

function lockName({ method, params }: JsonRpcRequest): string {
  const [name] = params;
  if (params.length !== 1 || typeof name !== "string" || !isId(name)) {
    throw syntaxError(params, `${method} request params must be <id>`);
  }
  return name;
}

function refuseSecondLock(session: Session, request: JsonRpcRequest, name: string): void {
  if (!session.server.locks.wants(session, name)) return;
  throw syntaxError(request.params, `must issue "unlock" before new "${request.method}"`);
}

const lock: Method = (session, request) => {
  const name = lockName(request);
  refuseSecondLock(session, request, name);
  return { locked: session.server.locks.lock(session, name) };
};

const steal: Method = (session, request) => {
  const name = lockName(request);
  refuseSecondLock(session, request, name);
  session.server.locks.steal(session, name);
  return { locked: true };
};

const unlock: Method = (session, request) => {
  const name = lockName(request);
  if (!session.server.locks.wants(session, name)) {
    throw syntaxError(request.params, 'unlock: "unlock" without "lock" or "steal"');
  }
  session.server.locks.unlock(session, name);
  return {};
};

const setDbChangeAware: Method = (session, { params }) => {
  const [aware] = params;
  if (params.length !== 1 || typeof aware !== "boolean") {
    throw syntaxError(params, "set_db_change_aware: true or false parameter expected");
  }
  session.dbChangeAware = aware;
  return {};
};

const convert: Method = (session, request) => {
  const db = databaseOf(session, request);
  throw new OvsdbError("not supported", `schema of database ${db.name} is fixed`);
};

/** Every method of the server, RFC 7047 §4.1 and ovsdb-server(7) §4.1.11 on. */
export const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["list_dbs", (session) => [...session.server.databases.keys()].sort()],
  ["get_schema", (session, request) => databaseOf(session, request).schema.json],
  ["get_server_id", (session) => session.server.id],
  ["echo", (_session, request) => request.params],
  ["transact", transact],
  ["monitor", monitor],
  ["monitor_cond", monitorCond],
  ["monitor_cond_since", monitorCondSince],
  ["monitor_cond_change", monitorCondChange],
  ["monitor_cancel", monitorCancel],
  ["lock", lock],
  ["steal", steal],
  ["unlock", unlock],
  ["set_db_change_aware", setDbChangeAware],
  ["convert", convert],
]);
