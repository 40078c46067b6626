// SPDX-License-Identifier: Apache-2.0
/** Conjunctive matches beside the stock switch: random clauses and packets, the same flows hit. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AT } from "../../src/ofproto/translate/headers.js";
import { StockSwitch, stockInstalled } from "../harness/stock-switch.js";
import { parseMatchText } from "./flow-text.js";
import { LearnSwitch } from "./learn-switch.js";
import { Random } from "./random.js";

const ROUNDS = 60;
const SOURCES = ["nw_src=10.0.0.0/8", "nw_src=10.1.0.0/16", "nw_src=10.1.1.1", "nw_src=10.2.0.1"];
const OTHERS = ["tcp,tp_dst=80", "tcp,tp_dst=81", "tcp,tp_src=7", "ip,nw_tos=32", "ip", "tcp"];

/** Flows of one table: clauses of a few conjunctions, what they lead to, and others in between.
 * Where two flows of the same priority match, which of them is hit is anybody's guess: hence one
 * conjunction per priority, and a priority per flow that is no clause. */
function flowsOf(random: Random): string[] {
  const lines: string[] = [];
  const match = (): string =>
    random.oneIn(2) ? `ip,${random.pick(SOURCES)}` : random.pick(OTHERS);
  for (let n = 4 + random.below(8); n > 0; n--) {
    const id = 1 + random.below(3);
    const of = id === 3 ? 3 : 2;
    const clause = (): string => `conjunction(${id},${1 + random.below(of)}/${of})`;
    const actions = random.oneIn(4) ? `${clause()},${clause()}` : clause();
    lines.push(`priority=${10 * id},${match()},actions=${actions}`);
  }
  for (let n = random.below(5); n > 0; n--) {
    const priority = 10 * (1 + random.below(4)) + n;
    lines.push(`priority=${priority},${match()},actions=output:${1 + random.below(4)}`);
  }
  for (const id of [1, 2, 3]) {
    if (random.oneIn(5)) continue;
    const also = random.oneIn(3) ? random.pick(OTHERS) : "ip";
    const priority = 10 * (1 + random.below(3)) + 5 + id;
    lines.push(`priority=${priority},conj_id=${id},${also},actions=output:${id}`);
  }
  if (random.oneIn(2)) lines.push("priority=1,actions=output:4");
  return lines;
}

const megaflowOf = (text: string) => parseMatchText(/^Megaflow: (.*)$/m.exec(text)?.[1] ?? "").mask;
const story = (text: string): string =>
  text
    .replace(/^Megaflow: .*\n/m, "")
    .replace(/Datapath actions: .*/, "")
    .trimEnd();

describe.skipIf(!stockInstalled("dummy"))("conjunctive matches beside the stock switch", () => {
  let stock: StockSwitch;
  let ours: LearnSwitch;
  beforeAll(async () => {
    stock = await StockSwitch.start({ mode: "dummy" });
    const ports = [1, 2, 3, 4].flatMap((n) => [
      ...["--", "add-port", "br0", `p${n}`],
      ...["--", "set", "interface", `p${n}`, `ofport_request=${n}`],
    ]);
    const bridge = ["add-br", "br0", "--", "set", "bridge", "br0", "fail-mode=secure"];
    await stock.must("ovs-vsctl", ...bridge, ...ports);
    ours = new LearnSwitch();
    await ours.switch.ofproto.start();
  });
  afterAll(async () => {
    ours?.stop();
    await stock?.stop();
  });

  async function ofctl(...args: string[]): Promise<void> {
    await stock.must("ovs-ofctl", ...args);
    expect(await ours.ofctl(args)).toMatchObject({ status: 0, stderr: "" });
  }

  async function same(packet: string, label: string): Promise<void> {
    const theirs = await stock.must("ovs-appctl", "ofproto/trace", "br0", packet);
    const mine = ours.trace(packet);
    expect(story(mine), label).toBe(story(theirs));
    const [ourMask, theirMask] = [mine, theirs].map(megaflowOf);
    const narrower = [...ourMask.bytes.keys()].filter(
      (i) => ourMask.bytes[i] & ~theirMask.bytes[i] && i < AT.vlan0,
    );
    expect(narrower, label).toEqual([]);
  }

  it("hit the same flows", async () => {
    const random = new Random(4);
    let hits = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await ofctl("del-flows", "br0");
      const lines = flowsOf(random);
      for (const line of lines) await ofctl("add-flow", "br0", line);
      for (let n = 0; n < 5; n++) {
        const address = random.pick(["10.1.1.1", "10.1.2.3", "10.2.0.1", "10.9.9.9", "11.0.0.1"]);
        const rest = `nw_tos=${random.pick([0, 32])},tp_src=${random.pick([7, 8])}`;
        const port = random.pick([80, 81, 82]);
        const packet = `in_port=4,tcp,nw_src=${address},${rest},tp_dst=${port}`;
        await same(packet, `${lines.join("\n")}\n${packet}`);
        if (ours.trace(packet).includes("conj_id=")) hits++;
      }
    }
    expect(hits).toBeGreaterThan(ROUNDS / 2);
  });

  it("follow clauses that become something else, and back", async () => {
    const packet = "in_port=4,tcp,nw_src=10.1.1.1,tp_dst=80";
    await ofctl("del-flows", "br0");
    await ofctl("add-flow", "br0", "tcp,nw_src=10.1.1.1,actions=conjunction(9,1/2)");
    await ofctl("add-flow", "br0", "tcp,tp_dst=80,actions=conjunction(9,2/2)");
    await ofctl("add-flow", "br0", "ip,conj_id=9,actions=output:1");
    await same(packet, "both clauses");
    expect(ours.trace(packet)).toContain("conj_id=9");
    await ofctl("mod-flows", "br0", "tcp,nw_src=10.1.1.1,actions=output:2");
    await same(packet, "one clause less");
    await ofctl("mod-flows", "br0", "tcp,nw_src=10.1.1.1,actions=conjunction(9,1/2)");
    await same(packet, "back again");
    await ofctl("del-flows", "br0", "tcp,tp_dst=80");
    await same(packet, "one clause gone");
    expect(ours.trace(packet)).toContain("No match");
  });
});
