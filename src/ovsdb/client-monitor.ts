// SPDX-License-Identifier: Apache-2.0
import type { Json, JsonObject } from "../lib/json.js";
import { isJsonObject } from "../lib/json.js";
import { JsonRpcError, type JsonRpcPeer } from "../net/jsonrpc.js";
import { ZERO_UUID } from "./atom.js";
import type { DatabaseSchema } from "./db-schema.js";

/** The state of the database when a monitor began. */
export interface MonitorStart {
  readonly updates: Json;
  /** Whether `updates` are everything, or what changed since the last transaction known. */
  readonly whole: boolean;
  readonly lastTransactionId: string;
}

/** The columns of ours that the server has too, as a monitor asks for them. */
export function monitorRequests(ours: DatabaseSchema, theirs: Json): JsonObject {
  const tables = isJsonObject(theirs) && isJsonObject(theirs.tables) ? theirs.tables : {};
  const requests: JsonObject = {};
  for (const table of ours.tables.values()) {
    const known = tables[table.name];
    if (!isJsonObject(known) || !isJsonObject(known.columns)) continue;
    const have = known.columns;
    const columns = table.columns
      .map((column) => column.name)
      .filter((name) => Object.hasOwn(have, name));
    requests[table.name] = [{ columns }];
  }
  return requests;
}

function isUnknownMethod(error: unknown): boolean {
  return error instanceof JsonRpcError && error.error === "unknown method";
}

/**
 * Starts the best monitor that the server has: monitor_cond_since, else monitor_cond, else monitor.
 * Rejects with what `request` rejects with.
 */
export async function startMonitor(
  peer: JsonRpcPeer,
  database: string,
  id: Json,
  requests: JsonObject,
  since: string,
): Promise<MonitorStart> {
  try {
    const reply = await peer.request("monitor_cond_since", [database, id, requests, since]);
    const [found, last, updates] = reply as [boolean, string, Json];
    return { updates, whole: !found, lastTransactionId: last };
  } catch (error) {
    if (!isUnknownMethod(error)) throw error;
  }
  try {
    const updates = await peer.request("monitor_cond", [database, id, requests]);
    return { updates, whole: true, lastTransactionId: ZERO_UUID };
  } catch (error) {
    if (!isUnknownMethod(error)) throw error;
  }
  const updates = await peer.request("monitor", [database, id, requests]);
  return { updates, whole: true, lastTransactionId: ZERO_UUID };
}
