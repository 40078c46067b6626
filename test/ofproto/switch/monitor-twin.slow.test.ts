// SPDX-License-Identifier: Apache-2.0
/** Flow monitors of the stock ovs-ofctl say the same of this switch as of the stock one. */
import { type ChildProcess, spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, until } from "../../harness/processes.js";
import { StockSwitch, stockInstalled } from "../../harness/stock-switch.js";
import { TestSwitch } from "./test-switch.js";

const VERSIONS = [10, 11, 12, 13, 14, 15].map((n) => `OpenFlow${n}`);

const WATCHES = [
  "watch:",
  "watch:!initial,!own",
  "watch:!actions,table=1",
  "watch:!modify,out_port=2",
  "watch:!delete,!add,ip",
  "watch:!add,in_port=1",
];

const BEFORE = ["priority=1,in_port=1,actions=output:2", "table=1,ip,nw_src=10.0.0.1,actions=drop"];

const CHANGES: readonly (readonly string[])[] = [
  ["add-flow", "br0", "priority=2,in_port=2,actions=output:1"],
  ["add-flow", "br0", "priority=2,in_port=2,actions=output:2"],
  ["add-flow", "br0", "table=1,priority=3,ip,nw_dst=10.0.0.0/8,actions=output:2"],
  ["mod-flows", "br0", "ip,actions=output:1"],
  ["mod-flows", "br0", "ip,actions=output:1"],
  ["--strict", "mod-flows", "br0", "priority=1,in_port=1,actions=drop"],
  ["del-flows", "br0", "table=1,ip,nw_src=10.0.0.1"],
  ["--bundle", "add-flow", "br0", "priority=7,in_port=1,actions=output:2"],
  ["del-flows", "br0"],
  // The last word, that every monitor hears.
  ["add-flow", "br0", "table=1,priority=99,ip,in_port=1,actions=output:2"],
  ["mod-flows", "br0", "table=1,ip,in_port=1,actions=output:2,output:1"],
  ["del-flows", "br0"],
];

/** Flows that go together go in any order. */
function sortRuns(text: string): string {
  return text.replace(/(^ event=DELETED.*\n)+/gm, (lines) => lines.split("\n").sort().join("\n"));
}

function normal(text: string): string {
  return sortRuns(text)
    .replace(/^\d{4}-\d\d-\d\dT\S+\|\d+\|/gm, "")
    .replace(/xid=0x[0-9a-f]+/g, "xid")
    .replace(/ MORE| \[more\]/g, "");
}

interface Side {
  env: NodeJS.ProcessEnv;
}

/** What a monitor says while flows change. */
async function story({ env }: Side, version: string, watch: string): Promise<string> {
  const ofctl = async (...args: string[]): Promise<void> => {
    await run("ovs-ofctl", ["-O", version, ...args], { env });
  };
  await ofctl("del-flows", "br0");
  for (const flow of BEFORE) await ofctl("add-flow", "br0", flow);
  const child: ChildProcess = spawn(
    "ovs-ofctl",
    ["-O", version, "monitor", "br0", watch, "--no-names"],
    { env, stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  const listen = (chunk: Buffer): void => {
    said += chunk.toString();
  };
  child.stdout?.on("data", listen);
  child.stderr?.on("data", listen);
  try {
    await until("monitor", () => /FLOW_MONITOR reply/.test(said));
    for (const change of CHANGES) await ofctl(...change);
    let length = -1;
    await until("silence", async () => {
      const isSame = said.length === length;
      length = said.length;
      return isSame;
    });
  } finally {
    child.kill();
  }
  return normal(said);
}

describe.skipIf(!stockInstalled("dummy"))("flow monitors on both switches", () => {
  let stock: StockSwitch;
  let ours: TestSwitch;

  beforeAll(async () => {
    stock = await StockSwitch.start({ mode: "dummy" });
    await stock.must(
      "ovs-vsctl",
      ...["add-br", "br0", "--", "set", "bridge", "br0", "datapath-type=dummy"],
      ...["fail-mode=secure", "--", "add-port", "br0", "p1", "--", "set", "int", "p1"],
      ...["type=dummy", "ofport_request=1", "--", "add-port", "br0", "p2"],
      ...["--", "set", "int", "p2", "type=dummy", "ofport_request=2"],
    );
    ours = new TestSwitch();
    await ours.ofproto.start();
  });

  afterAll(async () => {
    ours?.stop();
    await stock?.stop();
  });

  describe.each(VERSIONS)("in %s", (version) => {
    // What is watched is each form's own; the versions between them share one.
    const isForm = ["OpenFlow10", "OpenFlow13", "OpenFlow15"].includes(version);
    it.each(isForm ? WATCHES : WATCHES.slice(0, 1))("%s", async (watch) => {
      const env = { ...process.env, OVS_RUNDIR: ours.dir, OVS_LOGDIR: ours.dir };
      const [theirs, mine] = await Promise.all([
        story(stock, version, watch),
        story({ env }, version, watch),
      ]);
      expect(mine).toBe(theirs);
    });
  });
});
