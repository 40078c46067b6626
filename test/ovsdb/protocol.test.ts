// SPDX-License-Identifier: Apache-2.0
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  isJsonObject,
  type Json,
  type JsonObject,
  parseJson,
  printJson,
} from "../../src/lib/json.js";
import { JsonStreamDecoder } from "../../src/net/json-stream.js";
import {
  connectTo,
  hasStock,
  ovsSchema,
  type RunningServer,
  startOwn,
  startStock,
} from "./stock.js";

const ZERO = "00000000-0000-0000-0000-000000000000";
const request = (method: string, ...params: Json[]): Json => ({ id: 1, method, params });
const bridges = (spec: Json): Json => request("monitor", "Open_vSwitch", 1, { Bridge: spec });

/** Conversations, each on a connection of its own; both servers must answer the same. */
const CONVERSATIONS: readonly (readonly Json[])[] = [
  [request("list_dbs")],
  [request("list_dbs", 1)],
  [request("echo", "a", 9223372036854775807n, 1.5, null, { b: [] })],
  [request("nonesuch")],
  [request("cancel")],
  [request("get_schema")],
  [request("get_schema", "x")],
  [request("transact")],
  [request("transact", "x")],
  [request("transact", "Open_vSwitch")],
  [request("transact", "Open_vSwitch", 5)],
  [request("transact", "_Server", { op: "insert", table: "Database", row: {} })],
  [request("lock")],
  [request("lock", "a-b")],
  [request("lock", "a"), request("lock", "a")],
  [request("lock", "b"), request("steal", "b")],
  [request("lock", "c"), request("unlock", "c"), request("lock", "c")],
  [request("unlock", "d")],
  [request("steal", "e"), request("transact", "Open_vSwitch", { op: "assert", lock: "e" })],
  [request("transact", "Open_vSwitch", { op: "assert", lock: "f" })],
  [request("monitor_cancel", 1)],
  [bridges({ columns: ["name"] }), request("monitor_cancel", 1), request("monitor_cancel", 1)],
  [bridges({ columns: ["zip"] })],
  [bridges({ columns: ["name", "name"] })],
  [bridges({ columns: "name" })],
  [bridges({ columns: [1] })],
  [bridges({ zip: 1 })],
  [bridges({ select: { foo: true } })],
  [bridges({ where: [] })],
  [bridges({ columns: ["name"] }), bridges({ columns: ["name"] })],
  [request("monitor", "Open_vSwitch", 1, { x: {} })],
  [request("monitor", "x", 1, {})],
  [request("set_db_change_aware")],
  [request("set_db_change_aware", true)],
  [request("monitor_cond_change", 1)],
  [request("monitor_cond_change", 1, 1, {})],
  [
    request("monitor_cond", "Open_vSwitch", 1, {
      Bridge: [{ columns: ["name"], where: [["name", "==", "x"]] }],
    }),
    request("monitor_cond_change", 1, 2, { Port: [{ where: [true] }] }),
    request("monitor_cond_change", 1, 2, []),
    request("monitor_cond_change", 1, 2, { Bridge: [{ where: [false] }] }),
    request("monitor_cond_change", 2, 2, { Bridge: [{ where: [["nonesuch", "==", 1]] }] }),
  ],
  [request("monitor_cond_since", "Open_vSwitch", 1, { Bridge: [{ columns: ["name"] }] }, "zzz")],
  [request("monitor_cond_since", "Open_vSwitch", 1, { Bridge: [{ columns: ["name"] }] }, 5)],
];

/** Sends text and collects what comes back until there is silence or the end. */
function converse(
  server: RunningServer,
  text: string | Buffer,
): Promise<{ replies: Json[]; closed: boolean }> {
  return new Promise((resolve) => {
    const replies: Json[] = [];
    const decoder = new JsonStreamDecoder();
    const socket = connect(server.remote.slice("unix:".length));
    let timer = setTimeout(() => finish(false), 600);
    function finish(closed: boolean): void {
      clearTimeout(timer);
      socket.destroy();
      resolve({ replies, closed });
    }
    socket.on("data", (chunk) => {
      decoder.push(chunk, (value) => replies.push(value));
      clearTimeout(timer);
      timer = setTimeout(() => finish(false), 250);
    });
    socket.on("error", () => finish(true));
    socket.on("end", () => finish(true));
    socket.write(text);
  });
}

/** The stock server leaves null results and errors out or in as it likes. */
function withoutNulls(reply: Json): Json {
  if (!isJsonObject(reply)) return reply;
  return Object.fromEntries(
    Object.entries(reply).filter(([, value]) => value !== null),
  ) as JsonObject;
}

describe.skipIf(!hasStock)("the protocol beside the stock server", () => {
  let stock: RunningServer;
  let own: RunningServer;

  beforeAll(async () => {
    stock = await startStock(ovsSchema);
    own = await startOwn(ovsSchema);
  });
  afterAll(async () => {
    await stock.stop();
    await own.stop();
  });

  test.concurrent.each(
    CONVERSATIONS.map((c) => [printJson(c as Json[]).slice(0, 150), c] as const),
  )("%s", async (_name, messages) => {
    const text = messages.map((message) => printJson(message)).join("");
    const [a, b] = await Promise.all([converse(stock, text), converse(own, text)]);
    expect(b.replies.map(withoutNulls)).toEqual(a.replies.map(withoutNulls));
    expect(b.closed).toBe(a.closed);
  });
});

describe("bad input", () => {
  let own: RunningServer;
  beforeAll(async () => {
    own = await startOwn(ovsSchema);
  });
  afterAll(() => own.stop());

  const BAD: readonly (readonly [string, string | Buffer])[] = [
    ["garbage", "GET / HTTP/1.1\r\n\r\n"],
    ["an array", "[]"],
    ["a truncated object, then another", '{"id":1,"method":}{}'],
    ["no method", '{"id":1}'],
    ["no params", '{"id":1,"method":"echo"}'],
    ["params of the wrong type", '{"id":1,"method":"echo","params":{}}'],
    ["a result in a request", '{"id":1,"method":"echo","params":[],"result":1}'],
    ["an unexpected member", '{"id":1,"method":"echo","params":[],"zip":1}'],
    ["deep nesting", "[".repeat(2000)],
    ["an escaped NUL", '{"id":1,"method":"echo","params":["\\u0000"]}'],
    ["a number out of range", '{"id":1,"method":"echo","params":[1e400]}'],
    [
      "invalid UTF-8",
      Buffer.from([...Buffer.from('{"id":1,"method":"'), 0xff, 0xfe, ...Buffer.from('"}')]),
    ],
    ["a closing bracket", "}"],
  ];

  test.concurrent.each(BAD)("%s ends the connection, and only that", async (_name, text) => {
    const { replies, closed } = await converse(own, text);
    expect(replies).toEqual([]);
    expect(closed).toBe(true);
  });

  test("what came before the fault is answered, and others are served on", async () => {
    const { replies } = await converse(own, `${printJson(request("echo", 1))}garbage`);
    expect(replies).toEqual([{ id: 1, result: [1], error: null }]);
    const session = await connectTo(own);
    expect(await session.request("list_dbs", [])).toEqual(["Open_vSwitch", "_Server"]);
    session.close();
  });

  test("a peer that goes away in the middle of a message is forgotten", async () => {
    const socket = connect(own.remote.slice("unix:".length));
    socket.write('{"id":1,"method":"transact","params":["Open_vSw');
    await sleep(50);
    socket.destroy();
    const session = await connectTo(own);
    expect(await session.request("echo", [1])).toEqual([1]);
    session.close();
  });

  test("a waiting transaction can be canceled, and wakes up when it may go on", async () => {
    const session = await connectTo(own);
    const waits = (): Json => ({
      op: "wait",
      table: "SSL",
      where: [],
      columns: ["private_key"],
      until: "==",
      rows: [{ private_key: "k" }],
    });
    // The first request of a session has the id 0.
    const canceled = session.request("transact", ["Open_vSwitch", waits()]);
    session.notify("cancel", [0]);
    await expect(canceled).rejects.toThrow("canceled");
    const woken = session.request("transact", ["Open_vSwitch", waits()]);
    const other = await connectTo(own);
    await other.request("transact", [
      "Open_vSwitch",
      { op: "insert", table: "SSL", "uuid-name": "s", row: { private_key: "k" } },
      { op: "delete", table: "Open_vSwitch", where: [] },
      { op: "insert", table: "Open_vSwitch", row: { ssl: ["named-uuid", "s"] } },
    ]);
    expect(await woken).toEqual([{}]);
    const late = session.request("transact", [
      "Open_vSwitch",
      { ...(waits() as JsonObject), until: "!=", timeout: 30 },
    ]);
    expect(await late).toEqual([
      { error: "timed out", details: expect.stringMatching(/^"wait" timed out after [0-9]+ ms$/) },
    ]);
    session.close();
    other.close();
  });

  test("monitor_cond_since tells a client that returns only what it missed", async () => {
    const first = await connectTo(own);
    const requests = { Manager: [{ columns: ["target"] }] };
    await first.request("transact", [
      "Open_vSwitch",
      { op: "insert", table: "Manager", "uuid-name": "m", row: { target: "first" } },
      { op: "delete", table: "Open_vSwitch", where: [] },
      { op: "insert", table: "Open_vSwitch", row: { manager_options: ["named-uuid", "m"] } },
    ]);
    const since = async (id: string): Promise<[boolean, string, JsonObject]> => {
      const session = await connectTo(own);
      const reply = await session.request("monitor_cond_since", [
        "Open_vSwitch",
        "m",
        requests,
        id,
      ]);
      session.close();
      return reply as [boolean, string, JsonObject];
    };
    const [found, last, all] = await since(ZERO);
    expect(found).toBe(false);
    expect(Object.keys(all.Manager as JsonObject).length).toBe(1);
    await first.request("transact", [
      "Open_vSwitch",
      { op: "update", table: "Manager", where: [], row: { target: "changed" } },
    ]);
    const [foundAgain, , missed] = await since(last);
    expect(foundAgain).toBe(true);
    expect(Object.values(missed.Manager as JsonObject)).toEqual([
      { modify: { target: "changed" } },
    ]);
    expect((await since("12345678-1234-4123-8123-123456789abc"))[0]).toBe(false);
    first.close();
  });
});

test("a value cut anywhere, character by character, is the same value", () => {
  const value = parseJson(
    '{"a":["é\\"}{",{"b":[1,-2.5e3,"\u{1f600}\\\\"]}],"c":9223372036854775807}',
  );
  const bytes = Buffer.from(`${printJson(value)} ${printJson(value)}\n[]`);
  for (let size = 1; size < bytes.length; size++) {
    const decoder = new JsonStreamDecoder();
    const seen: Json[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      decoder.push(bytes.subarray(at, at + size), (each) => seen.push(each));
    }
    expect(seen).toEqual([value, value, []]);
  }
});

test("messages over the limit are refused before they are complete", () => {
  const decoder = new JsonStreamDecoder(1000);
  decoder.push(Buffer.from(`{"a":"${"x".repeat(500)}`), () => {});
  expect(() => decoder.push(Buffer.from("x".repeat(600)), () => {})).toThrow("exceeds 1000 bytes");
});
