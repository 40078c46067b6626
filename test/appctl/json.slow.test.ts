// SPDX-License-Identifier: Apache-2.0
/** Every management command in JSON: a value, and the value that its published schema describes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectStream } from "../../src/net/connect.js";
import { JsonRpcSession } from "../../src/net/jsonrpc.js";
import { startLoadedSwitch } from "../harness/loaded-switch.js";
import { Switch } from "../harness/switch.js";

/** Arguments of the commands that need some; UFID stands for the identifier of an installed flow.
 * A new command that shows something and needs arguments is to be added here. */
const ARGUMENTS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "bridge/dump-flows": [["br0"]],
  "coverage/read-counter": [["bridge_reconfigure"]],
  "dpctl/cache-set-size": [],
  "dpctl/dump-flows": [[], ["-m"], ["--names"], ["pmd=1"]],
  "dpctl/get-flow": [["UFID"]],
  "dpctl/show": [[], ["-s"], ["netdev@ovs-netdev"]],
  "dpif-netdev/dpif-impl-set": [["dpif_scalar"]],
  "dpif-netdev/miniflow-parser-set": [["scalar"]],
  "dpif-netdev/pmd-perf-log-set": [["off"]],
  "dpif-netdev/pmd-perf-show": [[], ["-nh"], ["-it", "3", "-ms", "2"]],
  "dpif-netdev/pmd-rxq-place": [["src/0=1"]],
  "dpif-netdev/pmd-rxq-plan": [[], ["assign=group"]],
  "dpif-netdev/pmd-rxq-show": [[], ["-secs", "5"]],
  "dpif-netdev/subtable-lookup-prio-set": [["generic", "1"]],
  "dpif/dump-flows": [["br0"], ["-m", "br0"]],
  "fdb/show": [["br0"]],
  "fdb/stats-show": [["br0"]],
  "odp-execute/action-impl-set": [["scalar"]],
  "ofproto/trace": [
    ["br0", "in_port=src,udp,udp_dst=9"],
    ["br0", "in_port=1,dl_type=0x1234"],
  ],
  "ofproto/trace-packet-out": [["br0", "in_port=1,udp", "output:2"]],
  "schema/show": [[], ["version"]],
  "upcall/set-flow-limit": [["200000"]],
  "vlog/set": [["bridge:file:info"]],
};
/** Run at the end, as it ends the switch. */
const LAST = "exit";

/** Of the commands that are there with --enable-dummy. */
const DUMMY_ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  "netdev-dummy/conn-state": ["d0"],
  "netdev-dummy/receive": ["d0", "in_port(1),eth(),eth_type(0x1234)"],
  "netdev-dummy/set-admin-state": ["d0", "down"],
  "time/warp": ["1000", "100"],
};

const BRIDGE = `jd${process.pid % 10000}`;

let sw: Switch;
let rpc: JsonRpcSession;
let names: string[] = [];
const schemas = new Map<string, ValidateFunction>();
/** Commands that only do something. */
const notices = new Set<string>();

beforeAll(async () => {
  sw = await startLoadedSwitch({ "pmd-perf-metrics": "true" });
  await sw.must("ovs-appctl", "dpctl/show");
  await converseWith(sw);
});
afterAll(async () => {
  rpc?.close();
  await sw?.stop();
});

/** Opens the control socket and learns what it knows. */
async function converseWith({ dir }: Switch): Promise<void> {
  const pid = readFileSync(join(dir, "ovs-vswitchd.pid"), "utf8").trim();
  rpc = new JsonRpcSession(await connectStream(`unix:${dir}/ovs-vswitchd.${pid}.ctl`));
  await rpc.request("set-options", ["--format", "json"]);
  names = Object.keys((await rpc.request("list-commands", [])) as object);
  for (const name of names.filter((each) => !schemas.has(each))) {
    const schema = (await rpc.request("schema/show", [name])) as { properties?: object };
    if (Object.keys(schema.properties ?? {}).join() === "message") notices.add(name);
    schemas.set(name, new Ajv2020({ strict: true, strictTypes: false }).compile(schema));
  }
}

/** The reply, checked. */
async function ask(name: string, args: readonly string[]): Promise<unknown> {
  const reply: unknown = await rpc.request(name, [...args]);
  const validate = schemas.get(name)!;
  if (!validate(reply)) {
    const why = JSON.stringify(validate.errors?.slice(0, 3));
    throw new Error(`${name} ${args.join(" ")}: ${why} in ${JSON.stringify(reply).slice(0, 500)}`);
  }
  return reply;
}

describe("management commands in JSON", () => {
  it("all answer with what their schemas describe", async () => {
    const flows = (await ask("dpctl/dump-flows", [])) as { ufid: string }[];
    expect(flows.length).toBeGreaterThan(0);
    const wrong: string[] = [];
    for (const name of names.filter((each) => each !== LAST)) {
      for (const words of ARGUMENTS[name] ?? [[]]) {
        // The flows of the load come and go with what the commands before did.
        const args = words.map((word) => (word === "UFID" ? `ufid:${flows[0]!.ufid}` : word));
        await ask(name, args).catch(({ message }: Error) => {
          const isUnknown = notices.has(name) && message.includes("requires at least");
          if (!isUnknown) wrong.push(`${name}: ${message}`);
        });
      }
    }
    expect(wrong).toEqual([]);
    expect(names.length).toBeGreaterThan(35);
  });

  it("numbers are those of the text", async () => {
    const text = await sw.must("ovs-appctl", "dpif-netdev/pmd-stats-show");
    const [thread] = (await ask("dpif-netdev/pmd-stats-show", ["-pmd", "1"])) as [
      Record<string, number>,
    ];
    expect(thread).toMatchObject({ thread: "pmd", core_id: 1 });
    expect(thread.packets_received).toBeGreaterThanOrEqual(
      Number(/packets received: (\d+)/.exec(text)![1]),
    );
    const passes = thread.datapath_passes!;
    const hits = ["phwol", "simple_match", "emc", "smc", "megaflow"].map((k) => `${k}_hits`);
    const known = [...hits, "miss_with_success_upcall", "miss_with_failed_upcall"];
    const sum = known.reduce((total, key) => total + thread[key]!, 0);
    // A burst or two may be between the counters while the thread runs.
    expect(Math.abs(sum - passes)).toBeLessThan(1e6);
    const bins = (await ask("dpif-netdev/pmd-perf-show", [])) as [
      { metrics: { histograms: Record<string, { count: number }[]> } },
    ];
    expect(Object.keys(bins[0].metrics.histograms)).toHaveLength(7);
  });

  it("flows are taken apart", async () => {
    const flows = (await ask("dpctl/dump-flows", ["--names"])) as {
      match: { in_port: string; ipv4: unknown; udp?: { dst: string } };
      actions: string[];
    }[];
    const drop = flows.find(({ actions }) => actions.length === 0)!;
    expect(drop.match.in_port).toBe("src");
    expect(drop.match.udp?.dst).toBe("7");
    expect(flows.find(({ actions }) => actions.length > 0)!.actions).toEqual(["dst"]);
    const trace = (await ask("ofproto/trace", ["br0", "in_port=src,udp,udp_dst=9"])) as object;
    expect(trace).toMatchObject({
      steps: [{ kind: "bridge" }],
      datapath_actions: [expect.stringMatching(/^\d+$/)],
    });
  });

  it("pollux appctl asks for it", async () => {
    const compact = await sw.pollux("appctl", "--format", "json", "dpif/show");
    expect(compact.stdout.trimEnd()).not.toContain("\n");
    const pretty = await sw.pollux("appctl", "-f", "json", "--pretty", "dpif/show");
    expect(pretty.stdout.split("\n").length).toBeGreaterThan(10);
    const stats = expect.stringMatching(/^\d+$/) as string;
    const shape = { "netdev@ovs-netdev": { stats: { hit: stats, missed: stats } } };
    for (const { stdout } of [compact, pretty]) expect(JSON.parse(stdout)).toMatchObject(shape);
    const text = await sw.pollux("appctl", "--format=text", "version");
    expect(text.stdout).toBe(await sw.must("ovs-appctl", "version"));
    const refused = await sw.pollux("appctl", "--format=json", "fdb/show", "none");
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect(refused.stderr).toContain("no such bridge");
    const misused = await sw.pollux("appctl", "--pretty", "version");
    expect(misused.stderr).toContain("--pretty is supported with --format json only");
    expect((await sw.pollux("appctl", "--format=xml", "version")).status).toBe(1);
  });

  it("says goodbye", async () => {
    expect(await ask(LAST, [])).toEqual({});
  });
});

describe("commands of a switch with dummy devices", () => {
  let dummy: Switch;

  beforeAll(async () => {
    const usual = new Set(names);
    dummy = await Switch.start({ args: ["--enable-dummy"] });
    const port = ["--", "add-port", BRIDGE, "d0", "--", "set", "Interface", "d0", "type=dummy"];
    await dummy.must("ovs-vsctl", "add-br", BRIDGE, ...port);
    await converseWith(dummy);
    names = names.filter((name) => !usual.has(name));
  });
  afterAll(async () => {
    rpc?.close();
    await dummy?.stop();
  });

  it("answer with what their schemas describe, too", async () => {
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) await ask(name, DUMMY_ARGUMENTS[name] ?? []);
    const state = await ask("netdev-dummy/conn-state", ["d0"]);
    expect(state).toEqual({ d0: "unknown" });
  });
});
