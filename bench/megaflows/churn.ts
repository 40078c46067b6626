// SPDX-License-Identifier: Apache-2.0
/**
 * Connections that come and go (as netperf's TCP_CRR) through an access list and a learning switch,
 * and what of them has to be set up, with each way to make megaflows wide switched on alone.
 */
import { KEY_BYTES, KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import { systemClock } from "../../src/lib/clock.js";
import { OPTIMISATIONS, type Optimisation } from "../../src/ofproto/classifier-optimisations.js";
import { Ofproto } from "../../src/ofproto/ofproto.js";
import { Rule } from "../../src/ofproto/rule.js";
import { XBridge, XDatapath } from "../../src/ofproto/xbridge.js";
import { parseFlow } from "../../src/openflow/flow-text.js";
import { FLOW_COMMAND } from "../../src/openflow/messages/flow-mod.js";
import { Slowpath } from "../../src/slowpath/slowpath.js";
import { Sequence } from "../setup/pipeline.js";
import { CacheDpif } from "./cache-dpif.js";

/** Hosts by their addresses; the first ones are clients. A host's number is its port, and the end
 * of its MAC address. */
const HOSTS = ["10.0.0.1", "10.0.0.2", "11.1.0.3", "10.9.0.4", "172.16.0.5"];
const CLIENTS = 2;
const HTTP = 80;

/** One rule looks at ports, above most of what is let through: without care every connection then
 * has flows of its own. The others are prefixes of many lengths. */
const RULES = [
  "table=0,priority=100,arp,actions=resubmit(,1)",
  "table=0,priority=90,ip,nw_dst=11.1.0.0/16,actions=resubmit(,1)",
  "table=0,priority=80,tcp,nw_dst=9.1.1.1,tp_src=10,tp_dst=10,actions=drop",
  "table=0,priority=70,ip,nw_dst=9.1.1.0/24,actions=drop",
  "table=0,priority=60,ip,nw_dst=9.64.0.0/10,actions=drop",
  "table=0,priority=60,ip,nw_dst=12.0.0.0/8,actions=drop",
  "table=0,priority=60,ip,nw_dst=10.128.0.0/12,actions=drop",
  "table=0,priority=60,ip,nw_dst=10.0.1.0/28,actions=drop",
  "table=0,priority=60,ip,nw_dst=172.24.0.0/13,actions=drop",
  "table=0,priority=60,ip,nw_dst=192.168.0.0/20,actions=drop",
  "table=0,priority=50,ip,actions=resubmit(,1)",
  "table=1,priority=0,actions=NORMAL",
];

export interface ChurnRow {
  readonly name: string;
  readonly megaflows: boolean;
  readonly on: readonly Optimisation[];
}

/** The rows of the table of the paper on Open vSwitch (NSDI 2015, section 7.2). */
export const ROWS: readonly ChurnRow[] = [
  { name: "megaflows disabled", megaflows: false, on: [] },
  { name: "no optimisations", megaflows: true, on: [] },
  { name: "priority sorting only", megaflows: true, on: ["prioritySorting"] },
  { name: "prefix tracking only", megaflows: true, on: ["prefixTracking"] },
  { name: "staged lookup only", megaflows: true, on: ["stagedLookup"] },
  {
    ...{ name: "all optimisations", megaflows: true },
    on: ["prioritySorting", "prefixTracking", "stagedLookup"],
  },
];

export interface ChurnResult {
  readonly flows: number;
  readonly masks: number;
  readonly misses: number;
  /** Microseconds of processor time per connection: two packets, looked up and set up. */
  readonly cpuUs: number;
}

/** Lets `connections` connections come and go, each a packet there and one back. */
export async function churn(row: ChurnRow, connections: number): Promise<ChurnResult> {
  for (const name of Object.keys(OPTIMISATIONS) as Optimisation[]) {
    OPTIMISATIONS[name] = row.on.includes(name);
  }
  const dpif = new CacheDpif();
  const slowpath = new Slowpath(dpif, makeSwitch(), systemClock);
  slowpath.setFlowLimit(Number.POSITIVE_INFINITY);
  await slowpath.setMegaflows(row.megaflows);
  const sequence = new Sequence();
  const start = process.cpuUsage();
  for (let n = 0; n < connections; n++) {
    const client = sequence.below(CLIENTS);
    const server = CLIENTS + sequence.below(HOSTS.length - CLIENTS);
    const port = 1024 + sequence.below(64512);
    dpif.packet(keyOf(client, server, port, HTTP));
    dpif.packet(keyOf(server, client, HTTP, port));
  }
  const { user, system } = process.cpuUsage(start);
  slowpath.stop();
  for (const name of Object.keys(OPTIMISATIONS) as Optimisation[]) OPTIMISATIONS[name] = true;
  const { flows, masks, misses } = dpif;
  return { flows, masks, misses, cpuUs: (user + system) / connections };
}

function makeSwitch(): XDatapath {
  const clock = systemClock;
  const datapath = new XDatapath({ type: "netdev", name: "ovs-netdev", nowMs: () => clock.now() });
  const ofproto = new Ofproto({ name: "br0", datapathId: 1n, clock, hooks: {} });
  const bridge = new XBridge(datapath, ofproto);
  for (let n = 0; n < HOSTS.length; n++) {
    const ports = {
      ...{ ofpPort: n + 1, name: `p${n}`, hwAddr: new Uint8Array(6), config: 0, state: 0, curr: 0 },
      ...{ advertised: 0, supported: 0, peer: 0, currSpeed: 0, maxSpeed: 0 },
    };
    const port = bridge.addPort(ports, { dpPort: n + 1 });
    bridge.setBundle({ name: `p${n}` }, [port]);
    bridge.macLearning.learn(0, 0x020000000000 + n, port);
  }
  ofproto.flows.transact((transaction) => {
    for (const text of RULES) {
      const { flow } = parseFlow(text, FLOW_COMMAND.ADD);
      const { tableId, priority, match, actions } = flow;
      ofproto.flows.insert(transaction, new Rule({ tableId, priority, match, actions }));
    }
  });
  return datapath;
}

/** A TCP packet from one host to another. */
function keyOf(from: number, to: number, tpSrc: number, tpDst: number): Uint8Array {
  const key = new Uint8Array(KEY_BYTES);
  const view = new DataView(key.buffer);
  const F = KEY_FIELDS;
  view.setUint32(F.in_port.offset, from + 1);
  view.setUint16(F.eth_type.offset, 0x0800);
  key.set([2, 0, 0, 0, 0, from], F.eth_src.offset);
  key.set([2, 0, 0, 0, 0, to], F.eth_dst.offset);
  key[F.nw_proto.offset] = 6;
  key[F.nw_ttl.offset] = 64;
  key.set(HOSTS[from]!.split(".").map(Number), F.nw_src.offset);
  key.set(HOSTS[to]!.split(".").map(Number), F.nw_dst.offset);
  view.setUint16(F.tp_src.offset, tpSrc);
  view.setUint16(F.tp_dst.offset, tpDst);
  return key;
}
