// SPDX-License-Identifier: Apache-2.0
/**
 * The stock ovs-ofctl and ours on two bridges of the stock switch that are alike: the same command
 * lines must say the same and leave the same flows.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ofctlMain } from "../../src/cli/ofctl/main.js";
import { type RunResult, run, sleep } from "../harness/processes.js";
import { StockSwitch, stockInstalled } from "../harness/stock-switch.js";
import { ALARM_STATUS, capture } from "./capture.js";
import { readCases, shellWords } from "./cases.js";

const OURS = "a";
const STOCK = "b";
const STDIN = "table=3,in_port=1,actions=2\n# comment\nmodify table=3,actions=drop\n";
const WRITES = /add-|mod-|del-|replace/;
const FILES: Readonly<Record<string, string>> = {
  "good.txt":
    "# comment\ntable=1,in_port=1,actions=2\n\npriority=5,udp actions=drop # x\n" +
    "priority=6,cookie=3,idle_timeout=99,ip,nw_src=1.2.3.0/24,actions=NORMAL\n",
  "other.txt":
    "table=1,in_port=1,actions=LOCAL\npriority=5,udp actions=drop\n" +
    "priority=77,send_flow_rem,hard_timeout=500,arp,actions=2\n",
  "mixed.txt":
    "add table=7,in_port=1,actions=2\ntable=7,in_port=2,actions=1\n" +
    "delete_strict table=7,in_port=1\nmodify table=7,actions=drop\n",
  "bad.txt": "in_port=1,actions=2\nin_port=2,foo=3,actions=1\n",
};

/** A result without times, addresses, and names that differ between the bridges. */
function comparable({ status, stdout, stderr }: RunResult, bridge: string): unknown {
  const clean = (text: string): string =>
    text
      .replace(/^\d{4}-\d\d-\d\dT.*\n|^Alarm clock\n/gm, "")
      .replace(/duration=[\d.]+s/g, "duration=Ds")
      .replace(/ hard_age=\d+,/g, "")
      .replace(/idle_age=\d+/g, "idle_age=N")
      .replace(/time=[\d.]+ ms/g, "time=T ms")
      .replace(/[0-9a-f]{2}(:[0-9a-f]{2}){5}/g, "MAC")
      .replaceAll(`br${bridge}`, "SW")
      .replaceAll(`${bridge}-2`, "P-2")
      .replaceAll(`${bridge}1`, "P1");
  return { status, stdout: clean(stdout), stderr: clean(stderr) };
}

describe.skipIf(!stockInstalled("dummy"))("ofctl beside ovs-ofctl", () => {
  let stock: StockSwitch;

  beforeAll(async () => {
    stock = await StockSwitch.start({ mode: "dummy" });
    for (const b of [OURS, STOCK]) {
      const port = (name: string, number: number): string[] => [
        ...["--", "add-port", `br${b}`, name, "--", "set", "Interface", name],
        ...["type=dummy", `ofport_request=${number}`],
      ];
      const bridge = ["datapath_type=dummy", "other_config:hwaddr=aa:bb:cc:dd:ee:ff"];
      const args = ["add-br", `br${b}`, "--", "set", "Bridge", `br${b}`, "fail_mode=secure"];
      await stock.must("ovs-vsctl", ...args, ...bridge, ...port(`${b}1`, 1), ...port(`${b}-2`, 2));
    }
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(stock.dir, name), text);
  });
  afterAll(() => stock?.stop());

  function wordsFor(line: string, bridge: string): string[] {
    const text = line
      .replaceAll("SW", `br${bridge}`)
      .replaceAll("P1", `${bridge}1`)
      .replaceAll("P2", `${bridge}-2`)
      .replaceAll("DIR", stock.dir);
    return shellWords(text);
  }

  async function flowsOf(bridge: string): Promise<string> {
    const args = ["-O", "OpenFlow13", "--no-stats", "--sort", "dump-flows", `br${bridge}`];
    return (await stock.ofctl(...args)).stdout;
  }

  // SW is the bridge, P1 and P2 its ports 1 and 2, DIR has files of flows.
  it.each(readCases("ofctl-cases.txt"))("ofctl %s", async (line) => {
    const input = / -$/.test(line) ? STDIN : undefined;
    const theirs = await run("ovs-ofctl", wordsFor(line, STOCK), { env: stock.env, input });
    const mine = await capture(ofctlMain, "ovs-ofctl", wordsFor(line, OURS), {
      env: stock.env,
      stdin: input,
    });
    expect(comparable(mine, OURS)).toEqual(comparable(theirs, STOCK));
    if (WRITES.test(line)) expect(await flowsOf(OURS)).toBe(await flowsOf(STOCK));
  });

  it("replace-flows does what diff-flows then calls equal, in OpenFlow 1.0 too", async () => {
    const ofctl = (...args: string[]): Promise<RunResult> =>
      capture(ofctlMain, "ovs-ofctl", args, { env: stock.env });
    const file = join(stock.dir, "other.txt");
    expect((await ofctl("replace-flows", "bra", file)).status).toBe(0);
    expect((await stock.ofctl("diff-flows", "bra", file)).status).toBe(0);
    expect((await ofctl("diff-flows", "bra", join(stock.dir, "good.txt"))).status).toBe(2);
  });

  it.each([
    ["monitor", "SW", "65534"],
    ["-O", "OpenFlow13", "monitor", "SW", "100"],
    ["-P", "nxt_packet_in", "monitor", "SW", "65534"],
    ["-P", "standard", "monitor", "SW", "65534"],
    ["-m", "monitor", "SW", "65534", "invalid_ttl"],
    ["monitor", "SW", "foo"],
    ["snoop", "nobr"],
  ])("%s %s %s %s shows what the switch sends", async (...words) => {
    const args = (bridge: string): string[] =>
      ["-t", "2", ...words].map((word) => (word === "SW" ? `br${bridge}` : word));
    const mine = capture(ofctlMain, "ovs-ofctl", args(OURS), { env: stock.env });
    const theirs = run("sh", ["-c", 'ovs-ofctl "$@"', "sh", ...args(STOCK)], { env: stock.env });
    await sleep(600);
    const packet = "aabbccddee01aabbccddee020800450000140001000040ff00000a0000010a000002";
    for (const bridge of [OURS, STOCK]) {
      await stock.ofctl("packet-out", `br${bridge}`, "1", "controller", packet);
      await stock.ofctl("mod-port", `br${bridge}`, `${bridge}1`, "no-flood");
      await stock.ofctl("mod-port", `br${bridge}`, `${bridge}1`, "flood");
    }
    const result = await theirs;
    const status = result.status === 142 || result.status === -1 ? ALARM_STATUS : result.status;
    expect(comparable(await mine, OURS)).toEqual(comparable({ ...result, status }, STOCK));
  });
});
