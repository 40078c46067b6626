// SPDX-License-Identifier: Apache-2.0
/**
 * Every megaflow is sound: whatever packet it matches, it does what a fresh translation of that
 * packet would do. Random tables, random packets near them; every packet that the cache holds a
 * flow for is translated all the same, and both verdicts are compared.
 *
 * `POLLUX_SOUNDNESS` is the number of packets (100 000 per seed of tables at most), default 20 000.
 */
import { afterEach, expect, it } from "vitest";
import { KEY_BYTES, KEY_FIELDS, keyClass } from "../../pmd/shm/flow-key.js";
import { OperatorError } from "../../src/lib/errors.js";
import { extractKey } from "../../src/odp/extract-key.js";
import { formatOdpActions } from "../../src/odp/format-actions.js";
import { OPTIMISATIONS, type Optimisation } from "../../src/ofproto/classifier-optimisations.js";
import type { XDatapath } from "../../src/ofproto/xbridge.js";
import { parseFlow } from "../../src/openflow/flow-text.js";
import { FLOW_COMMAND } from "../../src/openflow/messages/flow-mod.js";
import { MegaflowTable } from "../../src/slowpath/megaflow.js";
import type { MegaflowMask } from "../../src/slowpath/megaflow-mask.js";
import { installedActions, translateKey } from "../../src/slowpath/translate-key.js";
import { addPort, addRule, makeBridge, makeDatapath } from "../ofproto/model.js";
import { Random } from "../ofproto/random.js";
import { randomPacket } from "../ofproto/random-packets.js";

const PACKETS = Number(process.env.POLLUX_SOUNDNESS ?? 20_000);
const SEEDS = Math.max(4, Math.ceil(PACKETS / 100_000));
const TABLES = 6;
const PORTS = 4;

/** Ways to match; `#` becomes a small number. */
const MATCHES = [
  ...["", "in_port=#", "ip", "arp", "ipv6", "tcp", "udp", "icmp", "icmp6"],
  ...[
    "ip,nw_dst=10.#.0.0/16",
    "ip,nw_dst=10.#.#.0/24",
    "ip,nw_src=10.#.#.#",
    "ip,nw_src=8.0.0.0/5",
  ],
  ...["tcp,tp_dst=#", "tcp,tp_dst=0x40/0xffc0", "udp,tp_src=#", "udp,tp_dst=#,nw_dst=10.#.0.0/16"],
  ...["tcp,tcp_flags=+syn-ack", "icmp,icmp_type=#", "icmp6,icmp_type=13#", "ip,nw_ttl=#"],
  ...["dl_vlan=#", "vlan_tci=0", "vlan_tci=0x1000/0x1000", "dl_dst=02:00:00:00:00:0#"],
  ...["dl_dst=01:00:00:00:00:00/01:00:00:00:00:00", "dl_src=02:00:00:00:00:0#"],
  ...[
    "ipv6,ipv6_dst=fd00::#/120",
    "ipv6,ipv6_src=fd00::/16",
    "arp,arp_op=#",
    "arp,arp_tpa=10.#.0.0/16",
  ],
  ...[
    "reg0=#",
    "reg0=0x#/0x3",
    "metadata=#",
    "ip,ip_frag=later",
    "ip,ip_frag=first",
    "ip,nw_tos=32",
  ],
];

const ACTIONS = [
  ...["#", "NORMAL", "FLOOD", "IN_PORT", "drop", "resubmit(,@),#", "resubmit(#,@)", "goto_table:@"],
  ...["mod_dl_dst:02:00:00:00:00:0#,#", "mod_nw_dst:10.0.0.#,#", "mod_tp_dst:#,#,resubmit(,@)"],
  ...[
    "mod_vlan_vid:#,#",
    "strip_vlan,#",
    "strip_vlan,resubmit(,@)",
    "push_vlan:0x8100,resubmit(,@)",
  ],
  ...["load:#->NXM_NX_REG0[],resubmit(,@)", "set_field:#->reg0,goto_table:@", "dec_ttl,#"],
  ...["move:NXM_OF_IP_SRC[0..7]->NXM_NX_REG0[0..7],resubmit(,@)", "mod_nw_tos:32,NORMAL"],
  ...["write_metadata:#,goto_table:@", "set_field:02:00:00:00:00:0#->eth_src,goto_table:@"],
  ...["push:NXM_OF_ETH_SRC[],pop:NXM_OF_ETH_DST[],#", "resubmit(,@),resubmit(,@)"],
  ...["clone(mod_nw_src:10.1.1.#,#),resubmit(,@)", "write_actions(output:#),goto_table:@"],
];

function fill(random: Random, text: string, table: number): string {
  const next = String(Math.min(TABLES - 1, table + 1 + random.below(2)));
  return text.replaceAll("#", () => String(1 + random.below(PORTS))).replaceAll("@", next);
}

/** Null when the actions need a header that the match does not have. */
function parsed(text: string): ReturnType<typeof parseFlow>["flow"] | null {
  try {
    return parseFlow(text, FLOW_COMMAND.ADD).flow;
  } catch (error) {
    if (error instanceof OperatorError) return null;
    throw error;
  }
}

function makeTables(random: Random): XDatapath {
  const datapath = makeDatapath();
  datapath.vlanLimit = 1 + random.below(2);
  const model = makeBridge(datapath, "br0");
  for (let n = 1; n <= PORTS; n++) {
    const vlan = random.pick([{}, { tag: n }, { vlanMode: "native-untagged" as const, tag: 1 }]);
    const port = addPort(model.bridge, `p${n}`, { ofpPort: n, dpPort: n, ...vlan });
    model.bridge.macLearning.learn(random.below(3), 0x020000000000 + n, port);
  }
  for (let i = 10 + random.below(60); i > 0; i--) {
    const table = random.below(TABLES);
    const match = fill(random, random.pick(MATCHES), table);
    const last = table === TABLES - 1;
    const actions = fill(
      random,
      last ? random.pick(["#", "NORMAL", "drop"]) : random.pick(ACTIONS),
      table,
    );
    const head = `table=${table},priority=${random.below(5)},`;
    const text = `${head}${match ? `${match},` : ""}actions=${actions}`;
    const flow = parsed(text);
    if (!flow) continue;
    addRule(model, flow.actions, { table, priority: flow.priority, match: flow.match });
  }
  return datapath;
}

/** A frame, with addresses and ports that rules look at more often than not. */
function nearPacket(random: Random): Uint8Array {
  const packet = randomPacket(random);
  const small = () => 1 + random.below(PORTS + 1);
  if (random.oneIn(2)) packet.set([2, 0, 0, 0, 0, small()], 0);
  if (random.oneIn(2)) packet.set([2, 0, 0, 0, 0, small()], 6);
  const isIp = packet[12] === 8 && packet[13] === 0 && packet.length >= 38;
  if (isIp && random.oneIn(2)) packet.set([10, small(), small(), small()], 26);
  if (isIp && random.oneIn(2)) packet.set([10, small(), small(), small()], 30);
  if (isIp && random.oneIn(2)) packet.set([0, small(), 0, small()], 34);
  if (packet[12] === 0x81 && packet.length > 16 && random.oneIn(2)) packet.set([0x10, small()], 14);
  return packet;
}

/** What is installed, by mask; of the kind that the slow path keeps. */
class Cache {
  private readonly table = new MegaflowTable();
  private readonly masks = new Set<MegaflowMask>();
  private nextId = 0;

  /** Every flow that matches `key`. */
  *matching(key: Uint8Array): Generator<{ actions: string; mask: MegaflowMask }> {
    const words = new Uint32Array(key.buffer);
    for (const mask of this.masks) {
      if (mask.keyClass !== keyClass(key)) continue;
      const flow = this.table.find(0, words, mask, this.table.hash(0, words, mask));
      if (flow) yield { actions: formatOdpActions(flow.actions), mask };
    }
  }

  put(key: Uint8Array, wc: Uint32Array, actions: ReturnType<typeof installedActions>): void {
    const words = new Uint32Array(key.buffer);
    const mask = this.table.maskOf(keyClass(key), wc);
    this.masks.add(mask);
    const made = { actions, effects: [], recircIds: [], createdMs: 0 };
    const place = { pmd: 0, flowId: this.nextId++ };
    this.table.put(place, words, mask, this.table.hash(0, words, mask), made);
  }
}

/** Sends `packets` packets; returns how many were answered by the cache. */
function run(random: Random, packets: number): number {
  const datapath = makeTables(random);
  const cache = new Cache();
  const recent: Uint8Array[] = [];
  let hits = 0;
  for (let n = 0; n < packets; n++) {
    // Now and then a packet that differs in a few bits from one before.
    const packet =
      random.oneIn(3) && recent.length > 0 ? random.pick(recent).slice() : nearPacket(random);
    if (random.oneIn(2)) packet[random.below(packet.length)] ^= 1 << random.below(8);
    recent[n % 64] = packet;
    const key = new Uint8Array(KEY_BYTES);
    extractKey(packet, key, datapath.vlanLimit);
    new DataView(key.buffer).setUint32(KEY_FIELDS.in_port.offset, 1 + random.below(PORTS));
    const output = translateKey(datapath, key, { mayLearn: false, packet });
    if (!output || output.avoidCaching) continue;
    const actions = installedActions(datapath, output, key);
    const fresh = formatOdpActions(actions);
    let found = false;
    for (const cached of cache.matching(key)) {
      found = true;
      hits++;
      if (cached.actions !== fresh) {
        const frame = Buffer.from(packet).toString("hex");
        expect.fail(`${frame}: cached ${cached.actions}, fresh ${fresh}`);
      }
    }
    if (found) continue;
    output.wc.view.setUint32(KEY_FIELDS.in_port.offset, 0xffffffff);
    output.wc.view.setUint32(KEY_FIELDS.recirc_id.offset, 0xffffffff);
    cache.put(key, output.wc.words, actions);
  }
  return hits;
}

const ALL = Object.keys(OPTIMISATIONS) as Optimisation[];

afterEach(() => {
  for (const name of ALL) OPTIMISATIONS[name] = true;
});

it.each(Array.from({ length: SEEDS }, (_, i) => i + 1))(
  "cached verdicts are those of a fresh translation (seed %i)",
  { timeout: 3_600_000 },
  (seed) => {
    const random = new Random(seed);
    for (const name of ALL) OPTIMISATIONS[name] = seed % 4 !== 0 || random.oneIn(2);
    const rounds = 8;
    let hits = 0;
    for (let i = 0; i < rounds; i++) hits += run(random, Math.ceil(PACKETS / SEEDS / rounds));
    expect(hits).toBeGreaterThan(PACKETS / SEEDS / 20);
  },
);
