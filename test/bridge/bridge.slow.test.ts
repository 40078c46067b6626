// SPDX-License-Identifier: Apache-2.0
/** Bridges follow the database: the embedded one and a stock ovsdb-server's. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeTempDir, removeDir, run, until } from "../harness/processes.js";
import { Switch, switchEnv } from "../harness/switch.js";

const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";
/** Names of kernel devices are global: keep out of the way of other tests. */
const tag = String(process.pid % 10000);
const BR = `xb${tag}`;
const BR2 = `xc${tag}`;
const TAP = `xt${tag}`;
const VETH = `xv${tag}`;

class StockDatabase {
  private constructor(
    readonly dir: string,
    private readonly server: ChildProcess,
  ) {}

  static async start(): Promise<StockDatabase> {
    const dir = makeTempDir();
    const env = switchEnv(dir);
    await run("ovsdb-tool", ["create", join(dir, "conf.db"), SCHEMA], { env });
    const remote = `--remote=punix:${join(dir, "db.sock")}`;
    const server = spawn("ovsdb-server", [join(dir, "conf.db"), remote, "-vconsole:off"], { env });
    await until("ovsdb-server", () => existsSync(join(dir, "db.sock")));
    return new StockDatabase(dir, server);
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.server.once("exit", resolve));
    this.server.kill("SIGTERM");
    await gone;
    removeDir(this.dir);
  }
}

describe.each(["embedded", "stock"])("bridges on the %s database", (kind) => {
  let database: StockDatabase | undefined;
  let sw: Switch;

  beforeAll(async () => {
    if (kind === "stock") database = await StockDatabase.start();
    sw = await Switch.start(
      database ? { dir: database.dir, database: `unix:${database.dir}/db.sock` } : {},
    );
  });
  afterAll(async () => {
    await sw?.stop();
    await database?.stop();
  });

  const vsctl = (...args: string[]) => sw.must("ovs-vsctl", "--timeout=20", ...args);
  const iface = (name: string, column: string) => sw.get("Interface", name, column);

  it("creates a bridge with its local port, which ovs-vsctl waits for", async () => {
    await vsctl("add-br", BR, "--", "set", "bridge", BR, "datapath_type=netdev");
    expect(existsSync(`/sys/class/net/${BR}`)).toBe(true);
    expect(await iface(BR, "ofport")).toBe("65534");
    const mac = (await iface(BR, "mac_in_use")).replaceAll(":", "");
    expect(await sw.get("Bridge", BR, "datapath_id")).toBe(`0000${mac}`);
    const cur = await sw.get("Open_vSwitch", ".", "cur_cfg");
    expect(cur).toBe(await sw.get("Open_vSwitch", ".", "next_cfg"));
    const shown = await sw.must("ovs-ofctl", "show", BR);
    expect(shown).toContain(`dpid:0000${mac}`);
    expect(shown).toContain(`LOCAL(${BR})`);
  });

  it("gives numbers to ports: asked for, next, and never the one just freed", async () => {
    await vsctl("add-port", BR, TAP, "--", "set", "interface", TAP, "type=tap");
    expect(await iface(TAP, "ofport")).toBe("1");
    const patch = (name: string, ...more: string[]) =>
      vsctl("add-port", BR, name, "--", "set", "interface", name, "type=patch", ...more);
    await patch("pa", "options:peer=pb", "ofport_request=77");
    expect(await iface("pa", "ofport")).toBe("77");
    await patch("pc", "options:peer=nobody");
    expect(await iface("pc", "ofport")).toBe("2");
    await vsctl("del-port", "pc");
    await patch("pd", "options:peer=nobody");
    expect(await iface("pd", "ofport")).toBe("3");
    await vsctl("set", "interface", "pd", "ofport_request=9");
    expect(await iface("pd", "ofport")).toBe("9");
  });

  it("joins patch ports of two bridges", async () => {
    expect(await iface("pa", "error")).toBe("No usable peer 'pb' exists in 'netdev' datapath.");
    await vsctl("add-br", BR2, "--", "add-port", BR2, "pb").catch(() => "");
    await vsctl("set", "interface", "pb", "type=patch", "options:peer=pa");
    expect(await iface("pa", "error")).toBe("[]");
    const trace = await sw.must("ovs-appctl", "ofproto/trace", BR, `in_port=${TAP}`);
    expect(trace).toContain(`bridge("${BR2}")`);
    const show = await sw.must("ovs-appctl", "dpif/show");
    expect(show).toContain("    pa 77/none: (patch: peer=pb)\n");
  });

  it("follows VLAN configuration", async () => {
    await vsctl("set", "port", TAP, "tag=5");
    const trace = await sw.must("ovs-appctl", "ofproto/trace", BR, "in_port=LOCAL");
    expect(trace).not.toMatch(/Datapath actions: .*pop_vlan/);
    const tagged = await sw.must("ovs-appctl", "ofproto/trace", BR, "in_port=LOCAL,dl_vlan=5");
    expect(tagged).toContain("pop_vlan");
    await vsctl("clear", "port", TAP, "tag");
  });

  it("keeps numbers over a restart of the switch", async () => {
    const dir = sw.dir;
    const before = await vsctl("--columns=name,ofport", "--format=csv", "list", "interface");
    await sw.kill();
    sw = await Switch.start(database ? { dir, database: `unix:${dir}/db.sock` } : { dir });
    await until("the bridge", async () => (await sw.ofctl("show", BR)).status === 0);
    const after = await vsctl("--columns=name,ofport", "--format=csv", "list", "interface");
    expect(after.split("\n").sort()).toEqual(before.split("\n").sort());
  });

  it.each([
    ["nodev0", [], "could not open network device nodev0 (No such device)"],
    ["odd0", ["type=foo"], "could not open network device odd0 (Address family not supported"],
  ])("says why %s cannot be, and goes on", async (name, settings, error) => {
    const args = settings.length > 0 ? ["--", "set", "interface", name, ...settings] : [];
    const result = await sw.vsctl("add-port", BR, name, ...args);
    expect(result.stderr).toContain(`Error detected while setting up '${name}': ${error}`);
    expect(await iface(name, "ofport")).toBe("-1");
    expect(await iface(name, "error")).toContain(error);
    expect(await iface(TAP, "ofport")).toBe("1");
    await vsctl("del-port", name);
  });

  it("takes a kernel device that comes later", async () => {
    await sw.vsctl("add-port", BR, VETH);
    expect(await iface(VETH, "ofport")).toBe("-1");
    execFileSync("ip", ["link", "add", VETH, "type", "veth", "peer", "name", `${VETH}p`]);
    try {
      await until("the port", async () => Number(await iface(VETH, "ofport")) > 0);
      expect(await iface(VETH, "error")).toBe("[]");
      await vsctl("del-port", VETH);
    } finally {
      execFileSync("ip", ["link", "del", VETH]);
    }
  });

  it("moves an interface from one bridge to another", async () => {
    await vsctl(
      "del-port",
      TAP,
      "--",
      "add-port",
      BR2,
      TAP,
      "--",
      "set",
      "interface",
      TAP,
      "type=tap",
    );
    expect(await sw.must("ovs-ofctl", "show", BR)).not.toContain(`(${TAP})`);
    expect(await sw.must("ovs-ofctl", "show", BR2)).toContain(`(${TAP})`);
  });

  it("writes facts about itself", async () => {
    expect(await sw.get("Open_vSwitch", ".", "ovs_version")).toBe("3.1.0");
    expect(await sw.get("Open_vSwitch", ".", "db_version")).toBe("8.3.1");
    expect(await sw.get("Open_vSwitch", ".", "datapath_types")).toContain("netdev");
    expect(await sw.get("Open_vSwitch", ".", "iface_types")).toContain("dpdkvhostuserclient");
    expect(await sw.get("Open_vSwitch", ".", "system_type")).toBe("debian");
    await until("statistics", async () => (await iface(TAP, "statistics")) !== "{}");
  });

  it("applies the settings of a bridge", async () => {
    await vsctl("set", "bridge", BR2, "other_config:datapath-id=00000000000000aa");
    expect(await sw.get("Bridge", BR2, "datapath_id")).toBe("00000000000000aa");
    await vsctl("set", "bridge", BR2, 'other_config:hwaddr="02:00:00:00:aa:01"');
    expect(await iface(BR2, "mac_in_use")).toBe("02:00:00:00:aa:01");
    await vsctl("set", "bridge", BR2, "other_config:mac-table-size=100");
    const stats = await sw.must("ovs-appctl", "fdb/stats-show", BR2);
    expect(stats).toContain("Current/maximum MAC entries in the table: 0/100\n");
    await vsctl("set-fail-mode", BR2, "secure");
    expect(await sw.must("ovs-ofctl", "dump-flows", BR2)).not.toContain("NORMAL");
  });

  it("removes bridges with all that was theirs", async () => {
    await vsctl("del-br", BR, "--", "del-br", BR2);
    for (const name of [BR, BR2, TAP]) expect(existsSync(`/sys/class/net/${name}`)).toBe(false);
    expect(existsSync(join(sw.dir, `${BR}.mgmt`))).toBe(false);
    expect(await sw.must("ovs-appctl", "dpif/show")).toBe("");
    expect(await sw.must("ovs-appctl", "ofproto/list")).toBe("");
  });
});
