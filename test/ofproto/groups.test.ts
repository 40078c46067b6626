// SPDX-License-Identifier: Apache-2.0
/** Groups without a datapath: hash values by weight, buckets by packet, what happens to flows. */
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/lib/clock.js";
import type { Group } from "../../src/ofproto/group.js";
import { spreadHashes } from "../../src/ofproto/group-weights.js";
import { Ofproto } from "../../src/ofproto/ofproto.js";
import { PORT_STATE } from "../../src/ofproto/ofproto-port.js";
import { applyEffects } from "../../src/ofproto/translate/effects.js";
import { AT } from "../../src/ofproto/translate/headers.js";
import { translate } from "../../src/ofproto/translate/index.js";
import { XBridge, XDatapath } from "../../src/ofproto/xbridge.js";
import { OfpError } from "../../src/openflow/errors.js";
import { Flow } from "../../src/openflow/flow.js";
import { parseFlow } from "../../src/openflow/flow-text.js";
import { GROUP_COMMAND } from "../../src/openflow/group.js";
import { parseGroup } from "../../src/openflow/group-parse.js";
import { formatGroup } from "../../src/openflow/group-text.js";
import { Random } from "./random.js";
import { makePort } from "./switch/test-switch.js";

const FLOWS = Number(process.env.GROUP_FLOWS ?? 20_000);

class World {
  readonly clock = new ManualClock();
  readonly ofproto = new Ofproto({ name: "br0", datapathId: 1n, clock: this.clock });
  readonly datapath = new XDatapath({ type: "netdev", name: "dp", nowMs: () => 0 });
  readonly bridge = new XBridge(this.datapath, this.ofproto);

  constructor() {
    this.ofproto.setFailMode("secure");
    for (const n of [1, 2, 3, 4]) {
      const port = makePort(n, `p${n}`, Uint8Array.of(0, 0, 0, 0, 0, n));
      this.ofproto.addPort(port);
      this.bridge.addPort(port, { dpPort: n });
    }
  }

  group(text: string, command: number = GROUP_COMMAND.ADD): void {
    const { group } = parseGroup(text, command);
    this.ofproto.flows.transact((t) => this.ofproto.groups.apply(t, group));
  }

  flow(text: string): void {
    this.ofproto.flowMod(parseFlow(text, 0).flow);
  }

  get(groupId: number): Group {
    return this.ofproto.group(groupId)!;
  }

  /** Where a packet goes: datapath ports. */
  send(source: number, dpHash = 0): number[] {
    const flow = new Flow();
    flow.view.setUint32(AT.inPort, 1);
    flow.view.setUint32(AT.dpInPort, 1);
    flow.view.setUint16(AT.ethType, 0x0800);
    flow.view.setUint32(AT.nwSrc, source);
    flow.view.setUint32(AT.dpHash, dpHash);
    const output = translate({
      ...{ bridge: this.bridge, flow, packet: null, tcpFlags: 0, mayLearn: false },
    });
    applyEffects(output.effects, { packets: 1, bytes: 100, usedMs: 0, tcpFlags: 0 });
    return output.actions.flatMap((action) => (action.type === "output" ? [action.port] : []));
  }
}

describe("hash values", () => {
  it("are dealt out in proportion to the weights, as well as whole numbers can", () => {
    const random = new Random(3);
    for (let i = 0; i < 300; i++) {
      const buckets = Array.from({ length: 1 + random.below(20) }, (_, id) => ({
        id,
        weight: random.below(40),
      }));
      const map = spreadHashes(buckets, 65536);
      const total = buckets.reduce((sum, { weight }) => sum + weight, 0);
      if (total === 0) {
        expect(map).toBeNull();
        continue;
      }
      expect(Math.log2(map!.length) % 1).toBe(0);
      for (const bucket of buckets) {
        const share = (map!.length * bucket.weight) / total;
        const hits = map!.filter((each) => each === bucket).length;
        expect(Math.abs(hits - share)).toBeLessThanOrEqual(buckets.length / 2 + 1);
        if (bucket.weight === 0) expect(hits).toBe(0);
        else expect(hits).toBeGreaterThan(0);
      }
    }
  });

  it("do not serve weights that are too far apart", () => {
    expect(spreadHashes([{ weight: 1 }, { weight: 400 }], 256)).toBeNull();
    expect(spreadHashes([{ weight: 1 }, { weight: 400 }], 65536)).toHaveLength(512);
    expect(spreadHashes([], 256)).toBeNull();
  });
});

/** Scores of hashes times weights, as the stock switch has them, are in proportion to equal weights
 * only. */
const METHODS: readonly (readonly [method: string, weights: readonly number[]])[] = [
  ["selection_method=hash,fields=ip_src,", [0, 5, 5, 5]],
  ["selection_method=dp_hash,", [0, 1, 3, 4]],
  ["", [0, 1, 3, 4]],
];

describe("a select group", () => {
  it.each(METHODS)(
    "with %s sends flows by weight, and each always the same way",
    (method, weights) => {
      const world = new World();
      const sum = weights.reduce((total, weight) => total + weight, 0);
      const buckets = weights.map(
        (weight, i) => `bucket=bucket_id:${i},weight=${weight},output:${i + 1}`,
      );
      world.group(`group_id=1,type=select,${method}${buckets.join(",")}`);
      world.flow("in_port=1,actions=group:1");
      const random = new Random(7);
      const hits = [0, 0, 0, 0];
      for (let i = 0; i < FLOWS; i++) {
        const [source, hash] = [random.below(2 ** 32), 1 + random.below(2 ** 32 - 1)];
        const [port = 0] = world.send(source, hash);
        hits[port - 1]!++;
        if (i % 20 > 0) continue;
        expect(world.send(source, hash)).toEqual([port]);
        hits[port - 1]!++;
      }
      const total = hits.reduce((all, n) => all + n, 0);
      expect(world.get(1).packets).toBe(total);
      hits.forEach((n, i) => {
        expect(Math.abs(n / total - weights[i]! / sum)).toBeLessThan(0.02);
        expect(world.get(1).buckets[i]!.packets).toBe(n);
        expect(world.get(1).buckets[i]!.bytes).toBe(100 * n);
      });
    },
  );

  it("moves only the packets of a bucket that goes down", () => {
    const world = new World();
    const buckets = [2, 3, 4].map(
      (port) => `bucket=bucket_id:${port},watch_port:${port},output:${port}`,
    );
    world.group(`group_id=1,type=select,selection_method=hash,fields=ip_src,${buckets.join(",")}`);
    world.flow("in_port=1,actions=group:1");
    const before = Array.from({ length: 500 }, (_, i) => world.send(i));
    world.ofproto.updatePort(3, { state: PORT_STATE.LINK_DOWN });
    before.forEach((ports, i) => {
      const after = world.send(i);
      if (ports[0] === 3) expect([2, 4]).toContain(after[0]);
      else expect(after).toEqual(ports);
    });
  });
});

describe("the group table", () => {
  const text = (world: World, id: number): string => formatGroup(world.get(id), 6);
  const fails = (code: string, act: () => void): void => {
    expect(act).toThrow(new OfpError(code as "OFPGMFC_BAD_TYPE"));
  };

  it("puts buckets where they are told to, and takes them from there", () => {
    const world = new World();
    const base = "group_id=1,type=all,bucket=bucket_id:1,output:1,bucket=bucket_id:2,output:2";
    const { INSERT_BUCKET, REMOVE_BUCKET } = GROUP_COMMAND;
    const ids = (): number[] => world.get(1).buckets.map((bucket) => bucket.bucketId);
    const insert = (place: string, id: number): void =>
      world.group(
        `group_id=1,command_bucket_id=${place},bucket=bucket_id:${id},output:3`,
        INSERT_BUCKET,
      );
    const remove = (place: string): void =>
      world.group(`group_id=1,command_bucket_id=${place}`, REMOVE_BUCKET);
    world.group(base);
    insert("first", 7);
    insert("last", 8);
    insert("1", 9);
    expect(ids()).toEqual([7, 1, 9, 2, 8]);
    fails("OFPGMFC_BUCKET_EXISTS", () => insert("last", 9));
    fails("OFPGMFC_UNKNOWN_BUCKET", () => insert("55", 10));
    fails("OFPGMFC_UNKNOWN_BUCKET", () => remove("55"));
    remove("first");
    remove("9");
    remove("last");
    expect(ids()).toEqual([1, 2]);
    remove("all");
    expect(ids()).toEqual([]);
  });

  it("takes back what a failed transaction did, flows that went included", () => {
    const world = new World();
    world.group("group_id=1,type=all,bucket=output:2");
    world.group("group_id=2,type=all,bucket=output:2");
    world.flow("in_port=1,actions=group:1");
    const before = [1, 2].map((id) => text(world, id));
    const { flows, groups } = world.ofproto;
    const parse = (line: string, command: number) => parseGroup(line, command).group;
    fails("OFPGMFC_GROUP_EXISTS", () =>
      flows.transact((t) => {
        groups.apply(t, parse("group_id=1", GROUP_COMMAND.DELETE));
        groups.apply(t, parse("group_id=3,type=all,bucket=output:1", GROUP_COMMAND.ADD));
        groups.apply(t, parse("group_id=2,type=ff", GROUP_COMMAND.MODIFY));
        groups.apply(t, parse("group_id=2,type=all", GROUP_COMMAND.ADD));
      }),
    );
    expect([1, 2].map((id) => text(world, id))).toEqual(before);
    expect(world.ofproto.group(3)).toBeUndefined();
    expect(flows.references.groupUses(1)).toBe(1);
    expect(world.send(1)).toEqual([2]);
  });

  it("takes flows along that use a group, and no others", () => {
    const world = new World();
    for (const id of [1, 2]) world.group(`group_id=${id},type=all,bucket=output:2`);
    world.flow("in_port=1,actions=output:3,group:1");
    world.flow("in_port=2,actions=write_actions(group:1)");
    world.flow("in_port=3,actions=clone(group:1),group:2");
    world.flow("in_port=4,actions=group:2");
    expect(world.ofproto.flows.count).toBe(4);
    world.group("group_id=1", GROUP_COMMAND.DELETE);
    expect(world.ofproto.flows.count).toBe(1);
    fails("OFPBAC_BAD_OUT_GROUP", () => world.flow("in_port=1,actions=group:1"));
    world.group("", GROUP_COMMAND.DELETE);
    expect(world.ofproto.flows.count).toBe(0);
    expect(world.ofproto.groups.size).toBe(0);
  });
});
