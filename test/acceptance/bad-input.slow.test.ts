// SPDX-License-Identifier: Apache-2.0
/** Bad input of every kind: a clear error, and the switch goes on as if nothing had happened. */
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { makeTempDir, removeDir, run } from "../harness/processes.js";
import { POLLUX, Switch, switchEnv } from "../harness/switch.js";

let sw: Switch;

beforeAll(async () => {
  sw = await Switch.start({ otherConfig: { "dpdk-init": "true" } });
  await sw.must("ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
  await sw.must(
    ...["ovs-vsctl", "add-port", "br0", "good", "--", "set", "Interface", "good"],
    ...["type=dpdkvhostuserclient", `options:vhost-server-path=${join(sw.dir, "good.sock")}`],
  );
});

afterAll(async () => {
  await sw?.stop();
});

/** After each mistake the rest works as before. */
afterEach(async () => {
  expect(await sw.get("Interface", "good", "error")).toBe("[]");
  expect((await sw.ofctl("show", "br0")).stdout).toContain("good");
  expect((await sw.vsctl("list-ports", "br0")).stdout).toContain("good");
});

/** What `Interface.error` says of a port with these settings. A port that comes up by itself once
 * the cause is gone has its number already. */
async function interfaceError(settings: string[], ofport = /^-1$/): Promise<string> {
  await sw.vsctl("add-port", "br0", "bad", "--", "set", "Interface", "bad", ...settings);
  try {
    expect(await sw.get("Interface", "bad", "ofport")).toMatch(ofport);
    return await sw.get("Interface", "bad", "error");
  } finally {
    await sw.must("ovs-vsctl", "del-port", "br0", "bad");
  }
}

describe("ports", () => {
  it("a DPDK device that does not exist", async () => {
    const error = await interfaceError(["type=dpdk", "options:dpdk-devargs=net_nonesuch0"]);
    expect(error).toContain("net_nonesuch0");
  });

  it("a DPDK port without devargs", async () => {
    expect(await interfaceError(["type=dpdk"])).toMatch(/dpdk-devargs/);
  });

  it("a type that does not exist", async () => {
    expect(await interfaceError(["type=nonesuch"])).toMatch(/nonesuch/);
  });

  it("a kernel device that does not exist", async () => {
    expect(await interfaceError(["type=system"])).toMatch(/bad.*No such device/);
  });

  it("a vhost socket in a directory that does not exist", async () => {
    const error = await interfaceError(
      ["type=dpdkvhostuserclient", `options:vhost-server-path=${sw.dir}/nonesuch/vm.sock`],
      /^\d+$/,
    );
    expect(error).toMatch(/nonesuch/);
  });

  it("a vhost socket path over 107 characters", async () => {
    const path = `/tmp/${"x".repeat(110)}`;
    const error = await interfaceError([
      "type=dpdkvhostuserclient",
      `options:vhost-server-path=${path}`,
    ]);
    expect(error).toMatch(/107/);
  });

  it("a vhost client port without a path", async () => {
    expect(await interfaceError(["type=dpdkvhostuserclient"], /^\d+$/)).toMatch(
      /vhost-server-path/,
    );
  });
});

describe("the database", () => {
  it("an unknown column", async () => {
    const { status, stderr } = await sw.vsctl("set", "Interface", "good", "nonesuch=1");
    expect(stderr).toContain('Interface does not contain a column whose name matches "nonesuch"');
    expect(status).toBe(1);
  });

  it("a wrong type", async () => {
    const { status, stderr } = await sw.vsctl("set", "Interface", "good", "ofport_request=abc");
    expect(stderr).toContain("abc");
    expect(status).toBe(1);
  });

  it("a value out of range", async () => {
    const { status } = await sw.vsctl("set", "Interface", "good", "ofport_request=70000");
    expect(status).toBe(1);
  });

  it.each([
    ["garbage", "this is not json\n"],
    ["a truncated request", '{"method":"transact","params":["Open_vSw'],
    ["a request without method", '{"id":1,"params":[]}'],
    ["deep nesting", "[".repeat(5000)],
    ["bytes that are not UTF-8", "\xff\xfe\x00\x01"],
  ])("JSON-RPC: %s", async (_what, bytes) => {
    await sendTo(join(sw.dir, "db.sock"), Buffer.from(bytes, "latin1"));
  });
});

describe("OpenFlow", () => {
  it.each([
    ["nonesuch=1,actions=drop", "unknown keyword nonesuch"],
    ["in_port=1,actions=nonesuch", "unknown action nonesuch"],
    ["tcp,tp_dst=99999999,actions=drop", "99999999"],
    ["actions=output:", ""],
  ])("malformed flow %s", async (flow, error) => {
    const { status, stderr } = await sw.ofctl("add-flow", "br0", flow);
    expect(status).toBe(1);
    expect(stderr).toContain(error);
  });

  it.each([
    ["a truncated header", "010e00"],
    ["a length that is too short", "0100000400000001"],
    ["a truncated flow-mod", "0100000800000000" + "010e004800000002" + "00".repeat(20)],
    ["an unknown version", "ff00000800000001"],
    ["an unknown type", "0100000800000000" + "01f0000800000003"],
    [
      "a flow-mod with a bad action length",
      `${"0100000800000000"}010e005000000002${"00".repeat(64)}0000000100000000`,
    ],
  ])("%s", async (_what, hex) => {
    await sendTo(join(sw.dir, "br0.mgmt"), Buffer.from(hex, "hex"));
  });

  it("garbage on the management socket of the daemon", async () => {
    const pid = readFileSync(join(sw.dir, "ovs-vswitchd.pid"), "utf8").trim();
    await sendTo(join(sw.dir, `ovs-vswitchd.${pid}.ctl`), Buffer.from("{]"));
  });
});

describe("management", () => {
  it("an unknown command", async () => {
    const { status, stderr } = await sw.appctl("nonesuch/command");
    expect(status).toBe(2);
    expect(stderr).toContain('"nonesuch/command" is not a valid command');
  });

  it("a missing argument", async () => {
    const { status, stderr } = await sw.appctl("ofproto/trace");
    expect(status).toBe(2);
    expect(stderr).toMatch(/requires at least/);
  });
});

describe("start", () => {
  it("a second daemon in the same directory", async () => {
    const args = [POLLUX, "switchd", "--pidfile"];
    const second = await run(process.execPath, args, { env: sw.env });
    expect(second.status).toBe(1);
    expect(second.stderr + second.stdout).toMatch(/already running|pid \d+/);
  });

  it("an unknown option", async () => {
    const args = [POLLUX, "switchd", "--nonesuch"];
    const result = await run(process.execPath, args, { env: switchEnv(sw.dir) });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain("nonesuch");
  });

  it("more hugepages than the machine has", async () => {
    const greedy = await Switch.start();
    try {
      const config = { "dpdk-socket-mem": "1000000", "dpdk-init": "true" };
      const settings = Object.entries(config).map(([k, v]) => `other_config:${k}=${v}`);
      await greedy.must("ovs-vsctl", "set", "Open_vSwitch", ".", ...settings);
      expect(greedy.log).toMatch(/WARN.*hugepage/i);
      expect(await greedy.get("Open_vSwitch", ".", "dpdk_initialized")).toBe("true");
      await greedy.must("ovs-vsctl", "add-br", "br0");
    } finally {
      await greedy.stop();
    }
  });

  it("a journal with a torn tail", async () => {
    const dir = makeTempDir();
    try {
      const first = await Switch.start({ dir });
      await first.must("ovs-vsctl", "add-br", "torn0");
      await first.must("ovs-vsctl", "add-br", "torn1");
      await first.kill();
      const journal = join(dir, "conf.db");
      const whole = readFileSync(journal);
      truncateSync(journal, whole.length - 7);
      const second = await Switch.start({ dir });
      expect((await second.vsctl("list-br")).stdout).toContain("torn0");
      await second.must("ovs-vsctl", "add-br", "torn2");
      await second.kill();
      appendFileSync(journal, "OVSDB JSON 100 0123456789abcdef");
      const third = await Switch.start({ dir });
      expect((await third.vsctl("list-br")).stdout).toContain("torn2");
      await third.stop();
    } finally {
      removeDir(dir);
    }
  });

  it("a database file that is none", async () => {
    const dir = makeTempDir();
    try {
      writeFileSync(join(dir, "conf.db"), "this is not a database\n");
      const result = await run(process.execPath, [POLLUX, "switchd"], { env: switchEnv(dir) });
      expect(result.status).toBe(1);
      expect(result.stderr + result.stdout).toContain("conf.db");
    } finally {
      removeDir(dir);
    }
  });
});

/** Writes bytes to a socket and waits for the peer's answer or end, briefly. */
function sendTo(path: string, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.on("error", reject);
    socket.on("connect", () => {
      socket.write(bytes);
      setTimeout(() => socket.destroy(), 200);
    });
    socket.on("close", () => resolve());
  });
}
