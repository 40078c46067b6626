// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from "node:events";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Json } from "../../src/lib/json.js";
import { JsonRpcError, type JsonRpcPeer } from "../../src/net/jsonrpc.js";
import { openClient } from "../../src/ovsdb/client.js";
import { startMonitor } from "../../src/ovsdb/client-monitor.js";
import { openVSwitchDatabase } from "../../src/ovsdb/schema/database.js";
import { connectTo, ovsSchema, startOwn, tempDir } from "./stock.js";

const update = (target: string): Json[] => [
  "Open_vSwitch",
  { op: "update", table: "Manager", where: [], row: { target } },
];

describe("after a lost connection", () => {
  test("the replica is brought up to date, and only what differs is announced", async () => {
    const own = await startOwn(ovsSchema);
    const session = await connectTo(own);
    await session.request("transact", [
      "Open_vSwitch",
      { op: "insert", table: "Manager", "uuid-name": "m", row: { target: "one" } },
      { op: "insert", table: "Open_vSwitch", row: { manager_options: ["named-uuid", "m"] } },
    ]);
    const client = openClient(openVSwitchDatabase, { remote: own.remote });
    client.lock("ovs_vswitchd");
    await client.ready();
    const manager = client.table("Manager").first();
    const seen: string[] = [];
    client.on("change", (set) => {
      for (const change of set.changes) seen.push(`${change.table} ${[...change.columns].join()}`);
    });
    const ready = new Promise<void>((resolve) => client.on("ready", resolve));
    own.server.close();
    const again = await connectTo(own);
    await again.request("transact", update("two"));
    await ready;
    expect(manager?.target).toBe("two");
    expect(client.table("Manager").first()).toBe(manager);
    expect(seen).toEqual(["Manager target"]);
    await expect.poll(() => client.hasLock).toBe(true);
    client.close();
    again.close();
    await own.stop();
  });

  test("a server that has started anew is another history: everything is compared", async () => {
    const { dir, remove } = tempDir();
    const file = join(dir, "conf.db");
    const first = await startOwn(ovsSchema, file);
    const session = await connectTo(first);
    await session.request("transact", [
      "Open_vSwitch",
      { op: "insert", table: "Open_vSwitch", row: { next_cfg: 4 } },
    ]);
    session.close();
    const local = openClient(openVSwitchDatabase, { server: first.server });
    await local.ready();
    expect(local.table("Open_vSwitch").first()?.next_cfg).toBe(4);
    local.close();
    await first.stop();
    const second = await startOwn(ovsSchema, file);
    const client = openClient(openVSwitchDatabase, { server: second.server });
    await client.ready();
    expect(client.table("Open_vSwitch").first()?.next_cfg).toBe(4);
    client.close();
    await second.stop();
    remove();
  });
});

describe("monitors of older servers", () => {
  /** A server that knows only some methods. */
  function peerWith(methods: Readonly<Record<string, Json>>): JsonRpcPeer {
    return Object.assign(new EventEmitter(), {
      name: "old",
      closed: false,
      notify() {},
      close() {},
      request: async (method: string): Promise<Json> => {
        const reply = methods[method];
        if (reply === undefined) throw new JsonRpcError("unknown method");
        return reply;
      },
    }) as unknown as JsonRpcPeer;
  }

  test.each([
    [{ monitor_cond_since: [true, "id", { a: 1 }], monitor_cond: {} }, { a: 1 }, false],
    [{ monitor_cond: { b: 1 }, monitor: {} }, { b: 1 }, true],
    [{ monitor: { c: 1 } }, { c: 1 }, true],
  ])("%j", async (methods, updates, whole) => {
    const start = await startMonitor(peerWith(methods), "db", "m", {}, "since");
    expect(start).toMatchObject({ updates, whole });
  });
});

test("a client that does not read is sent the sum of what it missed", async () => {
  const own = await startOwn(ovsSchema);
  const [slow, fast] = [await connectTo(own), await connectTo(own)];
  await fast.request("transact", [
    "Open_vSwitch",
    { op: "insert", table: "Open_vSwitch", row: { next_cfg: 0 } },
  ]);
  let updates = 0;
  let last: Json = null;
  slow.on("notification", (_method, params) => {
    updates++;
    last = params[1] as Json;
  });
  await slow.request("monitor", [
    "Open_vSwitch",
    "m",
    { Open_vSwitch: [{ columns: ["next_cfg", "external_ids"] }] },
  ]);
  slow.stream.pause();
  const big = "x".repeat(200_000);
  for (let i = 1; i <= 60; i++) {
    const row = { next_cfg: i, external_ids: ["map", [["big", `${big}${i}`]]] as Json };
    await fast.request("transact", [
      "Open_vSwitch",
      { op: "update", table: "Open_vSwitch", where: [], row },
    ]);
  }
  slow.stream.resume();
  await expect.poll(() => JSON.stringify(last).includes('"next_cfg":60')).toBe(true);
  expect(updates).toBeLessThan(40);
  slow.close();
  fast.close();
  await own.stop();
});
