// SPDX-License-Identifier: Apache-2.0
/** The daemon on a stock database server behaves as on its own; stock clients like its own. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeTempDir, removeDir, run, until } from "../harness/processes.js";
import { Switch, switchEnv } from "../harness/switch.js";

const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";

/** A session of an operator; returns what the tools said, without what is different each time. */
async function session(sw: Switch): Promise<string[]> {
  const said: string[] = [];
  const step = async (tool: "vsctl" | "ofctl" | "appctl", ...args: string[]) => {
    const result = await sw[tool](...args);
    said.push(`${tool} ${args.join(" ")}: ${result.status}\n${result.stdout}${result.stderr}`);
  };
  await step("vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
  await step("vsctl", "add-port", "br0", "p1", "--", "set", "Interface", "p1", "type=internal");
  await step("vsctl", "add-port", "br0", "p2", "--", "set", "Interface", "p2", "type=internal");
  await step("vsctl", "add-port", "br0", "p2");
  await step("vsctl", "set", "Port", "p2", "tag=7");
  await step("vsctl", "get", "Interface", "p1", "ofport");
  await step("vsctl", "add-port", "br0", "no", "--", "set", "Interface", "no", "type=nonesuch");
  await step("vsctl", "get", "Interface", "no", "ofport");
  await step("ofctl", "add-flow", "br0", "in_port=p1,actions=p2");
  await step("ofctl", "--no-stats", "dump-flows", "br0");
  await step("appctl", "ofproto/trace", "br0", "in_port=p1");
  await step("vsctl", "list-ports", "br0");
  await step("vsctl", "del-br", "br0");
  await step("vsctl", "show");
  const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
  return said.map((text) => text.replace(uuid, "UUID").replaceAll(sw.dir, "DIR"));
}

it("behaves the same on a stock database server and on its own", async () => {
  const dir = makeTempDir();
  const env = switchEnv(dir);
  await run("ovsdb-tool", ["create", join(dir, "conf.db"), SCHEMA], { env });
  const socket = join(dir, "db.sock");
  const server = spawn("ovsdb-server", [join(dir, "conf.db"), `--remote=punix:${socket}`], { env });
  try {
    await until("ovsdb-server", () => existsSync(socket));
    const client = await Switch.start({ dir, database: `unix:${socket}` });
    const onStock = await session(client);
    await client.stop();
    const embedded = await Switch.start();
    const onOwn = await session(embedded);
    await embedded.stop();
    expect(onOwn).toEqual(onStock);
    expect(onOwn.join("\n")).toContain("Datapath actions: ");
  } finally {
    const gone = new Promise<void>((resolve) => server.once("exit", () => resolve()));
    server.kill();
    await gone;
    removeDir(dir);
  }
});

describe("stock ovsdb-client on the embedded database", () => {
  it("dump, transact, get-schema and monitor", async () => {
    const sw = await Switch.start();
    try {
      const server = `unix:${join(sw.dir, "db.sock")}`;
      const must = (...args: string[]) => sw.must("ovsdb-client", ...args);
      expect((await must("list-dbs", server)).split("\n")).toContain("Open_vSwitch");
      expect(await must("get-schema-version", server, "Open_vSwitch")).toBe("8.3.1\n");
      expect(await must("get-schema", server, "Open_vSwitch")).toContain('"Bridge"');
      expect(await must("dump", server, "Open_vSwitch")).toContain("Open_vSwitch table");
      const transaction = JSON.stringify([
        "Open_vSwitch",
        { op: "select", table: "Open_vSwitch", where: [], columns: ["ovs_version"] },
      ]);
      expect(await must("transact", server, transaction)).toContain('"rows"');

      const monitor = spawn("ovsdb-client", ["monitor", server, "Bridge", "name"], { env: sw.env });
      let seen = "";
      monitor.stdout.on("data", (chunk: Buffer) => {
        seen += chunk.toString();
      });
      await sw.must("ovs-vsctl", "add-br", "first0");
      await until("the monitor to start", () => seen.includes("first0"));
      await sw.must("ovs-vsctl", "add-br", "seen0");
      await until("the monitor to tell of it", () => /insert.*seen0/.test(seen));
      await sw.must("ovs-vsctl", "del-br", "seen0");
      await until("the monitor to tell of its end", () => /delete.*seen0/.test(seen));
      monitor.kill();
    } finally {
      await sw.stop();
    }
  });
});
