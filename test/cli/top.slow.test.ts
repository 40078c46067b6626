// SPDX-License-Identifier: Apache-2.0
/** `pollux top` on a switch: printed once, as a value, and live on a pseudo-terminal. */
import { type ChildProcess, spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installed, until } from "../harness/processes.js";
import { POLLUX, Switch } from "../harness/switch.js";

const BR = `xt${process.pid % 10000}`;

describe("pollux top", () => {
  let sw: Switch;
  beforeAll(async () => {
    sw = await Switch.start({
      otherConfig: {
        ...{ "dpdk-init": "true", "dpdk-extra": "--no-huge -m 256 --no-shconf --no-pci" },
        "pmd-cpu-mask": "2",
      },
    });
    const bridge = ["add-br", BR, "--", "set", "bridge", BR, "datapath_type=netdev"];
    const port = ["--", "add-port", BR, "n0", "--", "set", "interface", "n0", "type=dpdk"];
    const devargs = "options:dpdk-devargs=net_null_n0,no-rx=1";
    await sw.must("ovs-vsctl", "--timeout=60", ...bridge, ...port, devargs);
    await until("some history", async () => {
      const { status, stdout } = await sw.pollux("top", "--json", "--ago=2");
      return status === 0 && (JSON.parse(stdout) as { at_ms: number }).at_ms < Date.now() - 1900;
    });
  });
  afterAll(() => sw?.stop());

  it("prints once, the same for the stock tool", async () => {
    const { status, stdout, stderr } = await sw.pollux("top", "--once");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d UTC, rates over \d+\.\d s, 0 min of history/);
    expect(stdout).toMatch(/^ {3}1 {4}0 +\d+ % [#.]{14} +0 +0 +- /m);
    expect(stdout).toMatch(/^n0 +0 +1 /m);
    const stock = await sw.must("ovs-appctl", "dpif-netdev/pmd-top");
    expect(stock.split("\n")[2]).toBe(stdout.split("\n")[2]);
  });

  it("prints a value, of now and of before", async () => {
    interface Top {
      readonly at_ms: number;
      readonly threads: readonly { core: number; rxqs: readonly { port: string }[] }[];
    }
    const now = JSON.parse((await sw.pollux("top", "--json")).stdout) as Top;
    expect(now.threads.map(({ core }) => core)).toEqual([1, -1]);
    expect(now.threads[0]!.rxqs).toMatchObject([{ port: "n0" }]);
    const before = JSON.parse((await sw.pollux("top", "--json", "--ago=1.5")).stdout) as Top;
    expect(before.at_ms).toBeLessThanOrEqual(Date.now() - 1400);
  });

  it.each([["--ago=x"], ["--interval=0"], ["now"]])("refuses %s", async (argument) => {
    const { status, stderr } = await sw.pollux("top", argument);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^pollux top: /);
  });

  it.skipIf(!installed("script"))("is live on a terminal, pauses, steps back, quits", async () => {
    const command = `${process.execPath} ${POLLUX} top --interval 0.2`;
    const args = ["-q", "-e", "-c", command, "/dev/null"];
    const env = { ...sw.env, TERM: "xterm" };
    const child: ChildProcess = spawn("script", args, { env, stdio: ["pipe", "pipe", "inherit"] });
    let screen = "";
    child.stdout!.on("data", (data: Buffer) => {
      screen += data.toString();
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    try {
      await until("a frame", () => screen.includes("LIVE   space pause"));
      expect(screen).toContain("\x1b[?1049h");
      expect(screen).toContain("RX QUEUE OF");
      child.stdin!.write("p");
      await until("the pause", () => /PAUSED, \d+ s ago/.test(screen));
      child.stdin!.write("[");
      await until("a step back", () => /PAUSED, [5-9] s ago/.test(screen));
      screen = "";
      child.stdin!.write("0");
      await until("the present", () => screen.includes("LIVE"));
      child.stdin!.write("q");
      expect(await ended).toBe(0);
      expect(screen).toContain("\x1b[?1049l");
    } finally {
      child.kill("SIGKILL");
    }
  });
});
