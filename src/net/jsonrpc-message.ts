// SPDX-License-Identifier: Apache-2.0
import { isJsonObject, type Json, type JsonObject } from "../lib/json.js";

/** The four messages of JSON-RPC 1.0 as OVSDB uses it (RFC 7047 §4). */
export type JsonRpcMessage =
  | {
      readonly type: "request";
      readonly method: string;
      readonly params: Json[];
      readonly id: Json;
    }
  | { readonly type: "notification"; readonly method: string; readonly params: Json[] }
  | { readonly type: "reply"; readonly result: Json; readonly id: Json }
  | { readonly type: "error"; readonly error: Json; readonly id: Json };

const MEMBERS = new Set(["method", "params", "id", "result", "error"]);

/** A member that is there and not null. */
function present(message: JsonObject, name: string): boolean {
  return message[name] !== undefined && message[name] !== null;
}

function typeOf(message: JsonObject): JsonRpcMessage["type"] {
  if (present(message, "result")) return "reply";
  if (present(message, "error")) return "error";
  if (message.method === undefined && message.result === null) return "reply";
  return present(message, "id") ? "request" : "notification";
}

const MUST: Readonly<Record<JsonRpcMessage["type"], ReadonlyMap<string, boolean>>> = {
  request: new Map([
    ["method", true],
    ["params", true],
    ["result", false],
    ["error", false],
    ["id", true],
  ]),
  notification: new Map([
    ["method", true],
    ["params", true],
    ["result", false],
    ["error", false],
    ["id", false],
  ]),
  reply: new Map([
    ["method", false],
    ["params", false],
    ["error", false],
    ["id", true],
  ]),
  error: new Map([
    ["method", false],
    ["params", false],
    ["result", false],
    ["error", true],
    ["id", true],
  ]),
};

/** Reads one message; a string result says what is wrong with it. */
export function decodeMessage(json: Json): JsonRpcMessage | string {
  if (!isJsonObject(json)) return "message is not a JSON object";
  if (json.method !== undefined && typeof json.method !== "string")
    return "method is not a JSON string";
  const unexpected = Object.keys(json).find((name) => !MEMBERS.has(name));
  if (unexpected !== undefined) return `message has unexpected member "${unexpected}"`;
  const type = typeOf(json);
  for (const [name, must] of MUST[type]) {
    if (present(json, name) !== must) return `${type} must ${must ? "" : "not "}have "${name}"`;
  }
  if (json.params !== undefined && json.params !== null && !Array.isArray(json.params)) {
    return '"params" must be JSON array';
  }
  const { method, params, id, result, error } = json;
  switch (type) {
    case "request":
      return { type, method: method as string, params: params as Json[], id: id as Json };
    case "notification":
      return { type, method: method as string, params: params as Json[] };
    case "reply":
      return { type, result: result ?? null, id: id as Json };
    case "error":
      return { type, error: error as Json, id: id as Json };
  }
}

/** The JSON of a message, with the nulls that RFC 7047 §4 asks for. */
export function encodeMessage(message: JsonRpcMessage): JsonObject {
  switch (message.type) {
    case "request":
      return { id: message.id, method: message.method, params: message.params };
    case "notification":
      return { id: null, method: message.method, params: message.params };
    case "reply":
      return { id: message.id, result: message.result, error: null };
    case "error":
      return { id: message.id, result: null, error: message.error };
  }
}
