// SPDX-License-Identifier: Apache-2.0
/** `pollux rxq` on a switch: show, plan, apply, undo. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Switch } from "../harness/switch.js";

const BR = `xr${process.pid % 10000}`;
const ASSIGN = ["get", "Open_vSwitch", ".", "other_config"];

describe("pollux rxq", () => {
  let sw: Switch;
  beforeAll(async () => {
    sw = await Switch.start({
      otherConfig: {
        ...{ "dpdk-init": "true", "dpdk-extra": "--no-huge -m 256 --no-shconf --no-pci" },
        "pmd-cpu-mask": "1",
      },
    });
    const port = (name: string, queues: number) => [
      ...["--", "add-port", BR, name, "--", "set", "interface", name, "type=dpdk"],
      ...[`options:dpdk-devargs=net_null_${name},no-rx=1`, `options:n_rxq=${queues}`],
    ];
    const words = ["add-br", BR, "--", "set", "bridge", BR, "datapath_type=netdev"];
    await sw.must("ovs-vsctl", "--timeout=60", ...words, ...port("n0", 2), ...port("n1", 1));
  });
  afterAll(() => sw?.stop());

  const places = async (): Promise<Record<string, number>> => {
    const { stdout } = await sw.pollux("rxq", "show", "--json");
    const { cores } = JSON.parse(stdout) as {
      cores: { core: number; rxqs: { port: string; queue: number }[] }[];
    };
    return Object.fromEntries(
      cores.flatMap(({ core, rxqs }) =>
        rxqs.map(({ port, queue }) => [`${port}/${queue}`, core] as const),
      ),
    );
  };
  const ONE_CORE = { "n0/0": 0, "n0/1": 0, "n1/0": 0 };
  const PINNED = { "n0/0": 0, "n0/1": 1, "n1/0": 0 };

  it("draws cores and queues, the same for the stock tool", async () => {
    const { status, stdout } = await sw.pollux("rxq", "show");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Receive queues, assigned by cycles; /);
    expect(stdout).toMatch(/^ {3}n0 +queue +1 +/m);
    const layout = await sw.must("ovs-appctl", "dpif-netdev/pmd-rxq-layout");
    expect(layout).toMatch(/^core +0 numa 0 +/m);
    expect(await places()).toEqual(ONE_CORE);
  });

  it("changes nothing without --apply", async () => {
    const before = await sw.must("ovs-vsctl", ...ASSIGN);
    const plan = await sw.pollux("rxq", "plan", "--cores=3", "--pin=n0=1:1", "--json");
    const { changes, moves } = JSON.parse(plan.stdout) as { changes: object[]; moves: object[] };
    expect(changes).toEqual([
      { table: "Open_vSwitch", record: ".", key: "pmd-cpu-mask", before: "1", after: "3" },
      { table: "Interface", record: "n0", key: "pmd-rxq-affinity", before: null, after: "1:1" },
    ]);
    expect(moves).toMatchObject([{ port: "n0", queue: 1, from: 0, to: 1 }]);
    expect(await sw.must("ovs-vsctl", ...ASSIGN)).toBe(before);
    expect(await places()).toEqual(ONE_CORE);
  });

  it("applies a plan and takes it back", async () => {
    const before = await sw.must("ovs-vsctl", ...ASSIGN);
    const applied = await sw.pollux("rxq", "plan", "--cores=3", "--pin=n0=1:1", "--apply");
    expect(applied).toMatchObject({ status: 0, stderr: "" });
    expect(await places()).toEqual(PINNED);
    expect(await sw.must("ovs-vsctl", "get", "interface", "n0", "other_config")).toContain("1:1");
    const undone = await sw.pollux("rxq", "undo");
    expect(undone).toMatchObject({ status: 0, stderr: "" });
    expect(await places()).toEqual(ONE_CORE);
    expect(await sw.must("ovs-vsctl", ...ASSIGN)).toBe(before);
    expect(await sw.must("ovs-vsctl", "get", "interface", "n0", "other_config")).toBe("{}\n");
    const again = await sw.pollux("rxq", "undo");
    expect(again).toMatchObject({ status: 1, stderr: "pollux rxq: there is nothing to undo\n" });
  });

  it.each([
    [["plan", "--pin=n9=0:0"], 2, "no port n9"],
    [["plan", "--assign=best"], 2, "assign=best: not understood"],
    [["show", "--apply"], 1, "show takes none of"],
    [["paint"], 1, 'one of "show", "plan" and "undo" is wanted'],
    [["plan", "--pin"], 1, "option '--pin' requires an argument"],
  ])("refuses %j", async (args, status, text) => {
    const result = await sw.pollux("rxq", ...args);
    expect(result.status).toBe(status);
    expect(result.stderr).toContain(text);
  });
});
