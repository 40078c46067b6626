// SPDX-License-Identifier: Apache-2.0
/** Misses, installed flows, counts, changes and packet-ins on the real datapath with dummy devices:
 * an OpenFlow switch, translation, the slow path and packet threads, without a database. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { Dpif } from "../../src/dpif/dpif.js";
import { systemClock } from "../../src/lib/clock.js";
import { Ofproto } from "../../src/ofproto/ofproto.js";
import type { OfPort } from "../../src/ofproto/ofproto-port.js";
import { Rule } from "../../src/ofproto/rule.js";
import { XBridge, XDatapath } from "../../src/ofproto/xbridge.js";
import { Flow } from "../../src/openflow/flow.js";
import { emptyMatch } from "../../src/openflow/match.js";
import type { OfpAct } from "../../src/openflow/ofp-actions.js";
import { OFPP } from "../../src/openflow/ofp-actions.js";
import { Slowpath } from "../../src/slowpath/slowpath.js";
import { addPort, eventually, openTestDpif } from "../dpif/test-dpif.js";
import { ipv4, udpFrame } from "../harness/pcap.js";

const PORTS = 3;

let dpif: Dpif;
let datapath: XDatapath;
let ofproto: Ofproto;
let bridge: XBridge;
let slowpath: Slowpath;
const dpPorts: number[] = [];

beforeAll(async () => {
  dpif = await openTestDpif({ otherConfig: {} });
  datapath = new XDatapath({
    type: "netdev",
    name: "ovs-netdev",
    nowMs: () => systemClock.now(),
  });
  slowpath = new Slowpath(dpif, datapath, systemClock);
});

beforeEach(async () => {
  ofproto = new Ofproto({
    name: "br0",
    datapathId: 1n,
    clock: systemClock,
    hooks: {
      onTablesChanged: () => slowpath.changed(),
      syncStats: () => slowpath.syncStats(),
    },
  });
  bridge = new XBridge(datapath, ofproto);
  slowpath.addBridge(bridge, ofproto);
  dpPorts.length = 0;
  for (let n = 1; n <= PORTS; n++) {
    const dpPort = await addPort(dpif, `d${n}`, "dummy-pmd");
    dpPorts.push(dpPort);
    const of: OfPort = {
      ...{ ofpPort: n, name: `d${n}`, hwAddr: Uint8Array.of(2, 0, 0, 0, 0, n), config: 0 },
      ...{ state: 0, curr: 0, advertised: 0, supported: 0, peer: 0, currSpeed: 0, maxSpeed: 0 },
    };
    ofproto.addPort(of);
    const port = bridge.addPort(of, { dpPort });
    bridge.setBundle({ name: of.name }, [port]);
  }
});

afterEach(async () => {
  await slowpath.purge();
  slowpath.removeBridge(bridge);
  bridge.close();
  for (const port of dpPorts) await dpif.portDel(port);
});

afterAll(async () => {
  slowpath?.stop();
  await dpif?.close();
});

function setRules(...rules: { priority: number; inPort?: number; actions: OfpAct[] }[]): Rule[] {
  const made = rules.map(({ priority, inPort, actions }) => {
    const match = emptyMatch();
    if (inPort !== undefined) {
      match.flow.view.setUint32(256, inPort);
      match.mask.view.setUint32(256, 0xffffffff);
    }
    return new Rule({ tableId: 0, priority, match, actions, createdMs: systemClock.now() });
  });
  ofproto.flows.transact((transaction) => {
    for (const rule of ofproto.flows.all()) ofproto.flows.remove(transaction, rule, null);
    for (const rule of made) ofproto.flows.insert(transaction, rule);
  });
  return made;
}

const output = (port: number): OfpAct => ({ type: "output", port, maxLen: 0 });

function frame(flow: number, src = "02:00:00:00:00:aa", dst = "02:00:00:00:00:bb"): Uint8Array {
  return udpFrame({
    ...{ srcMac: src, dstMac: dst, src: ipv4("10.0.0.1") + flow, dst: ipv4("10.1.0.1") },
    ...{ srcPort: 1000 + flow, dstPort: 9 },
  });
}

async function send(port: number, packets: readonly Uint8Array[]): Promise<void> {
  for (const packet of packets) {
    await eventually(() => dpif.dummyReceive(dpPorts[port - 1]!, packet));
  }
}

async function received(port: number, count: number): Promise<Uint8Array[]> {
  const got: Uint8Array[] = [];
  await eventually(() => {
    got.push(...dpif.dummyTransmitted(dpPorts[port - 1]!).map((one) => Uint8Array.from(one)));
    return got.length >= count;
  });
  return got;
}

it("keeps the order of a flow and counts every packet on the rule", async () => {
  const [rule] = setRules({ priority: 10, inPort: 1, actions: [output(2)] });
  const packets = Array.from({ length: 60 }, (_, i) => {
    const packet = frame(0);
    packet[50] = i;
    return packet;
  });
  await send(1, packets);
  const got = await received(2, packets.length);
  expect(got.map((packet) => packet[50])).toEqual(packets.map((packet) => packet[50]));
  slowpath.syncStats();
  expect(rule!.packets).toBe(packets.length);
  expect(rule!.bytes).toBe(packets.length * 60);
  expect(slowpath.stats().flows).toBe(1);
});

it("revalidates installed flows when rules change", async () => {
  const [old] = setRules({ priority: 10, inPort: 1, actions: [output(2)] });
  await send(1, [frame(1)]);
  await received(2, 1);
  const [fresh] = setRules({ priority: 10, inPort: 1, actions: [output(3)] });
  await slowpath.settled();
  await dpif.sync();
  await send(1, [frame(1), frame(1)]);
  await received(3, 2);
  slowpath.syncStats();
  expect([old!.packets, fresh!.packets]).toEqual([1, 2]);
});

it("learns addresses, floods what it does not know, and stops flooding", async () => {
  setRules({ priority: 0, actions: [output(OFPP.NORMAL)] });
  const [a, b] = ["02:00:00:00:01:01", "02:00:00:00:01:02"];
  await send(1, [frame(2, a, b)]);
  await received(2, 1);
  await received(3, 1);
  await send(2, [frame(3, b, a)]);
  await received(1, 1);
  await slowpath.settled();
  await dpif.sync();
  await send(1, [frame(2, a, b)]);
  await received(2, 1);
  expect(dpif.dummyTransmitted(dpPorts[2]!)).toEqual([]);
});

it("drops by rule, and the datapath's counters balance", async () => {
  const [rule] = setRules({ priority: 10, inPort: 1, actions: [] });
  await send(1, [frame(4), frame(4), frame(5)]);
  await eventually(() => {
    slowpath.syncStats();
    return rule!.packets === 3;
  });
});

it("executes packet-outs", async () => {
  setRules({ priority: 10, inPort: 1, actions: [] });
  const packet = frame(6);
  const flow = new Flow();
  flow.view.setUint32(256, OFPP.CONTROLLER);
  slowpath.packetOut(bridge, {
    ...{ packet, inPort: OFPP.CONTROLLER, flow, actions: [output(2), output(3)] },
  });
  expect(await received(2, 1)).toEqual([packet]);
  expect(await received(3, 1)).toEqual([packet]);
});

it("removes idle flows and credits their last packets", async () => {
  const [rule] = setRules({ priority: 10, inPort: 1, actions: [output(2)] });
  const { maxIdleMs } = slowpath.settings;
  slowpath.settings.maxIdleMs = 300;
  try {
    await send(1, [frame(7), frame(7)]);
    await received(2, 2);
    await eventually(() => slowpath.stats().flows === 0);
    expect(rule!.packets).toBe(2);
  } finally {
    slowpath.settings.maxIdleMs = maxIdleMs;
  }
});
