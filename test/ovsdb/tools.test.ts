// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseJson } from "../../src/lib/json.js";
import { openClient } from "../../src/ovsdb/client.js";
import { ManagerRemotes } from "../../src/ovsdb/manager-remotes.js";
import { Remotes } from "../../src/ovsdb/remotes.js";
import { openVSwitchDatabase } from "../../src/ovsdb/schema/database.js";
import { hasStock, type OwnServer, ovsSchema, run, startOwn } from "./stock.js";

/** A tool that keeps running, and what it has printed so far. */
function follow(command: string, ...args: string[]) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  return {
    async shows(pattern: RegExp): Promise<string> {
      for (let i = 0; i < 300 && !pattern.test(output); i++) await sleep(10);
      expect(output).toMatch(pattern);
      return output;
    },
    async stop(): Promise<void> {
      child.kill("SIGTERM");
      await gone;
    },
  };
}

describe.skipIf(!hasStock)("stock tools on our server", () => {
  let own: OwnServer;
  beforeEach(async () => {
    own = await startOwn(ovsSchema);
    await vsctl("init");
  });
  afterEach(() => own.stop());

  const vsctl = (...args: string[]) =>
    run("ovs-vsctl", `--db=${own.remote}`, "--no-wait", "--timeout=10", ...args);
  const client = (...args: string[]) => run("ovsdb-client", "--timeout=10", ...args);

  test("ovs-vsctl configures bridges and ports, and takes them away", async () => {
    expect(await vsctl("add-br", "br0", "--", "add-port", "br0", "p0", "tag=5")).toMatchObject({
      status: 0,
    });
    expect((await vsctl("--may-exist", "add-br", "br0")).status).toBe(0);
    expect((await vsctl("list-ports", "br0")).stdout).toBe("p0\n");
    expect((await vsctl("get", "port", "p0", "tag")).stdout).toBe("5\n");
    expect((await vsctl("set", "port", "p0", "tag=9999")).stderr).toMatch(
      /constraint violation: 9999 is not in the valid range 0 to 4095 \(inclusive\)/,
    );
    expect(
      (
        await vsctl(
          "--",
          "--id=@m",
          "create",
          "mirror",
          "name=m",
          "--",
          "set",
          "bridge",
          "br0",
          "mirrors=@m",
        )
      ).status,
    ).toBe(0);
    expect((await vsctl("set", "mirror", "m", "select_src_port=[]")).status).toBe(0);
    await vsctl(
      "--",
      "--id=@p",
      "get",
      "port",
      "p0",
      "--",
      "set",
      "mirror",
      "m",
      "select_src_port=@p",
    );
    expect((await vsctl("del-port", "p0")).status).toBe(0);
    expect((await vsctl("get", "mirror", "m", "select_src_port")).stdout).toBe("[]\n");
    expect((await vsctl("del-br", "br0")).status).toBe(0);
    expect((await vsctl("list", "interface")).stdout).toBe("");
    expect((await vsctl("show")).stdout).toMatch(/^[0-9a-f-]{36}\n$/);
  });

  test("ovsdb-client lists, dumps, transacts and backs up", async () => {
    expect((await client("list-dbs", own.remote)).stdout).toBe("Open_vSwitch\n_Server\n");
    const schema = await client("get-schema", own.remote, "Open_vSwitch");
    expect(parseJson(schema.stdout)).toEqual(ovsSchema.json);
    expect((await client("get-schema-version", own.remote)).stdout).toBe("8.3.1\n");
    expect((await client("list-tables", own.remote)).stdout).toMatch(/AutoAttach/);
    expect((await client("list-columns", own.remote, "Open_vSwitch", "Bridge")).stdout).toMatch(
      /fail_mode/,
    );
    const insert = '["Open_vSwitch",{"op":"insert","table":"Nope","row":{}}]';
    expect((await client("transact", own.remote, insert)).stdout).toMatch(/No table named Nope\./);
    const dump = await client("dump", own.remote, "Open_vSwitch", "Open_vSwitch", "next_cfg");
    expect(dump.stdout).toMatch(/^Open_vSwitch table\nnext_cfg\n--------\n0\n/);
    expect((await client("backup", own.remote, "Open_vSwitch")).stdout).toMatch(/^OVSDB JSON /);
    expect(
      (await client("query", own.remote, '["Open_vSwitch",{"op":"comment","comment":"x"}]')).stdout,
    ).toBe("[{}]\n");
  });

  test("ovsdb-client monitors, waits and locks", async () => {
    const monitor = follow("ovsdb-client", "monitor", own.remote, "Open_vSwitch", "Bridge", "name");
    const cond = follow(
      "ovsdb-client",
      "monitor-cond",
      own.remote,
      "Open_vSwitch",
      '[["name","==","br1"]]',
      "Bridge",
      "name,datapath_type",
    );
    const lock = follow("ovsdb-client", "lock", own.remote, "mine");
    await lock.shows(/locked: |"locked":true|^\{/);
    await sleep(200);
    await vsctl("add-br", "br0");
    await vsctl("add-br", "br1", "--", "set", "bridge", "br1", "datapath_type=netdev");
    await monitor.shows(/insert +br0[\s\S]*insert +br1/);
    expect(await cond.shows(/br1 +netdev/)).not.toMatch(/br0/);
    await Promise.all([monitor.stop(), cond.stop(), lock.stop()]);
    expect((await client("wait", own.remote, "Open_vSwitch", "connected")).status).toBe(0);
    expect(
      (await client("needs-conversion", own.remote, "/usr/share/openvswitch/vswitch.ovsschema"))
        .stdout,
    ).toBe("no\n");
  });

  test("managers come and go with the Manager table, and their status shows", async () => {
    const embedded = openClient(openVSwitchDatabase, { server: own.server });
    await embedded.ready();
    const managers = new ManagerRemotes(embedded, new Remotes(own.server));
    await vsctl("set-manager", "ptcp:0:127.0.0.1", "tcp:127.0.0.1:1", "foo:bar");
    const port = async (): Promise<string> => {
      await managers.updateStatus();
      const row = [...embedded.table("Manager")].find((each) => each.target === "ptcp:0:127.0.0.1");
      return row?.status.get("bound_port") ?? "";
    };
    for (let i = 0; i < 100 && (await port()) === ""; i++) await sleep(20);
    const monitor = follow(
      "ovsdb-client",
      "monitor",
      `tcp:127.0.0.1:${await port()}`,
      "Bridge",
      "name",
    );
    await sleep(300);
    await managers.updateStatus();
    const state = (target: string) => {
      const row = [...embedded.table("Manager")].find((each) => each.target === target);
      return [row?.is_connected, row?.status.get("state")];
    };
    expect(state("ptcp:0:127.0.0.1")[0]).toBe(true);
    expect(state("tcp:127.0.0.1:1")).toEqual([false, "BACKOFF"]);
    expect(state("foo:bar")[0]).toBe(false);
    const old = await port();
    await vsctl("del-manager");
    expect((await client("list-dbs", `tcp:127.0.0.1:${old}`)).status).not.toBe(0);
    await monitor.stop();
    managers.close();
    embedded.close();
  });
});
