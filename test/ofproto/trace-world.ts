// SPDX-License-Identifier: Apache-2.0
/** Two bridges, alike in this process and in a stock switch, to compare what they do to packets. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BundleConfig } from "../../src/ofproto/ports.js";
import { matchOfPacket } from "../../src/ofproto/trace-flow.js";
import { AT, isIcmp, isIcmpv6, mark, vlanTci } from "../../src/ofproto/translate/headers.js";
import type { XDatapath } from "../../src/ofproto/xbridge.js";
import { Flow } from "../../src/openflow/flow.js";
import { OFPP } from "../../src/openflow/ofp-actions.js";
import { StockSwitch } from "../harness/stock-switch.js";
import { addPort, type Model, makeBridge, makeDatapath } from "./model.js";

/** Name, bridge, OpenFlow port; patch ports are those with a peer. */
export const PORTS: readonly { name: string; bridge: string; ofpPort: number; peer?: string }[] = [
  ...[1, 2, 3, 4].map((n) => ({ name: `p${n}`, bridge: "br0", ofpPort: n })),
  { name: "pa0", bridge: "br0", ofpPort: 5, peer: "pa1" },
  ...[1, 2].map((n) => ({ name: `q${n}`, bridge: "br1", ofpPort: n })),
  { name: "pa1", bridge: "br1", ofpPort: 5, peer: "pa0" },
];

/** Addresses known to br0: VLAN, address, port. */
export const LEARNED = [
  [0, "50:54:00:00:00:01", "p1"],
  [10, "50:54:00:00:00:02", "p2"],
  [20, "aa:bb:cc:00:00:05", "pa0"],
] as const;

export interface World {
  datapath: XDatapath;
  models: Record<string, Model>;
}

/** Ports of all bridges in the order in which the stock switch has them, with datapath numbers. */
export type PortOrder = readonly { name: string; dpPort?: number }[];

/** Starts a stock switch with the two bridges. */
export async function startStock(): Promise<StockSwitch> {
  const stock = await StockSwitch.start({ mode: "dummy" });
  for (const bridge of ["br0", "br1"]) {
    const protocols = "protocols=OpenFlow10,OpenFlow13,OpenFlow15";
    await stock.must("ovs-vsctl", "add-br", bridge, "--", "set", "bridge", bridge, protocols);
  }
  for (const { name, bridge, ofpPort, peer } of PORTS) {
    const patch = peer ? ["type=patch", `options:peer=${peer}`] : [];
    const set = ["--", "set", "interface", name, `ofport_request=${ofpPort}`, ...patch];
    await stock.must("ovs-vsctl", "add-port", bridge, name, ...set);
  }
  return stock;
}

/** Replaces the flows of a bridge. */
export async function flows(
  stock: StockSwitch,
  bridge: string,
  lines: readonly string[],
): Promise<void> {
  const file = join(stock.dir, "flows");
  writeFileSync(file, `${lines.join("\n")}\n`);
  await stock.must("ovs-ofctl", "-O", "OpenFlow15", "del-flows", bridge);
  await stock.must("ovs-ofctl", "-O", "OpenFlow15", "add-flows", bridge, file);
}

/** The order in which NORMAL floods, found out by flooding from every port: the list from one port
 * lacks that port. Packets to the other bridge go to its local port. */
export async function findPortOrder(stock: StockSwitch): Promise<PortOrder> {
  const shown = await stock.must("ovs-appctl", "dpif/show");
  const names = new Map(
    [...shown.matchAll(/^ {4}(\S+) \d+\/(\d+):/gm)].map((m) => [m[2], m[1]] as const),
  );
  const order: { name: string; dpPort?: number }[] = [];
  for (const [bridge, other, patch] of [
    ["br0", "br1", "pa0"],
    ["br1", "br0", "pa1"],
  ]) {
    await flows(stock, bridge, ["actions=normal"]);
    await flows(stock, other, ["actions=local"]);
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

/** The bridges in this process. `setup`: VLAN configurations by port. */
export function makeWorld(
  portOrder: PortOrder,
  setup: Readonly<Record<string, Partial<BundleConfig>>> = {},
): World {
  const datapath = makeDatapath();
  const models = { br0: makeBridge(datapath, "br0"), br1: makeBridge(datapath, "br1") };
  const byName = new Map(PORTS.map((port) => [port.name, port]));
  const made = new Map(
    portOrder.map(({ name, dpPort }) => {
      const { bridge, ofpPort } = byName.get(name) ?? { bridge: name, ofpPort: OFPP.LOCAL };
      const options = { ...setup[name], ofpPort, dpPort };
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

/** Numbers of recirculation ids depend on what was translated before. */
export const withoutIds = (trace: string): string =>
  trace.replaceAll(/recirc_id=\d+,rule/g, "recirc_id,rule");

export const lineOf = (trace: string, start: string): string =>
  trace
    .split("\n")
    .find((line) => line.startsWith(start))!
    .slice(start.length);

/** Bits of `ours` that `theirs` leaves open, but for what is always matched. */
export function narrowerBits(ours: Flow, theirs: Flow): number[] {
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
export function mix(flow: Flow, mask: Flow, other: Flow): Flow | null {
  const mixed = new Flow();
  for (let i = 0; i < mixed.words.length; i++) {
    mixed.words[i] = (flow.words[i] & mask.words[i]) | (other.words[i] & ~mask.words[i]);
  }
  if (vlanTci(mixed, 0) & 0x1000) mixed.view.setUint16(AT.vlan0 + 2, 0x8100);
  else mixed.bytes.fill(0, AT.vlan0, AT.vlan0 + 8);
  // ICMP types and codes have 8 bits.
  if (isIcmp(mixed) || isIcmpv6(mixed)) mixed.bytes.fill(0, AT.tpSrc, AT.tpSrc + 1);
  if (isIcmp(mixed) || isIcmpv6(mixed)) mixed.bytes.fill(0, AT.tpDst, AT.tpDst + 1);
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
