// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openClient } from "../../src/ovsdb/client.js";
import type { DatabaseClient } from "../../src/ovsdb/client-api.js";
import { type OpenVSwitchTables, openVSwitchDatabase } from "../../src/ovsdb/schema/database.js";
import { hasStock, ovsSchema, type RunningServer, startOwn, startStock } from "./stock.js";

type Client = DatabaseClient<OpenVSwitchTables>;

/** The same behaviour is asked of a client in each of these places. */
const PLACES = {
  "embedded database": async (): Promise<[RunningServer, () => Client]> => {
    const own = await startOwn(ovsSchema);
    return [own, () => openClient(openVSwitchDatabase, { server: own.server })];
  },
  "our server on a socket": async (): Promise<[RunningServer, () => Client]> => {
    const own = await startOwn(ovsSchema);
    return [own, () => openClient(openVSwitchDatabase, { remote: own.remote })];
  },
  ...(hasStock
    ? {
        "stock server": async (): Promise<[RunningServer, () => Client]> => {
          const stock = await startStock(ovsSchema);
          return [stock, () => openClient(openVSwitchDatabase, { remote: stock.remote })];
        },
      }
    : {}),
};

async function addBridge(client: Client, name: string): Promise<void> {
  const txn = client.transaction();
  const iface = txn.insert("Interface", { name, type: "internal" });
  const port = txn.insert("Port", { name, interfaces: [iface] });
  const bridge = txn.insert("Bridge", { name, ports: [port], other_config: { hwaddr: "x" } });
  const root = client.table("Open_vSwitch").first();
  if (root) txn.add(root, "bridges", [bridge]);
  else txn.insert("Open_vSwitch", { bridges: [bridge] });
  expect(await txn.commit()).toMatchObject({ status: "success" });
  expect(bridge.uuid).toMatch(/^[0-9a-f-]{36}$/);
}

describe.each(Object.entries(PLACES))("client of the %s", (_name, place) => {
  let server: RunningServer;
  let open: () => Client;
  let client: Client;

  beforeEach(async () => {
    [server, open] = await place();
    client = open();
    await client.ready();
  });

  afterEach(async () => {
    client.close();
    await server.stop();
  });

  test("rows read as plain values and lead to other rows", async () => {
    await addBridge(client, "br0");
    const bridge = client.table("Bridge").find("name", "br0");
    expect(bridge?.ports.map((port) => port.interfaces.map((i) => i.type))).toEqual([["internal"]]);
    expect(bridge?.other_config.get("hwaddr")).toBe("x");
    expect(bridge?.fail_mode).toBeUndefined();
    expect(client.table("Open_vSwitch").first()?.bridges).toEqual([bridge]);
  });

  test("changes are there when the commit returns, and were announced", async () => {
    const seen: string[] = [];
    client.on("change", (set) => {
      for (const { table, type } of set.changes) seen.push(`${table} ${type}`);
    });
    await addBridge(client, "br0");
    expect(seen.sort()).toEqual([
      "Bridge insert",
      "Interface insert",
      "Open_vSwitch insert",
      "Port insert",
    ]);
    const row = client.table("Interface").first();
    const txn = client.transaction();
    if (row) txn.update(row, { ofport: 3, statistics: { rx_packets: 5, tx_bytes: 2 ** 60 } });
    await txn.commit();
    expect(row?.ofport).toBe(3);
    expect(row?.statistics.get("rx_packets")).toBe(5);
    expect(client.datum(row as NonNullable<typeof row>, "statistics").values).toEqual([
      5,
      2n ** 60n,
    ]);
  });

  test("writes only what differs", async () => {
    await addBridge(client, "br0");
    const row = client.table("Interface").first() as NonNullable<
      ReturnType<ReturnType<typeof client.table<"Interface">>["first"]>
    >;
    const txn = client.transaction();
    txn.update(row, { name: "br0", type: "internal", ofport: undefined });
    expect(await txn.commit()).toEqual({ status: "unchanged", results: [] });
  });

  test("deleting a bridge deletes what only it referred to", async () => {
    await addBridge(client, "br0");
    await addBridge(client, "br1");
    const bridge = client.table("Bridge").find("name", "br0");
    const iface = client.table("Interface").find("name", "br0");
    const root = client.table("Open_vSwitch").first();
    const txn = client.transaction();
    if (root && bridge) txn.remove(root, "bridges", [bridge]);
    await txn.commit();
    expect(client.table("Bridge").size).toBe(1);
    expect(client.table("Interface").size).toBe(1);
    expect(iface?._deleted).toBe(true);
  });

  test("verify makes a stale transaction try again", async () => {
    await addBridge(client, "br0");
    const other = open();
    await other.ready();
    const row = client.table("Interface").first();
    const txn = client.transaction();
    if (row) {
      txn.verify(row, "type");
      txn.update(row, { ofport: 1 });
    }
    const theirs = other.transaction();
    const theirRow = other.table("Interface").first();
    if (theirRow) theirs.update(theirRow, { type: "tap" });
    await theirs.commit();
    expect(await txn.commit()).toMatchObject({ status: "try-again" });
    other.close();
  });

  test("increment returns the new value", async () => {
    await addBridge(client, "br0");
    const root = client.table("Open_vSwitch").first();
    const txn = client.transaction();
    if (root) txn.increment(root, "next_cfg");
    expect(await txn.commit()).toMatchObject({ status: "success" });
    expect(txn.incremented).toBe(1);
    expect(root?.next_cfg).toBe(1);
  });

  test("the database's refusal is an error with its text", async () => {
    await addBridge(client, "br0");
    const root = client.table("Open_vSwitch").first();
    const txn = client.transaction();
    const bridge = txn.insert("Bridge", { name: "br0" });
    if (root) txn.add(root, "bridges", [bridge]);
    const result = await txn.commit();
    expect(result.status).toBe("error");
    expect(result.error).toMatch(
      /^constraint violation: Transaction causes multiple rows in "Bridge"/,
    );
  });

  test("one client at a time has the lock, and only its transactions pass", async () => {
    client.lock("ovs_vswitchd");
    await new Promise<void>((resolve) => {
      if (client.hasLock) resolve();
      else client.on("lock", () => resolve());
    });
    await addBridge(client, "br0");
    const other = open();
    other.lock("ovs_vswitchd");
    await other.ready();
    const txn = other.transaction();
    txn.insert("Manager", { target: "ptcp:" });
    expect(await txn.commit()).toMatchObject({ status: "not-locked" });
    const granted = new Promise((resolve) => other.on("lock", (_, held) => resolve(held)));
    client.unlock();
    expect(await granted).toBe(true);
    other.close();
  });

  test("many transactions at once end in the order in which they were made", async () => {
    await addBridge(client, "br0");
    const row = client.table("Interface").first();
    const commits = Array.from({ length: 20 }, (_, i) => {
      const txn = client.transaction();
      if (row) txn.update(row, { ofport: (i % 2) + 1 });
      return txn.commit();
    });
    await Promise.all(commits);
    expect(row?.ofport).toBe(2);
  });
});
