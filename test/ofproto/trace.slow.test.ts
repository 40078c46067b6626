// SPDX-License-Identifier: Apache-2.0
/**
 * `ofproto/trace` beside the stock switch: generated flow tables and packets, the same text from
 * both, and a megaflow that is no narrower; and what the megaflow promises holds.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatOdpActions } from "../../src/odp/format-actions.js";
import type { BundleConfig } from "../../src/ofproto/ports.js";
import { type TraceResult, traceCommand, tracePacketOutCommand } from "../../src/ofproto/trace.js";
import { matchOfPacket, parseExactFlow } from "../../src/ofproto/trace-flow.js";
import { AT, mark } from "../../src/ofproto/translate/headers.js";
import { toDatapathMask, translate } from "../../src/ofproto/translate/index.js";
import { Flow } from "../../src/openflow/flow.js";
import { DEFAULT_PRIORITY, formatMatch } from "../../src/openflow/match-text.js";
import { type StockSwitch, stockInstalled } from "../harness/stock-switch.js";
import { addFlowText, parseMatchText } from "./flow-text.js";
import { Random } from "./random.js";
import { randomPacket } from "./random-packets.js";
import { generateCase } from "./trace-cases.js";
import {
  findPortOrder,
  flows,
  LEARNED,
  lineOf,
  makeWorld,
  mix,
  narrowerBits,
  PORTS,
  type PortOrder,
  startStock,
  type World,
  withoutIds,
} from "./trace-world.js";

/** VLAN configurations of ports, each with `ovs-vsctl set port` settings that say the same. */
const SETUPS: readonly Record<string, [Partial<BundleConfig>, string]>[] = [
  {},
  {
    p1: [{ vlanMode: "access", tag: 10 }, "tag=10"],
    p2: [{ vlanMode: "trunk", trunks: new Set([10, 20]) }, "trunks=10,20"],
    p3: [{ vlanMode: "native-untagged", tag: 10 }, "tag=10 vlan_mode=native-untagged"],
    q1: [{ vlanMode: "access", tag: 20 }, "tag=20"],
  },
  {
    p1: [{ vlanMode: "dot1q-tunnel", tag: 30 }, "tag=30 vlan_mode=dot1q-tunnel"],
    p2: [{ vlanMode: "access", tag: 30 }, "tag=30"],
    p4: [
      { vlanMode: "native-tagged", tag: 20, trunks: new Set([20, 30]) },
      "tag=20 trunks=20,30 vlan_mode=native-tagged",
    ],
  },
];

const SEEDS_PER_SETUP = 70;

const describeStock = stockInstalled("dummy") ? describe : describe.skip;
let stock: StockSwitch;
let portOrder: PortOrder;

const bundles = (setup: (typeof SETUPS)[number]): Record<string, Partial<BundleConfig>> =>
  Object.fromEntries(Object.entries(setup).map(([name, [config]]) => [name, config]));
async function configure(setup: (typeof SETUPS)[number]): Promise<void> {
  for (const { name } of PORTS) {
    const clear = ["tag", "trunks", "vlan_mode"].flatMap((c) => ["--", "clear", "port", name, c]);
    const set = setup[name] ? ["--", "set", "port", name, ...setup[name][1].split(" ")] : [];
    await stock.must("ovs-vsctl", ...clear.slice(1), ...set);
  }
  await stock.appctl("fdb/flush", "br0");
  for (const [vlan, mac, port] of LEARNED) {
    await stock.must("ovs-appctl", "fdb/add", "br0", port, String(vlan), mac);
  }
}

const text = (result: TraceResult): string => ("text" in result ? result.text : result.error);

/** Packets that the megaflow matches must get the actions it has. */
function checkPromise({ datapath, models }: World, packet: string, seed: number): void {
  const flow = parseExactFlow(packet);
  if (!(flow instanceof Flow)) throw new Error(flow.error);
  const { bridge } = models.br0;
  const input = { bridge, packet: null, tcpFlags: 0, mayLearn: false, wantEffects: false };
  const result = translate({ ...input, flow });
  const mask = result.wc.clone();
  toDatapathMask(datapath, flow.bytes, mask);
  mark(mask, AT.inPort, 4);
  for (const other of generateCase(seed + 1_000_000).packets) {
    const otherFlow = parseExactFlow(other);
    const mixed = otherFlow instanceof Flow ? mix(flow, mask, otherFlow) : null;
    if (!mixed) continue;
    const again = translate({ ...input, flow: mixed });
    const shown = formatMatch(matchOfPacket(mixed), DEFAULT_PRIORITY);
    expect(withoutIds(formatOdpActions(again.actions)), `${packet}\nand ${shown}`).toBe(
      withoutIds(formatOdpActions(result.actions)),
    );
  }
}

describeStock("ofproto/trace beside the stock switch", () => {
  beforeAll(async () => {
    stock = await startStock();
    portOrder = await findPortOrder(stock);
  });
  afterAll(() => stock?.stop());

  it.each(SETUPS.map((setup, i) => [i, setup] as const))("VLAN setup %i", async (i, setup) => {
    await configure(setup);
    let wider = 0;
    for (let n = 0; n < SEEDS_PER_SETUP; n++) {
      const seed = 1 + i * SEEDS_PER_SETUP + n;
      const world = makeWorld(portOrder, bundles(setup));
      const generated = generateCase(seed);
      for (const [bridge, lines] of Object.entries(generated.flows)) {
        await flows(stock, bridge, lines);
        for (const line of lines) addFlowText(world.models[bridge], line);
      }
      for (const packet of generated.packets) {
        const theirs = withoutIds(await stock.must("ovs-appctl", "ofproto/trace", "br0", packet));
        const ours = withoutIds(text(traceCommand([world.datapath], ["br0", packet])));
        const megaflow = lineOf(theirs, "Megaflow: ");
        const ourMegaflow = lineOf(ours, "Megaflow: ");
        const label = `seed ${seed}: ${packet}`;
        expect(`${ours.replace(ourMegaflow, "M").trimEnd()}`, label).toBe(
          theirs.replace(megaflow, "M").trimEnd(),
        );
        if (megaflow !== ourMegaflow) {
          const both = [ourMegaflow, megaflow].map((m) => parseMatchText(m).mask);
          expect(narrowerBits(both[0], both[1]), `${label}\n${megaflow}\n${ourMegaflow}`).toEqual(
            [],
          );
          wider++;
        }
        checkPromise(world, packet, seed);
      }
    }
    expect(wider).toBeLessThan(SEEDS_PER_SETUP);
  });

  it("reads packets as the stock switch does", async () => {
    await configure({});
    await flows(stock, "br0", ["actions=drop"]);
    const world = makeWorld(portOrder);
    addFlowText(world.models.br0, "actions=drop");
    const random = new Random(5);
    for (let n = 0; n < 300; n++) {
      const frame = Buffer.from(randomPacket(random)).toString("hex");
      const theirs = await stock.must("ovs-appctl", "ofproto/trace", "br0", "in_port=1", frame);
      const ours = text(traceCommand([world.datapath], ["br0", "in_port=1", frame]));
      expect(lineOf(ours, "Flow: "), frame).toBe(lineOf(theirs, "Flow: "));
    }
  });

  it.each([
    ["br0"],
    ["nosuch", "in_port=1"],
    ["br0", "in_port=1", "0102"],
    ["br0", "in_port=1", "zz"],
    ["br0", "in_port=1", "x", "y"],
    ["-foo", "br0", "in_port=1"],
    ["--l7", "zz", "br0", "in_port=1"],
    ["br0", "in_port=1", "--l7"],
    ["br0", "in_port=1", "--l7-len", "70000"],
    ["br0", "in_port=p1,foo=2"],
    ["br0", "in_port=p1,ip,nw_src=1.2.3.0/24"],
    ["br0", "in_port=p1,tcp,udp"],
    ["br0", "in_port=1,in_port=2"],
    ["br0", "nw_src=1.2.3.4"],
    ["in_port(77),eth_type(0x800)"],
    ["in_port(p1),eth(),eth_type(0x0800),ipv4(proto=6)"],
    ["in_port(p1),bogus"],
    ["recirc_id(99),in_port(p1),eth_type(0x1234)"],
    ["nosuch", "in_port(1)"],
    ["--names", "br0", "in_port=p1,tcp"],
    ["br0", "in_port=LOCAL,dl_vlan=5,tcp", "--generate"],
  ])("words errors and odd requests alike: %s %s %s %s", async (...argv) => {
    await flows(stock, "br0", ["in_port=1,actions=output:2,normal", "actions=normal"]);
    await configure({});
    const world = makeWorld(portOrder);
    addFlowText(world.models.br0, "in_port=1,actions=output:2,normal");
    addFlowText(world.models.br0, "actions=normal");
    await flows(stock, "br1", ["actions=drop"]);
    addFlowText(world.models.br1, "actions=drop");
    const args = argv.filter((arg) => arg !== undefined);
    const { stdout, stderr } = await stock.appctl("ofproto/trace", ...args);
    const theirs = stdout || stderr.replace(/ovs-appctl: .*\n$/, "");
    expect(text(traceCommand([world.datapath], args)).trimEnd()).toBe(theirs.trimEnd());
  });

  it.each([
    ["br0", "in_port=CONTROLLER,tcp", "output:1,controller,set_field:5->reg1,resubmit(,0)"],
    ["br0", "in_port=1,tcp", "mod_nw_tos:32,in_port,table"],
    ["-consistent", "br0", "in_port=1,tcp", "pop_vlan,output:2"],
    ["br0", "in_port=1,tcp", "foo"],
    ["br0", "in_port=1,tcp", "output:70000"],
    ["br0", "in_port=1,foo", "output:2"],
  ])("traces packet-outs alike: %s %s %s %s", async (...argv) => {
    await configure({});
    await flows(stock, "br0", ["actions=output:4"]);
    const world = makeWorld(portOrder);
    addFlowText(world.models.br0, "actions=output:4");
    const args = argv.filter((arg) => arg !== undefined);
    const { stdout, stderr } = await stock.appctl("ofproto/trace-packet-out", ...args);
    const theirs = withoutIds(stdout || stderr.replace(/ovs-appctl: .*\n$/, ""));
    const ours = withoutIds(text(tracePacketOutCommand([world.datapath], args)));
    expect(ours.trimEnd()).toBe(theirs.trimEnd());
  });
});
