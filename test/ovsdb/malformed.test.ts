// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/lib/json.js";
import { JsonRpcError } from "../../src/net/jsonrpc.js";
import { METHODS } from "../../src/ovsdb/methods.js";
import { fuzzSchema, Generator } from "./random-operations.js";
import { startOwn } from "./stock.js";

const ODD: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2n ** 62n,
  "",
  "__proto__",
  "constructor",
  "name",
  [],
  [[]],
  ["set", []],
  ["set", [["uuid"]]],
  ["map", [[1]]],
  ["uuid", "x"],
  ["named-uuid", "__proto__"],
  {},
  { op: "select" },
  { columns: {} },
];

/** The same JSON with one part, anywhere in it, replaced by something else. */
function spoiled(json: Json, g: Generator): Json {
  if (g.chance(0.15)) return g.pick(ODD);
  if (Array.isArray(json) && json.length > 0) {
    const at = g.int(json.length);
    return json.map((each, i) => (i === at ? spoiled(each, g) : each));
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json)) {
    const names = Object.keys(json);
    if (names.length === 0) return g.pick(ODD);
    const name = g.pick(names);
    const copy: JsonObject = { ...json, [name]: spoiled(json[name] as Json, g) };
    if (g.chance(0.1)) copy[String(g.pick(["where", "columns", "zip", "rows"]))] = g.pick(ODD);
    return copy;
  }
  return g.pick(ODD);
}

test("requests with anything in place of anything are answered or refused", async () => {
  const own = await startOwn(fuzzSchema);
  const g = new Generator(99);
  const requests: readonly (() => [string, Json[]])[] = [
    () => ["transact", ["Fuzz", ...g.transaction()]],
    () => ["transact", ["Fuzz", ...g.transaction()]],
    () => [
      "monitor",
      ["Fuzz", g.int(50), { Kid: [{ columns: ["text"], select: { modify: false } }] }],
    ],
    () => ["monitor_cond", ["Fuzz", g.int(50), { Root: [{ where: [["a", ">", 1]] }] }]],
    () => ["monitor_cond_since", ["Fuzz", g.int(50), { Root: { where: [true] } }, "x"]],
    () => ["monitor_cond_change", [g.int(50), g.int(50), { Root: [{ where: [["a", "<", 2]] }] }]],
    () => [g.pick([...METHODS.keys()]), ["Fuzz", g.pick(ODD)]],
  ];
  let answered = 0;
  for (let i = 0; i < 6000; i++) {
    // A waiting transaction would wait for ever: sessions are short.
    const peer = own.server.connectLocal();
    for (let k = 0; k < 3; k++) {
      const [method, params] = g.pick(requests)();
      const bad = spoiled(params, g);
      peer.request(method, Array.isArray(bad) ? bad : [bad]).then(
        () => answered++,
        (error) => expect(error).toHaveProperty("code"),
      );
    }
    await Promise.resolve();
    peer.close();
  }
  expect(answered).toBeGreaterThan(100);
  const peer = own.server.connectLocal();
  await expect(peer.request("nonesuch", [])).rejects.toBeInstanceOf(JsonRpcError);
  expect(await peer.request("list_dbs", [])).toEqual(["Fuzz", "_Server"]);
  await own.stop();
});
