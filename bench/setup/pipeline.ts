// SPDX-License-Identifier: Apache-2.0
/** A switch with a pipeline of as many tables as wanted, and keys of packets that miss in it. */
import { KEY_BYTES, KEY_FIELDS, VLAN_CFI } from "../../pmd/shm/flow-key.js";
import type { Clock } from "../../src/lib/clock.js";
import { Ofproto } from "../../src/ofproto/ofproto.js";
import { Rule } from "../../src/ofproto/rule.js";
import { XBridge, XDatapath } from "../../src/ofproto/xbridge.js";
import { parseFlow } from "../../src/openflow/flow-text.js";
import { FLOW_COMMAND } from "../../src/openflow/messages/flow-mod.js";

export const PORTS = 8;
/** Addresses per port that are learned before the start, and that packets are from and to. */
const MACS = 128;
const VLANS = 16;

/** A generator that gives the same numbers every time. */
export class Sequence {
  private state = 0x2545f491;

  below(limit: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % limit;
  }
}

/** A bridge whose packets go through `tables` tables, by turns of `resubmit` and `goto_table`,
 * the last of which says NORMAL. */
export function makePipeline(tables: number, clock: Clock): XDatapath {
  const datapath = new XDatapath({ type: "netdev", name: "ovs-netdev", nowMs: () => clock.now() });
  const ofproto = new Ofproto({ name: "br0", datapathId: 1n, clock, hooks: {} });
  const bridge = new XBridge(datapath, ofproto);
  bridge.macLearning.setMaxEntries(2 * PORTS * MACS * VLANS);
  for (let n = 1; n <= PORTS; n++) addPort(bridge, n);
  const rules: Rule[] = [];
  for (let table = 0; table < tables; table++) {
    const next = table % 2 === 0 ? `resubmit(,${table + 1})` : `goto_table:${table + 1}`;
    const actions = table === tables - 1 ? "NORMAL" : next;
    for (const match of matchesOf(table)) {
      const text = `table=${table},${match}actions=${actions}`;
      const { flow } = parseFlow(text, FLOW_COMMAND.ADD);
      const { tableId, priority } = flow;
      const rule = new Rule({ tableId, priority, match: flow.match, actions: flow.actions });
      rules.push(rule);
    }
  }
  ofproto.flows.transact((transaction) => {
    for (const rule of rules) ofproto.flows.insert(transaction, rule);
  });
  for (let n = 0; n < PORTS * MACS; n++) {
    const port = bridge.ports.get(portOf(n))!;
    for (let vlan = 0; vlan < VLANS; vlan++)
      bridge.macLearning.learn(vlan, 0x020000000000 + n, port);
  }
  return datapath;
}

/** Ports are given addresses by turns. */
const portOf = (mac: number): number => 1 + (mac % PORTS);

function addPort(bridge: XBridge, n: number): void {
  const name = `p${n}`;
  const port = bridge.addPort(
    {
      ...{ ofpPort: n, name, hwAddr: Uint8Array.of(2, 0, 0, 0, 1, n), config: 0, state: 0 },
      ...{ curr: 0, advertised: 0, supported: 0, peer: 0, currSpeed: 0, maxSpeed: 0 },
    },
    { dpPort: n },
  );
  bridge.setBundle({ name }, [port]);
}

const upTo = (count: number): number[] => [...Array(count).keys()];

/** Matches of a table, each with its comma: by port and VLAN, source address, IP prefixes or
 * transport ports, by turns. */
function matchesOf(table: number): string[] {
  switch (table % 4) {
    case 0:
      return upTo(PORTS).flatMap((n) => [
        `priority=10,in_port=${n + 1},vlan_tci=0,`,
        ...upTo(VLANS).map((vlan) => `priority=20,in_port=${n + 1},dl_vlan=${vlan},`),
      ]);
    case 1:
      return [
        "priority=0,",
        ...upTo(PORTS * MACS).map((n) => `priority=10,dl_src=${macText(0x020000000000 + n)},`),
      ];
    case 2:
      return [
        ...["priority=0,", "priority=5,ip,nw_dst=10.0.0.0/8,"],
        ...upTo(16).map((n) => `priority=10,ip,nw_dst=10.${n}.0.0/16,`),
        ...upTo(64).map((n) => `priority=20,ip,nw_dst=10.${n % 16}.${n}.0/24,`),
      ];
    default:
      return [
        "priority=0,",
        ...upTo(64).map((n) => `priority=10,tcp,tp_dst=${8000 + n},`),
        ...upTo(16).map((n) => `priority=20,udp,tp_dst=${53 + n},`),
      ];
  }
}

function macText(mac: number): string {
  return mac.toString(16).padStart(12, "0").match(/../g)!.join(":");
}

/** Fills `key` with the next packet's: some host to another, tagged or not. */
export function nextKey(sequence: Sequence, key: Uint8Array): void {
  key.fill(0, 0, KEY_BYTES);
  const view = new DataView(key.buffer, key.byteOffset);
  const from = sequence.below(PORTS * MACS);
  const tcp = sequence.below(2) === 0;
  const vlan = sequence.below(VLANS);
  const F = KEY_FIELDS;
  view.setUint32(F.in_port.offset, portOf(from));
  setMac(view, F.eth_src.offset, from);
  setMac(view, F.eth_dst.offset, sequence.below(PORTS * MACS));
  view.setUint16(F.eth_type.offset, 0x0800);
  if (vlan > 0) {
    view.setUint16(F.vlan_tci0.offset, VLAN_CFI | vlan);
    view.setUint16(F.vlan_tpid0.offset, 0x8100);
  }
  key[F.nw_proto.offset] = tcp ? 6 : 17;
  view.setUint32(F.nw_src.offset, 0xc0a80000 + from);
  view.setUint32(F.nw_dst.offset, 0x0a000000 + sequence.below(1 << 20));
  key[F.nw_ttl.offset] = 64;
  view.setUint16(F.tp_src.offset, 1024 + sequence.below(60000));
  view.setUint16(F.tp_dst.offset, (tcp ? 7990 : 50) + sequence.below(80));
}

function setMac(view: DataView, offset: number, n: number): void {
  view.setUint16(offset, 0x0200);
  view.setUint32(offset + 2, n);
}
