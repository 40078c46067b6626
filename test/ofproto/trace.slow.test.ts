// SPDX-License-Identifier: Apache-2.0
/**
 * `ofproto/trace` beside the stock switch: generated flow tables and packets, the same text from
 * both, and a megaflow that is no narrower; and what the megaflow promises holds.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatOdpActions } from "../../src/odp/format-actions.js";
import type { BundleConfig } from "../../src/ofproto/ports.js";
import { type TraceResult, traceCommand, tracePacketOutCommand } from "../../src/ofproto/trace.js";
import { matchOfPacket, parseExactFlow } from "../../src/ofproto/trace-flow.js";
import { AT, mark, vlanTci } from "../../src/ofproto/translate/headers.js";
import { toDatapathMask, translate } from "../../src/ofproto/translate/index.js";
import type { XDatapath } from "../../src/ofproto/xbridge.js";
import { Flow } from "../../src/openflow/flow.js";
import { DEFAULT_PRIORITY, formatMatch } from "../../src/openflow/match-text.js";
import { OFPP } from "../../src/openflow/ofp-actions.js";
import { StockSwitch, stockInstalled } from "../harness/stock-switch.js";
import { addFlowText, parseMatchText } from "./flow-text.js";
import { addPort, type Model, makeBridge, makeDatapath } from "./model.js";
import { Random } from "./random.js";
import { randomPacket } from "./random-packets.js";
import { generateCase } from "./trace-cases.js";

/** Name, bridge, OpenFlow port; patch ports are those with a peer. */
const PORTS: readonly { name: string; bridge: string; ofpPort: number; peer?: string }[] = [
  ...[1, 2, 3, 4].map((n) => ({ name: `p${n}`, bridge: "br0", ofpPort: n })),
  { name: "pa0", bridge: "br0", ofpPort: 5, peer: "pa1" },
  ...[1, 2].map((n) => ({ name: `q${n}`, bridge: "br1", ofpPort: n })),
  { name: "pa1", bridge: "br1", ofpPort: 5, peer: "pa0" },
];

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

/** Addresses known to br0: VLAN, address, port. */
const LEARNED = [
  [0, "50:54:00:00:00:01", "p1"],
  [10, "50:54:00:00:00:02", "p2"],
  [20, "aa:bb:cc:00:00:05", "pa0"],
] as const;

const SEEDS_PER_SETUP = 70;

interface World {
  datapath: XDatapath;
  models: Record<string, Model>;
}

const describeStock = stockInstalled("dummy") ? describe : describe.skip;
let stock: StockSwitch;
/** Ports of all bridges in the order in which the stock switch has them, with datapath numbers. */
let portOrder: { name: string; dpPort?: number }[];

async function flows(bridge: string, lines: readonly string[]): Promise<void> {
  const file = join(stock.dir, "flows");
  writeFileSync(file, `${lines.join("\n")}\n`);
  await stock.must("ovs-ofctl", "-O", "OpenFlow15", "del-flows", bridge);
  await stock.must("ovs-ofctl", "-O", "OpenFlow15", "add-flows", bridge, file);
}

/** The order in which NORMAL floods, found out by flooding from every port: the list from one port
 * lacks that port. Packets to the other bridge go to its local port. */
async function findPortOrder(): Promise<typeof portOrder> {
  const shown = await stock.must("ovs-appctl", "dpif/show");
  const names = new Map(
    [...shown.matchAll(/^ {4}(\S+) \d+\/(\d+):/gm)].map((m) => [m[2], m[1]] as const),
  );
  const order: typeof portOrder = [];
  for (const [bridge, other, patch] of [
    ["br0", "br1", "pa0"],
    ["br1", "br0", "pa1"],
  ]) {
    await flows(bridge, ["actions=normal"]);
    await flows(other, ["actions=local"]);
    const lists: string[][] = [];
    for (const port of ["LOCAL", "1", "2"]) {
      const trace = await stock.must("ovs-appctl", "ofproto/trace", bridge, `in_port=${port}`);
      lists.push(lineOf(trace, "Datapath actions: ").split(","));
    }
    const isBefore = (a: string, b: string): boolean =>
      lists.some(
        (list) => list.includes(a) && list.includes(b) && list.indexOf(a) < list.indexOf(b),
      );
    const all = [...new Set(lists.flat())].sort((a, b) => (isBefore(a, b) ? -1 : 1));
    for (const dpPort of all) {
      const name = names.get(dpPort)!;
      order.push(name === other ? { name: patch } : { name, dpPort: Number(dpPort) });
    }
  }
  return order;
}

function makeWorld(setup: (typeof SETUPS)[number]): World {
  const datapath = makeDatapath();
  const models = { br0: makeBridge(datapath, "br0"), br1: makeBridge(datapath, "br1") };
  const byName = new Map(PORTS.map((port) => [port.name, port]));
  const made = new Map(
    portOrder.map(({ name, dpPort }) => {
      const { bridge, ofpPort } = byName.get(name) ?? { bridge: name, ofpPort: OFPP.LOCAL };
      const options = { ...setup[name]?.[0], ofpPort, dpPort };
      return [name, addPort(models[bridge as "br0" | "br1"].bridge, name, options)];
    }),
  );
  models.br0.bridge.setPeer(made.get("pa0")!, made.get("pa1")!);
  for (const [vlan, mac, port] of LEARNED) {
    const address = Number.parseInt(mac.replaceAll(":", ""), 16);
    models.br0.bridge.macLearning.addStatic(vlan, address, made.get(port)!);
  }
  return { datapath, models };
}

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

/** Numbers of recirculation ids depend on what was translated before. */
const withoutIds = (trace: string): string =>
  trace.replaceAll(/recirc_id=\d+,rule/g, "recirc_id,rule");

const lineOf = (trace: string, start: string): string =>
  trace
    .split("\n")
    .find((line) => line.startsWith(start))!
    .slice(start.length);

/** Bits of `ours` that `theirs` leaves open, but for what is always matched. */
function narrowerBits(ours: Flow, theirs: Flow): number[] {
  const always = new Flow();
  mark(always, AT.dpInPort, 8);
  mark(always, AT.packetType, 4);
  mark(always, AT.vlan0 + 2, 2);
  mark(always, AT.vlan1, 4);
  return [...ours.bytes.keys()].filter(
    (i) => (ours.bytes[i] & ~theirs.bytes[i] & ~always.bytes[i]) !== 0,
  );
}

/** A packet that the megaflow of `flow` under `mask` matches, with the rest from `other`; null when
 * no such packet exists. */
function mix(flow: Flow, mask: Flow, other: Flow): Flow | null {
  const mixed = new Flow();
  for (let i = 0; i < mixed.words.length; i++) {
    mixed.words[i] = (flow.words[i] & mask.words[i]) | (other.words[i] & ~mask.words[i]);
  }
  if (vlanTci(mixed, 0) & 0x1000) mixed.view.setUint16(AT.vlan0 + 2, 0x8100);
  else mixed.bytes.fill(0, AT.vlan0, AT.vlan0 + 8);
  // A field that the packet does not have is 0.
  const { mask: has } = matchOfPacket(mixed);
  for (let i = AT.nwFrag; i < AT.ipv6LabelEnd; i++) {
    if (i < AT.ctState || i >= AT.ipv6Src) mixed.bytes[i] &= has.bytes[i];
  }
  const isMatch = mixed.words.every((word, i) => ((word ^ flow.words[i]) & mask.words[i]) === 0);
  // Without an IP header, which protocol 0 stands for, headers cannot be set.
  const hasHeader = (f: Flow): boolean => f.bytes[AT.nwProto] !== 0;
  return isMatch && hasHeader(mixed) === hasHeader(flow) ? mixed : null;
}

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
    stock = await StockSwitch.start({ mode: "dummy" });
    for (const bridge of ["br0", "br1"]) {
      const protocols = "protocols=OpenFlow10,OpenFlow13,OpenFlow15";
      await stock.must("ovs-vsctl", "add-br", bridge, "--", "set", "bridge", bridge, protocols);
    }
    for (const { name, bridge, ofpPort, peer } of PORTS) {
      const patch = peer ? ["type=patch", `options:peer=${peer}`] : [];
      const set = ["--", "set", "interface", name, `ofport_request=${ofpPort}`, ...patch];
      await stock.must("ovs-vsctl", "add-port", bridge, name, ...set);
    }
    portOrder = await findPortOrder();
  });
  afterAll(() => stock?.stop());

  it.each(SETUPS.map((setup, i) => [i, setup] as const))("VLAN setup %i", async (i, setup) => {
    await configure(setup);
    let wider = 0;
    for (let n = 0; n < SEEDS_PER_SETUP; n++) {
      const seed = 1 + i * SEEDS_PER_SETUP + n;
      const world = makeWorld(setup);
      const generated = generateCase(seed);
      for (const [bridge, lines] of Object.entries(generated.flows)) {
        await flows(bridge, lines);
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
    await flows("br0", ["actions=drop"]);
    const world = makeWorld({});
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
    await flows("br0", ["in_port=1,actions=output:2,normal", "actions=normal"]);
    await configure({});
    const world = makeWorld({});
    addFlowText(world.models.br0, "in_port=1,actions=output:2,normal");
    addFlowText(world.models.br0, "actions=normal");
    await flows("br1", ["actions=drop"]);
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
    await flows("br0", ["actions=output:4"]);
    const world = makeWorld({});
    addFlowText(world.models.br0, "actions=output:4");
    const args = argv.filter((arg) => arg !== undefined);
    const { stdout, stderr } = await stock.appctl("ofproto/trace-packet-out", ...args);
    const theirs = withoutIds(stdout || stderr.replace(/ovs-appctl: .*\n$/, ""));
    const ours = withoutIds(text(tracePacketOutCommand([world.datapath], args)));
    expect(ours.trimEnd()).toBe(theirs.trimEnd());
  });
});
