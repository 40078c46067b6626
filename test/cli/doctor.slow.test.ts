// SPDX-License-Identifier: Apache-2.0
/** `pollux doctor` on a switch that has something to complain of, and after its end. */
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeDir } from "../harness/processes.js";
import { Switch } from "../harness/switch.js";

const BR = `xh${process.pid % 10000}`;

describe("pollux doctor", () => {
  let sw: Switch;
  const guest = createServer();
  beforeAll(async () => {
    sw = await Switch.start({
      otherConfig: {
        ...{ "dpdk-init": "true", "dpdk-extra": "--no-huge -m 256 --no-shconf --no-pci" },
        "pmd-cpu-mask": "2",
      },
    });
    // DPDK has started; the next start would fail.
    await sw.setOtherConfig({ "dpdk-lcore-mask": "0x40000002" });
    mkdirSync(join(sw.dir, "vm"));
    await new Promise<void>((resolve) => guest.listen(join(sw.dir, "vm/taken"), resolve));
    const port = (name: string, type: string, option: string) => [
      ...["--", "add-port", BR, name, "--", "set", "interface", name, `type=${type}`],
      ...[`options:${option}`],
    ];
    const client = (name: string, path: string) =>
      port(name, "dpdkvhostuserclient", `vhost-server-path=${join(sw.dir, path)}`);
    const words = ["--no-wait", "add-br", BR, "--", "set", "bridge", BR, "datapath_type=netdev"];
    await sw.must(
      "ovs-vsctl",
      ...[...words, ...client("vm0", "vm/absent"), ...client("vm1", "nowhere/socket")],
      ...port("bad", "dpdk", "dpdk-devargs=0000:99:00.0"),
      ...port("queue", "dpdk", "dpdk-devargs=net_null_q"),
    );
    await sw.must("ovs-vsctl", "--timeout=60", "wait-until", "interface", "bad", "ofport=-1");
    await sw.must("ovs-vsctl", "--timeout=60", "wait-until", "interface", "vm0", "ofport>0");
  });
  afterAll(async () => {
    guest.close();
    await sw?.kill();
    if (sw) removeDir(sw.dir);
  });

  it("finds what is wrong, one line each", async () => {
    const { status, stdout, stderr } = await sw.pollux("doctor");
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    const line = (start: string) => lines.find((each) => each.startsWith(start)) ?? stdout;
    expect(line("warning  port vm0: ")).toContain("QEMU has not made");
    expect(line("error    port vm1: the directory of ")).toContain("does not exist");
    expect(line("error    port bad: ")).toContain("there is no PCI device 0000:99:00.0 -> ");
    expect(line("error    cores: dpdk-lcore-mask=0x40000002 names core 30")).toContain(" -> ");
    expect(line("warning  cores: core 1 of pmd-cpu-mask also in dpdk-lcore")).toContain(" -> ");
    expect(line("note     hugepages: dpdk-extra says --no-huge")).toContain(" -> ");
    expect(lines.at(-1)).toMatch(/^\d+ errors, \d+ warnings, \d+ notes?$/);
    expect(stdout).not.toContain("port queue");
    expect(stdout).not.toContain("switch:");
  });

  it("knows the state of a socket that somebody else serves", async () => {
    const path = `options:vhost-server-path=${join(sw.dir, "vm/taken")}`;
    await sw.must("ovs-vsctl", "--no-wait", "set", "interface", "vm1", path);
    const { stdout } = await sw.pollux("doctor", "--json");
    const { findings } = JSON.parse(stdout) as { findings: { about: string; problem: string }[] };
    const finding = findings.find(({ about }) => about === "port vm1");
    expect(finding?.problem).toMatch(/QEMU listens on .*, but is not connected$/);
  });

  it("knows a switch that was killed", async () => {
    await sw.kill();
    const { status, stdout } = await sw.pollux("doctor");
    expect(status).toBe(1);
    expect(stdout).toMatch(/^error {4}switch: pid \d+ of .* is gone: it died or was killed -> /m);
    expect(stdout).toMatch(/^error {4}database: nobody listens on .*db\.sock -> /m);
  });
});
