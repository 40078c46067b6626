// SPDX-License-Identifier: Apache-2.0
/** The same commands to Pollux and to the stock daemon: the same answers, to the letter. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StockSwitch, stockInstalled } from "../harness/stock-switch.js";
import { Switch } from "../harness/switch.js";

const BR = `xd${process.pid % 10000}`;

/** Answers that must be equal; BR stands for the bridge's name. */
const SAME: readonly (readonly string[])[] = [
  ["version"],
  ["version", "x"],
  ["nonsense"],
  ["exit", "1", "2"],
  ["ofproto/list"],
  ["ofproto/list", "x"],
  ["bridge/dump-flows"],
  ["bridge/dump-flows", "none"],
  ["bridge/dump-flows", "BR"],
  ["bridge/reconnect", "none"],
  ["bridge/reconnect", "BR"],
  ["bridge/reconnect"],
  ["fdb/show"],
  ["fdb/show", "none"],
  ["fdb/show", "BR"],
  ["fdb/stats-show", "none"],
  ["fdb/stats-show", "BR"],
  ["fdb/stats-clear", "BR"],
  ["fdb/stats-clear"],
  ["fdb/stats-clear", "none"],
  ["fdb/flush"],
  ["fdb/flush", "BR"],
  ["fdb/flush", "none"],
  ["dpif-netdev/pmd-stats-show"],
  ["dpif-netdev/pmd-stats-show", "some", "name"],
  ["dpif-netdev/pmd-stats-show", "1", "2", "3", "4"],
  ["dpif-netdev/pmd-stats-clear"],
  ["dpif-netdev/pmd-stats-clear", "-pmd", "3"],
  ["dpif-netdev/pmd-rxq-show"],
  ["dpif-netdev/bond-show"],
  ["dpif-netdev/bond-show", "none"],
  ["dpif-netdev/bond-show", "a", "b"],
  ["dpif-netdev/pmd-rxq-show", "-secs", "7"],
  ["dpif-netdev/pmd-rxq-show", "-secs", "1000"],
  ["dpif-netdev/pmd-rxq-show", "-secs", "x"],
  ["dpif-netdev/pmd-rxq-show", "-secs", "5", "-pmd", "1"],
  ["dpctl/show", "foo"],
  ["dpctl/show", "x@y"],
  ["dpctl/show", "-z"],
  ["dpctl/dump-flows"],
  ["dpctl/dump-flows", "foo"],
  ["dpctl/dump-flows", "-z"],
  ["dpctl/dump-flows", "pmd=99"],
  ["dpctl/dump-flows", "type=foo"],
  ["dpctl/dump-flows", "type=ovs"],
  ["dpctl/dump-flows", "filter=nonsense=1"],
  ["dpctl/dump-flows", "filter=tcp,tp_dst=80"],
  ["dpif/dump-flows"],
  ["dpif/dump-flows", "none"],
  ["dpif/dump-flows", "-m", "BR"],
  ["revalidator/purge"],
  ["revalidator/wait"],
  ["upcall/set-flow-limit"],
  ["upcall/set-flow-limit", "500"],
  ["coverage/read-counter"],
  ["coverage/read-counter", "none"],
  ["vlog/list-pattern"],
  ["vlog/set", "bridge:file:chatty"],
  ["vlog/set", "nothing:dbg"],
  ["vlog/set", "dbg:info"],
  ["vlog/set", "PATTERN:nowhere:x"],
  ["vlog/set", "FACILITY:none"],
  ["vlog/set", "bridge:file:dbg"],
  ["vlog/enable-rate-limit", "nothing"],
  ["vlog/disable-rate-limit", "bridge"],
  ["vlog/close"],
  ["vlog/reopen"],
  ["ofproto/trace"],
  ["ofproto/trace", "none", "in_port=1"],
  ["ofproto/trace", "BR", "nonsense=1"],
  ["ofproto/trace", "BR", "in_port=1,tcp,tp_dst=80"],
  ["bridge/dump-flows", "BR"],
];

describe.skipIf(!stockInstalled("dummy"))("commands, beside the stock daemon", () => {
  let stock: StockSwitch;
  let sw: Switch;

  beforeAll(async () => {
    stock = await StockSwitch.start({ mode: "dummy" });
    sw = await Switch.start();
    const patch = (name: string, peer: string) => [
      ...["--", "add-port", BR, name, "--", "set", "interface", name, "type=patch"],
      `options:peer=${peer}`,
    ];
    for (const each of [stock, sw]) {
      const args = ["add-br", BR, ...patch("pa", "pb"), ...patch("pb", "pa")];
      await each.must("ovs-vsctl", "--timeout=20", ...args);
      // The patch ports make a loop: no packet goes round.
      await each.must("ovs-ofctl", "add-flow", BR, "in_port=1,tcp,tp_dst=80,actions=drop");
    }
  });
  afterAll(async () => {
    await sw?.stop();
    await stock?.stop();
  });

  /** Without the age of flows. */
  const still = (text: string): string => text.replaceAll(/duration=\d+s/g, "duration=Ns");

  it.each(SAME)("%s %s %s %s %s", async (...words) => {
    const args = words.filter((word) => word !== undefined).map((w) => w.replace(/^BR$/, BR));
    const theirs = await stock.appctl(...args);
    const ours = await sw.appctl(...args);
    expect({ ...ours, stdout: still(ours.stdout) }).toEqual({
      ...theirs,
      stdout: still(theirs.stdout),
    });
  });

  it("describes the datapath in the stock daemon's layout", async () => {
    const local = (await sw.must("ovs-appctl", "dpif/show")).replaceAll(/\d+\/\d+/g, "N/N");
    expect(local).toBe(
      `netdev@ovs-netdev: hit:0 missed:0\n  ${BR}:\n` +
        "    pa 1/none: (patch: peer=pb)\n    pb 2/none: (patch: peer=pa)\n" +
        `    ${BR} N/N: (tap)\n`,
    );
    const show = await sw.must("ovs-appctl", "dpctl/show");
    expect(show).toBe(
      "netdev@ovs-netdev:\n  lookups: hit:0 missed:0 lost:0\n  flows: 0\n" +
        `  port 0: ovs-netdev (tap)\n  port 1: ${BR} (tap)\n`,
    );
    expect(await sw.must("ovs-appctl", "dpctl/show", "netdev@ovs-netdev")).toBe(show);
    expect(await sw.must("ovs-appctl", "dpctl/dump-dps")).toBe("netdev@ovs-netdev\n");
    expect(await sw.must("ovs-appctl", "dpif/dump-dps")).toBe(`netdev@${BR}\n`);
  });

  it("shows the slow path in the stock daemon's layout", async () => {
    const layout = (text: string): string =>
      text.replace(/^\w+@[\w-]+/, "DP").replaceAll(/\d+/g, "N");
    const ours = await sw.must("ovs-appctl", "upcall/show");
    expect(layout(ours)).toBe(layout(await stock.must("ovs-appctl", "upcall/show")));
  });

  it("counts what it holds under the stock daemon's names", async () => {
    const names = (text: string): string[] =>
      [...text.matchAll(/([\w -]+):\d+/g)].map((m) => m[1]!);
    const ours = await sw.must("ovs-appctl", "memory/show");
    expect(names(ours)).toEqual(names(await stock.must("ovs-appctl", "memory/show")));
  });

  it("shows coverage in the stock daemon's columns", async () => {
    const row = /^\w[\w ]{23,} +\d+\.\d\/sec +\d+\.\d{3}\/sec +\d+\.\d{4}\/sec {3}total: \d+$/;
    for (const each of [stock, sw]) {
      const lines = (await each.must("ovs-appctl", "coverage/show")).trimEnd().split("\n");
      expect(lines[0]).toMatch(/^Event coverage, avg rate over last: .*hash=[0-9a-f]{8}:$/);
      expect(lines.at(-1)).toMatch(/^\d+ events never hit$/);
      expect(lines[1]).toMatch(row);
    }
  });

  it("lists commands with the stock daemon's usage", async () => {
    const theirs = (await stock.must("ovs-appctl", "list-commands")).split("\n");
    const ours = (await sw.must("ovs-appctl", "list-commands")).trimEnd().split("\n");
    const own = /pmd-(auto-lb|sleep|stall)-show |pmd-(top|rxq-(layout|plan|place)) |schema\/show /;
    const missing = ours.filter((line) => !theirs.includes(line) && !own.test(line));
    expect(missing).toEqual([]);
    expect(ours.length).toBeGreaterThan(35);
    expect(ours.join("\n")).not.toContain("debug/");
  });

  it("refuses what the stock daemon takes for zero", async () => {
    for (const args of [
      ["dpctl/dump-flows", "pmd=x"],
      ["upcall/set-flow-limit", "x"],
    ]) {
      expect((await sw.appctl(...args)).status).toBe(2);
    }
  });

  it("blocks its control thread when told to", async () => {
    const reply = await sw.appctl("debug/block-control", "50");
    expect(reply).toEqual({ status: 0, stdout: "", stderr: "" });
    expect((await sw.appctl("debug/block-control", "x")).status).toBe(2);
  });
});
