// SPDX-License-Identifier: Apache-2.0
/** What learned flows do over time: packets of an installed flow go on teaching, and ends of
 * connections are seen in the counts. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../src/lib/clock.js";
import { parseExactFlow } from "../../src/ofproto/trace-flow.js";
import { applyEffects, translate, type XlateOutput } from "../../src/ofproto/translate/index.js";
import { Flow } from "../../src/openflow/flow.js";
import { parseFlow } from "../../src/openflow/flow-text.js";
import { FLOW_COMMAND } from "../../src/openflow/messages/flow-mod.js";
import { LearnSwitch } from "./learn-switch.js";

const FIN = 0x001;
const PACKET = "in_port=1,tcp,dl_src=50:54:00:00:00:01,nw_src=10.0.0.1";

let clock: ManualClock;
let sw: LearnSwitch;

beforeEach(() => {
  clock = new ManualClock();
  sw = new LearnSwitch(clock);
});
afterEach(() => sw.stop());

const addFlow = (text: string): void =>
  sw.switch.ofproto.flowMod(parseFlow(text, FLOW_COMMAND.ADD).flow);

function run(mayLearn: boolean): XlateOutput {
  const flow = parseExactFlow(PACKET);
  if (!(flow instanceof Flow)) throw new Error(flow.error);
  return translate({ bridge: sw.bridge, flow, packet: null, tcpFlags: 0, mayLearn });
}

const count = (output: XlateOutput, packets: number, tcpFlags = 0): void =>
  applyEffects(output.effects, { packets, bytes: 60 * packets, usedMs: clock.now(), tcpFlags });

const learned = () => [...sw.switch.ofproto.tables[7].classifier.iterate()];

describe("learn", () => {
  it("teaches at a miss, and goes on by the counts of the installed flow", () => {
    addFlow("actions=learn(table=7,hard_timeout=10,eth_dst=eth_src,output:in_port)");
    const output = run(true);
    expect(learned()).toHaveLength(1);
    const { version } = sw.switch.ofproto;
    for (let n = 0; n < 3; n++) {
      clock.advance(8000);
      count(output, 5);
      sw.switch.ofproto.expire();
    }
    expect(learned()).toHaveLength(1);
    // Seeing a flow again is no reason to revalidate.
    expect(sw.switch.ofproto.version).toBe(version);
    clock.advance(11_000);
    sw.switch.ofproto.expire();
    expect(learned()).toEqual([]);
    count(output, 1);
    expect(learned()).toHaveLength(1);
  });

  it("does not teach when translated again without a packet", () => {
    addFlow("actions=learn(table=7,eth_dst=eth_src)");
    const output = run(false);
    expect(learned()).toEqual([]);
    expect(output.avoidCaching).toBe(false);
    count(output, 1);
    expect(learned()).toHaveLength(1);
  });

  it("keeps results that hang on a limit out of the datapath", () => {
    addFlow("actions=learn(table=7,limit=1,cookie=1,eth_dst=eth_src,result_dst=reg0[0])");
    expect(run(false).avoidCaching).toBe(true);
    expect(run(true).avoidCaching).toBe(false);
    expect(run(false).avoidCaching).toBe(false);
  });

  it("is taken back with the bundle that changed its teacher", () => {
    addFlow("actions=learn(table=7,cookie=5,delete_learned,eth_dst=eth_src)");
    run(true);
    const { flows } = sw.switch.ofproto;
    const change = parseFlow("actions=drop", FLOW_COMMAND.MODIFY).flow;
    expect(() =>
      flows.transact((transaction) => {
        flows.apply(transaction, change);
        throw new Error("not after all");
      }),
    ).toThrow("not after all");
    addFlow("in_port=2,actions=drop");
    expect(learned()).toHaveLength(1);
    flows.flowMod(change);
    expect(learned()).toEqual([]);
  });

  it("shortens timeouts when a FIN is counted", () => {
    addFlow("tcp,idle_timeout=60,actions=fin_timeout(idle_timeout=5,hard_timeout=9)");
    const [rule] = [...sw.switch.ofproto.tables[0].classifier.iterate()];
    const output = run(true);
    count(output, 1);
    expect(rule).toMatchObject({ idleTimeout: 60, hardTimeout: 0 });
    count(output, 1, FIN);
    expect(rule).toMatchObject({ idleTimeout: 5, hardTimeout: 9 });
  });
});
