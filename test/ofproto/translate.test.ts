// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from "vitest";
import { formatOdpActions } from "../../src/odp/format-actions.js";
import { parseFlowKey } from "../../src/odp/parse-key.js";
import { PORT_CONFIG } from "../../src/ofproto/ofproto-port.js";
import type { Bundle, XPort } from "../../src/ofproto/ports.js";
import {
  applyEffects,
  locateFlow,
  releaseOutput,
  toDatapathMask,
  translate,
  type XlateOutput,
} from "../../src/ofproto/translate/index.js";
import type { XDatapath } from "../../src/ofproto/xbridge.js";
import { OFPP, type OfpAct } from "../../src/openflow/ofp-actions.js";
import { addPort, addRule, ManualClock, type Model, makeBridge, makeDatapath } from "./model.js";

const output = (port: number): OfpAct => ({ type: "output", port, maxLen: 0 });
const NORMAL = output(OFPP.NORMAL);
const A = "50:54:00:00:00:0a";
const B = "50:54:00:00:00:0b";

let clock: ManualClock;
let datapath: XDatapath;
let br0: Model;
let ports: XPort[];

beforeEach(() => {
  clock = new ManualClock();
  datapath = makeDatapath(clock);
  br0 = makeBridge(datapath, "br0");
  ports = [1, 2, 3].map((n) => addPort(br0.bridge, `p${n}`, { ofpPort: n, dpPort: n }));
});

function keyOf(text: string): Uint8Array {
  const parsed = parseFlowKey(text);
  if ("error" in parsed) throw new Error(parsed.error);
  return parsed.key;
}

function run(text: string, options: { mayLearn?: boolean; actions?: OfpAct[] } = {}): XlateOutput {
  const key = keyOf(text);
  const located = locateFlow(datapath, key);
  if (!located) throw new Error("no such port");
  const { bridge, flow } = located;
  const { mayLearn = true, actions } = options;
  const result = translate({ bridge, flow, packet: null, tcpFlags: 0, mayLearn, actions });
  toDatapathMask(datapath, key, result.wc);
  return result;
}

const actionsOf = (text: string): string => formatOdpActions(run(text).actions);

const ethernet = (port: number, source: string, destination: string, vlan?: number): string => {
  const start = `in_port(${port}),eth(src=${source},dst=${destination})`;
  if (vlan === undefined) return `${start},eth_type(0x1234)`;
  return `${start},eth_type(0x8100),vlan(vid=${vlan},pcp=0),encap(eth_type(0x1234))`;
};

describe("NORMAL", () => {
  beforeEach(() => {
    addRule(br0, [NORMAL]);
  });

  it("floods, learns, forwards to what it learned, and forgets after the aging time", () => {
    expect(actionsOf(ethernet(1, A, B))).toBe("2,3");
    expect(actionsOf(ethernet(2, B, A))).toBe("1");
    expect(actionsOf(ethernet(1, A, B))).toBe("2");
    expect(actionsOf(ethernet(2, A, B))).toBe("drop");
    expect(br0.bridge.macLearning.stats.moved).toBe(1);
    clock.ms += 300_000;
    expect(actionsOf(ethernet(3, B, A))).toBe("1,2");
  });

  it("does not learn when it may not, but remembers to", () => {
    const result = run(ethernet(1, A, B), { mayLearn: false });
    expect(br0.bridge.macLearning.size).toBe(0);
    applyEffects(result.effects, { packets: 1, bytes: 60, usedMs: clock.ms, tcpFlags: 0 });
    expect([...br0.bridge.macLearning].map(({ port }) => port)).toEqual([ports[0]]);
  });

  it("does not let late statistics move an address back", () => {
    const old = run(ethernet(1, A, B));
    const seenMs = clock.ms;
    clock.ms += 1000;
    run(ethernet(2, A, B));
    applyEffects(old.effects, { packets: 9, bytes: 540, usedMs: seenMs + 500, tcpFlags: 0 });
    expect(br0.bridge.macLearning.lookup(0, 0x50540000000a)?.port).toBe(ports[1]);
  });

  it("keeps reserved group addresses to itself unless told to forward them", () => {
    const bpdu = ethernet(1, A, "01:80:c2:00:00:0e");
    expect(actionsOf(bpdu)).toBe("drop");
    br0.bridge.forwardBpdu = true;
    expect(actionsOf(bpdu)).toBe("2,3");
  });

  it("does not flood to NO_FLOOD ports or between protected ones", () => {
    ports[1].of.config = PORT_CONFIG.NO_FLOOD;
    expect(actionsOf(ethernet(1, A, B))).toBe("3");
    const isProtected = true;
    br0.bridge.setBundle({ name: "p1", isProtected }, [ports[0]]);
    br0.bridge.setBundle({ name: "p3", isProtected }, [ports[2]]);
    expect(actionsOf(ethernet(1, A, B))).toBe("drop");
    expect(actionsOf(ethernet(2, A, B))).toBe("1,3");
  });

  const vlanCases: [
    name: string,
    from: Partial<Bundle>,
    to: Partial<Bundle>,
    in_: number,
    out: string,
  ][] = [
    [
      "access to its trunk",
      { vlanMode: "access", tag: 10 },
      { vlanMode: "trunk" },
      -1,
      "push_vlan(vid=10,pcp=0),2",
    ],
    ["trunk to access", { vlanMode: "trunk" }, { vlanMode: "access", tag: 10 }, 10, "pop_vlan,2"],
    ["trunk to another access", { vlanMode: "trunk" }, { vlanMode: "access", tag: 11 }, 10, "drop"],
    ["tagged into access", { vlanMode: "access", tag: 10 }, { vlanMode: "trunk" }, 10, "drop"],
    [
      "trunk to trunk",
      { vlanMode: "trunk" },
      { vlanMode: "trunk", trunks: new Set([10]) },
      10,
      "2",
    ],
    [
      "out of the trunks",
      { vlanMode: "trunk", trunks: new Set([11]) },
      { vlanMode: "trunk" },
      10,
      "drop",
    ],
    [
      "native untagged in",
      { vlanMode: "native-untagged", tag: 5 },
      { vlanMode: "trunk" },
      -1,
      "push_vlan(vid=5,pcp=0),2",
    ],
    [
      "native untagged out",
      { vlanMode: "trunk" },
      { vlanMode: "native-untagged", tag: 5 },
      5,
      "pop_vlan,2",
    ],
    ["native tagged out", { vlanMode: "trunk" }, { vlanMode: "native-tagged", tag: 5 }, 5, "2"],
    [
      "native tagged, not native",
      { vlanMode: "trunk" },
      { vlanMode: "native-tagged", tag: 5, trunks: new Set([6]) },
      7,
      "drop",
    ],
    [
      "tunnel in",
      { vlanMode: "dot1q-tunnel", tag: 9 },
      { vlanMode: "trunk" },
      10,
      "push_vlan(tpid=0x88a8,vid=9,pcp=0),2",
    ],
    ["tunnel out", { vlanMode: "trunk" }, { vlanMode: "dot1q-tunnel", tag: 9 }, 9, "pop_vlan,2"],
  ];
  it.each(vlanCases)("%s", (_name, from, to, vlan, expected) => {
    br0.bridge.removePort(3);
    br0.bridge.setBundle({ ...from, name: "p1" }, [ports[0]]);
    br0.bridge.setBundle({ ...to, name: "p2" }, [ports[1]]);
    expect(actionsOf(ethernet(1, A, B, vlan < 0 ? undefined : vlan))).toBe(expected);
  });

  it("learns per VLAN", () => {
    actionsOf(ethernet(1, A, B, 10));
    expect(actionsOf(ethernet(2, B, A, 11))).toBe("1,3");
    expect(actionsOf(ethernet(2, B, A, 10))).toBe("1");
  });
});

describe("ports", () => {
  it("does not send back where it came from, unless told so", () => {
    addRule(br0, [output(1), output(OFPP.IN_PORT), output(2)]);
    expect(actionsOf(ethernet(1, A, B))).toBe("1,2");
  });

  it("obeys NO_RECV and NO_FWD", () => {
    addRule(br0, [output(OFPP.ALL)]);
    ports[2].of.config = PORT_CONFIG.NO_FWD;
    expect(actionsOf(ethernet(1, A, B))).toBe("2");
    ports[0].of.config = PORT_CONFIG.NO_RECV;
    expect(actionsOf(ethernet(1, A, B))).toBe("drop");
  });

  it("goes through patch ports, counts there, and comes back unharmed", () => {
    const br1 = makeBridge(datapath, "br1");
    const patch0 = addPort(br0.bridge, "pa0", { ofpPort: 9 });
    const patch1 = addPort(br1.bridge, "pa1", { ofpPort: 9 });
    addPort(br1.bridge, "q1", { ofpPort: 1, dpPort: 7 });
    br0.bridge.setPeer(patch0, patch1);
    const mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
    addRule(br0, [{ type: "push_vlan", ethertype: 0x8100 }, output(9), output(2)]);
    addRule(br1, [{ type: "set_eth_dst", mac }, output(1)]);
    const result = run(ethernet(1, A, B));
    expect(formatOdpActions(result.actions)).toBe(
      "set(eth(dst=02:00:00:00:00:01)),push_vlan(vid=0,pcp=0),7," + `set(eth(dst=${B})),2`,
    );
    applyEffects(result.effects, { packets: 3, bytes: 300, usedMs: clock.ms, tcpFlags: 0 });
    expect([patch0.txPackets, patch0.txBytes, patch1.rxPackets]).toEqual([3, 300, 3]);
    br1.bridge.removePort(9);
    expect(actionsOf(ethernet(1, A, B))).toBe("push_vlan(vid=0,pcp=0),2");
  });
});

describe("tables", () => {
  it("credits rules and tables in order", () => {
    const first = addRule(br0, [{ type: "goto_table", table: 3 }]);
    const second = addRule(br0, [output(2)], { table: 3 });
    const result = run(ethernet(1, A, B));
    applyEffects(result.effects, { packets: 2, bytes: 120, usedMs: 77, tcpFlags: 0 });
    expect([first.packets, first.bytes, second.packets, second.bytes]).toEqual([2, 120, 2, 120]);
    expect([br0.tables[0].matched, br0.tables[3].matched, br0.tables[1].missed]).toEqual([2, 2, 0]);
  });

  it.each([
    ["default", false, "drop", 1],
    ["default", true, "userspace", 1],
    ["drop", true, "drop", 1],
    ["controller", false, "userspace", 1],
    ["continue", true, "2", 2],
  ] as const)("misses as configured: %s, packet-in on miss %s", (config, wants, action, visits) => {
    br0.tables[0].missConfig = config;
    br0.packetInOnMiss = wants;
    addRule(br0, [output(2)], { table: 1 });
    const result = run(ethernet(1, A, B));
    expect(formatOdpActions(result.actions)).toMatch(new RegExp(`^${action}`));
    applyEffects(result.effects, { packets: 1, bytes: 60, usedMs: clock.ms, tcpFlags: 0 });
    const lookups = br0.tables.reduce((sum, { matched, missed }) => sum + matched + missed, 0);
    expect(lookups).toBe(visits);
  });

  it("stops runaway resubmits and drops the packet", () => {
    addRule(br0, [output(2), { type: "resubmit", port: OFPP.IN_PORT, table: 0 }]);
    const result = run(ethernet(1, A, B));
    expect([result.error, result.actions]).toEqual([
      "recursion_too_deep",
      [{ type: "drop", reason: "drop_action_recursion_too_deep" }],
    ]);
  });

  it("stops at 4096 resubmits", () => {
    const resubmit = (table: number): OfpAct => ({ type: "resubmit", port: OFPP.IN_PORT, table });
    for (let t = 0; t < 14; t++) addRule(br0, [resubmit(t + 1), resubmit(t + 1)], { table: t });
    expect(run(ethernet(1, A, B)).error).toBe("too_many_resubmits");
  });

  it("drops fragments, or hides their ports", () => {
    addRule(br0, [output(2)]);
    const fragment = "in_port(1),eth_type(0x0800),ipv4(proto=6,frag=first),tcp(src=1,dst=2)";
    expect(actionsOf(fragment)).toBe("2");
    br0.fragHandling = 1;
    expect(actionsOf(fragment)).toBe("drop");
  });

  it("sends packets with an expiring TTL to the controllers and not on", () => {
    addRule(br0, [{ type: "dec_ttl", controllerIds: [0] }, output(2)]);
    const packet = (ttl: number): string => `in_port(1),eth_type(0x0800),ipv4(proto=6,ttl=${ttl})`;
    expect(actionsOf(packet(64))).toBe("set(ipv4(ttl=63)),2");
    expect(actionsOf(packet(1))).toMatch(/^userspace\(pid=0,controller\(reason=2,.*\)\)$/);
  });
});

describe("recirculation ids", () => {
  it("are shared by equal states and given back", () => {
    addRule(br0, [output(OFPP.CONTROLLER), output(2)]);
    const outputs = [run(ethernet(1, A, B)), run(ethernet(1, B, A)), run(ethernet(2, B, A))];
    expect(outputs.map((o) => o.recircIds)).toEqual([[1], [1], [2]]);
    expect(datapath.recirc.size).toBe(2);
    for (const one of outputs) releaseOutput(datapath, one);
    expect(datapath.recirc.size).toBe(0);
  });

  it("resume where translation stopped", () => {
    const pause: OfpAct = {
      type: "controller",
      maxLen: 9,
      controllerId: 0,
      reason: 1,
      pause: true,
    };
    addRule(br0, [output(2), pause, output(3)], { cookie: 5n });
    const result = run(ethernet(1, A, B));
    expect(formatOdpActions(result.actions)).toBe(
      "2,userspace(pid=0,controller(reason=1,dont_send=0,continuation=1,recirc_id=1," +
        "rule_cookie=0x5,controller_id=0,max_len=9))",
    );
    expect(actionsOf(`recirc_id(1),${ethernet(1, A, B)}`)).toBe("3");
    releaseOutput(datapath, result);
    const late = run(`recirc_id(1),${ethernet(1, A, B)}`);
    expect([late.error, formatOdpActions(late.actions)]).toEqual([
      "no_recirculation_context",
      "drop",
    ]);
  });
});

describe("packet-out", () => {
  it("comes from no port and is sent by the actions given", () => {
    addRule(br0, [output(3)]);
    const located = locateFlow(datapath, keyOf(ethernet(1, A, B)));
    const flow = located!.flow;
    flow.view.setUint32(256, OFPP.CONTROLLER);
    const send = (actions: OfpAct[]): string => {
      const input = {
        bridge: br0.bridge,
        flow,
        packet: null,
        tcpFlags: 0,
        mayLearn: true,
        actions,
      };
      return formatOdpActions(translate({ ...input, skipWildcards: true }).actions);
    };
    expect(send([output(2)])).toBe("2");
    expect(send([output(OFPP.TABLE)])).toBe("3");
    expect(send([NORMAL])).toBe("1,2,3");
    expect(
      send([output(OFPP.FLOOD)])
        .split(",")
        .sort(),
    ).toEqual(["1", "2", "3"]);
    expect(br0.bridge.macLearning.size).toBe(0);
  });
});

describe("two tags, of which one is looked at", () => {
  const packet =
    "in_port(1),eth_type(0x88a8),vlan(vid=5,pcp=0),encap(eth_type(0x8100),vlan(vid=6,pcp=0)," +
    "encap(eth_type(0x0800),ipv4(src=1.2.3.4,proto=6,frag=no)))";

  it("sees the second tag as payload, and matches its type only", () => {
    addRule(br0, [{ type: "strip_vlan" }, output(2)]);
    const result = run(packet);
    expect(formatOdpActions(result.actions)).toBe("pop_vlan,2");
    const { view } = result.wc;
    expect([view.getUint16(20), view.getUint16(26), view.getUint16(28)]).toEqual([
      0, 0x1000, 0xffff,
    ]);
    expect(view.getUint32(32)).toBe(0);
  });

  it("sees both with vlan-limit 2", () => {
    datapath.vlanLimit = 2;
    addRule(br0, [
      { type: "strip_vlan" },
      { type: "set_vlan_vid", vid: 7, pushIfNeeded: false },
      output(2),
    ]);
    expect(actionsOf(packet)).toBe("pop_vlan,pop_vlan,push_vlan(vid=7,pcp=0),2");
  });
});
