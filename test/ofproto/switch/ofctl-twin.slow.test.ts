// SPDX-License-Identifier: Apache-2.0
/** The stock ovs-ofctl gets the same answers from this switch as from the stock one. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunResult, run } from "../../harness/processes.js";
import { StockSwitch, stockInstalled } from "../../harness/stock-switch.js";
import { OFCTL_STEPS, type Step } from "./ofctl-steps.js";
import { VERSION_STEPS } from "./ofctl-version-steps.js";
import { TestSwitch } from "./test-switch.js";

const DURATION = /(duration|idle_age|hard_age)=[\d.]+s?(, )?/g;

/** What differs between two runs of the same switch, too. Flows of a dump come in any order. */
function normal({ status, stdout, stderr }: RunResult): string {
  const text = `${stdout}${stderr}`
    .replace(/^\d{4}-\d\d-\d\dT\S+\|\d+\|/gm, "")
    .replace(/xid=0x[0-9a-f]+/g, "xid")
    .replace(DURATION, "")
    .replace(/unix:\S+\.mgmt/g, "MGMT")
    .replace(/\/\S+\.mgmt/g, "MGMT")
    .replace(/^00000000 .*\n(0000.*\n)*/gm, "HEX\n")
    .replace(/time=[\d.]+ ms/g, "time")
    // There are no fields for tunnel options yet.
    .replaceAll(",metadata0...metadata63", "")
    .replace(/addr:\S+/g, "addr");
  // Flows and ports come in any order; a port's statistics have continuation lines.
  const lines = text.replace(/\n {9,}/g, " ").split("\n");
  const unordered = /cookie=|OFPST_PORT |priority=|^ +port |queue 0/m.test(text);
  return [`exit ${status}`, ...(unordered ? lines.sort() : lines)].join("\n");
}

describe.skipIf(!stockInstalled("dummy"))("ovs-ofctl on both switches", () => {
  let stock: StockSwitch;
  let ours: TestSwitch;

  beforeAll(async () => {
    stock = await StockSwitch.start({ mode: "dummy" });
    await stock.must(
      "ovs-vsctl",
      ...["add-br", "br0", "--", "set", "bridge", "br0", "datapath-type=dummy"],
      ...["fail-mode=secure", "other-config:datapath-id=00000000000000a1"],
      ...["--", "add-port", "br0", "p1", "--", "set", "int", "p1", "type=dummy"],
      ...["ofport_request=1", "--", "add-port", "br0", "p2"],
      ...["--", "set", "int", "p2", "type=dummy", "ofport_request=2"],
    );
    ours = new TestSwitch();
    await ours.ofproto.start();
  });

  afterAll(async () => {
    ours?.stop();
    await stock?.stop();
  });

  async function same(step: Step): Promise<void> {
    const input = step.input === undefined ? {} : { input: step.input };
    const theirs = await run("ovs-ofctl", step.args, { env: stock.env, ...input });
    const mine = await ours.ofctl(step.args, step.input);
    expect(normal(mine)).toBe(normal(theirs));
  }

  // One after the other: later steps see what earlier ones left.
  OFCTL_STEPS.forEach((step, i) => {
    it(`${i}: ${step.args.join(" ")}`, () => same(step));
  });

  describe.each(VERSION_STEPS)("in $version", ({ steps }) => {
    steps.forEach((step, i) => {
      it(`${i}: ${step.args.slice(2).join(" ")}`, () => same(step));
    });
  });
});
