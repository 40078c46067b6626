// SPDX-License-Identifier: Apache-2.0
/** Key extraction and actions beside the stock switch: the second opinion. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KEY_BYTES, KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import { type OdpAction, SET_HEADERS, type SetHeader } from "../../src/odp/actions.js";
import { formatOdpActions } from "../../src/odp/format-actions.js";
import { loadHarness, TestPmd } from "../harness/path.js";
import { writePcap } from "../harness/pcap.js";
import { makeTempDir, removeDir, run, until } from "../harness/processes.js";
import { StockSwitch, stockInstalled } from "../harness/stock-switch.js";
import { extractOracle } from "./oracle/extract.js";
import { hostileFrame, randomFrame } from "./packets.js";
import { Random } from "./random.js";
import { flowParts, shownParts } from "./stock-flow.js";

const native = loadHarness();
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const FRAMES = 20_000;

describe.skipIf(!stockInstalled("dummy"))("keys beside ovs-ofctl parse-pcap", () => {
  it(`agree on ${FRAMES} frames`, async () => {
    const random = new Random(31);
    const frames: Uint8Array[] = [];
    while (frames.length < FRAMES) {
      const frame = random.chance(50) ? randomFrame(random) : hostileFrame(random);
      if (frame.length > 0) frames.push(frame);
    }
    const dir = makeTempDir();
    const path = join(dir, "frames.pcap");
    writePcap(path, frames);
    const parsed = await run("ovs-ofctl", ["parse-pcap", path], { timeoutMs: 30_000 });
    removeDir(dir);
    const lines = parsed.stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(FRAMES);
    for (const [i, frame] of frames.entries()) {
      const ours = flowParts(native.extractKey(frame, 0, 2).subarray(0, KEY_BYTES));
      const stock = shownParts(lines[i]!);
      if (ours.join() === stock.join()) continue;
      expect({ frame: hex(frame), parts: ours }).toEqual({ frame: hex(frame), parts: stock });
    }
  });
});

interface FrameClass {
  readonly type: number;
  /** What the stock switch's flow matches above the tags. */
  readonly flow: string;
  readonly protocol?: number;
  /** nw_frag. */
  readonly fragment?: number;
  readonly sets: readonly SetHeader[];
}

const V4 = "eth_type(0x0800),ipv4(frag=no)";
const V6 = "eth_type(0x86dd),ipv6(frag=no)";
const CLASSES: Readonly<Record<string, FrameClass>> = {
  "IPv4, TCP": { type: 0x0800, flow: V4, protocol: 6, sets: ["ipv4", "tcp"] },
  "IPv4, UDP": { type: 0x0800, flow: V4, protocol: 17, sets: ["ipv4", "udp"] },
  "IPv4, SCTP": { type: 0x0800, flow: V4, protocol: 132, sets: ["ipv4", "sctp"] },
  "IPv4, ICMP": { type: 0x0800, flow: V4, protocol: 1, sets: ["ipv4", "icmp"] },
  "IPv4, other": { type: 0x0800, flow: V4, protocol: 47, sets: ["ipv4"] },
  "IPv4, first fragment": {
    type: 0x0800,
    flow: "eth_type(0x0800),ipv4(frag=first)",
    fragment: 1,
    sets: ["ipv4"],
  },
  "IPv4, later fragment": {
    type: 0x0800,
    flow: "eth_type(0x0800),ipv4(frag=later)",
    fragment: 3,
    sets: ["ipv4"],
  },
  "IPv6, TCP": { type: 0x86dd, flow: V6, protocol: 6, sets: ["ipv6", "tcp"] },
  "IPv6, UDP": { type: 0x86dd, flow: V6, protocol: 17, sets: ["ipv6", "udp"] },
  "IPv6, SCTP": { type: 0x86dd, flow: V6, protocol: 132, sets: ["ipv6", "sctp"] },
  "IPv6, ICMPv6": { type: 0x86dd, flow: V6, protocol: 58, sets: ["ipv6", "icmpv6", "nd"] },
  "IPv6, first fragment": {
    type: 0x86dd,
    flow: "eth_type(0x86dd),ipv6(frag=first)",
    fragment: 1,
    sets: ["ipv6"],
  },
  "IPv6, later fragment": {
    type: 0x86dd,
    flow: "eth_type(0x86dd),ipv6(frag=later)",
    fragment: 3,
    sets: ["ipv6"],
  },
  ARP: { type: 0x0806, flow: "eth_type(0x0806),arp()", sets: ["arp"] },
};

/** Offsets in a set's value that it may change. */
const SETTABLE: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  eth: [[0, 12]],
  ipv4: [[2, 12]],
  ipv6: [
    [10, 12],
    [34, 66],
    [83, 86],
  ],
  tcp: [[0, 4]],
  udp: [[0, 4]],
  sctp: [[0, 4]],
  icmp: [
    [1, 2],
    [3, 4],
  ],
  icmpv6: [
    [1, 2],
    [3, 4],
  ],
  arp: [
    [0, 9],
    [17, 29],
  ],
  nd: [
    [0, 12],
    [48, 64],
  ],
};

function randomSet(random: Random, header: SetHeader): OdpAction {
  const { bytes } = SET_HEADERS[header];
  const value = new Uint8Array(bytes);
  const mask = new Uint8Array(bytes);
  // The stock datapath sets ICMP type and code only together and whole.
  const whole = header === "icmp" || header === "icmpv6";
  for (const [from, to] of SETTABLE[header]!) {
    for (let at = from; at < to; at++) {
      mask[at] = whole ? 255 : random.pick([0, 255, 255, random.below(256)]);
      if (header === "ipv6" && at === 83) mask[at]! &= 15;
      value[at] = random.below(256) & mask[at]!;
    }
  }
  return { type: "set", header, value, mask };
}

function randomProgram(random: Random, { sets }: FrameClass, tags: number): OdpAction[] {
  const out: OdpAction = { type: "output", port: 2 };
  const actions: OdpAction[] = [];
  let depth = tags;
  for (let n = 1 + random.below(4); n > 0; n--) {
    const kind = random.below(10);
    if (kind === 0) {
      actions.push({ type: "push_vlan", tpid: 0x8100, tci: 0x1000 | random.below(65536) });
      depth++;
    } else if (kind === 1 && depth > 0) {
      actions.push({ type: "pop_vlan" });
      depth--;
    } else if (kind === 2) actions.push(out);
    else if (kind === 3) actions.push({ type: "trunc", maxLen: 14 + random.below(80) }, out);
    else actions.push(randomSet(random, random.pick([...sets, ...sets, "eth"])));
  }
  return [...actions, out];
}

/** Whether the stock datapath forgets (addresses in the checksum behind a routing header, an atomic
 * fragment's or several IPv6 extensions) or damages (later IPv4 fragments: payload where a checksum
 * would be) what ours keeps right. */
function stockIsWrong(frame: Uint8Array, l3: number, key: Uint8Array): boolean {
  const protocol = key[KEY_FIELDS.nw_proto.offset]!;
  if (key[20] === 0x08) return key[KEY_FIELDS.nw_frag.offset]! > 1 && [6, 17].includes(protocol);
  const extensions = [0, 43, 44, 51, 60];
  const kind = frame[l3 + 6]!;
  if (key[20] !== 0x86 || !extensions.includes(kind)) return false;
  const atomic = kind === 44 && !key[KEY_FIELDS.nw_frag.offset];
  return kind === 43 || atomic || extensions.includes(frame[l3 + 40]!);
}

/** Whether the frame is of the class, with so many tags. */
function isOf(frame: Uint8Array, wanted: FrameClass, tags: number): boolean {
  const { key, l3, l4 } = extractOracle(frame, 0, 2);
  const protocol = key[KEY_FIELDS.nw_proto.offset]!;
  if (key[20]! * 256 + key[21]! !== wanted.type || l3 !== 14 + 4 * tags) return false;
  if (tags > 0 && frame[12] !== 0x81) return false;
  if (wanted.type === 0x0806) return protocol !== 0 && protocol !== 4;
  if (l4 === 0xffff || key[KEY_FIELDS.nw_frag.offset] !== (wanted.fragment ?? 0)) return false;
  if (stockIsWrong(frame, l3, key)) return false;
  return wanted.protocol === undefined || protocol === wanted.protocol;
}

/** Some frames get a UDP checksum of zero, or a wrong one. */
function disturbed(random: Random, frame: Uint8Array): Uint8Array {
  const { key, l4 } = extractOracle(frame, 0, 2);
  const copy = frame.slice();
  const isWholeUdp = key[KEY_FIELDS.nw_proto.offset] === 17 && !key[KEY_FIELDS.nw_frag.offset];
  if (isWholeUdp && l4 !== 0xffff && random.chance(25)) copy.fill(0, l4 + 6, l4 + 8);
  else if (random.chance(10)) copy[copy.length - 1]! ^= 0x5a;
  return copy;
}

/** Frames of a capture that the stock switch is writing. */
function captured(path: string): Uint8Array[] {
  const bytes = readFileSync(path);
  const frames: Uint8Array[] = [];
  for (let at = 24; at + 16 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    if (at + 16 + length > bytes.length) break;
    frames.push(bytes.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
  return frames;
}

describe.skipIf(!stockInstalled("dummy"))("actions beside the stock datapath", () => {
  const PROGRAMS = 9;
  const BATCH = 24;
  let stock: StockSwitch;
  let pmd: TestPmd;
  let seen = 0;
  const random = new Random(37);
  const pool = Array.from({ length: 30_000 }, () => randomFrame(random));

  beforeAll(async () => {
    // Nobody revalidates: flows that no OpenFlow rule stands behind stay.
    const forever = "1000000";
    const otherConfig = { "max-idle": forever, "max-revalidator": forever };
    stock = await StockSwitch.start({ mode: "dummy", otherConfig });
    const capture = `options:tx_pcap=${join(stock.dir, "p2.pcap")}`;
    await stock.must(
      ...(["ovs-vsctl", "add-br", "br0"] as const),
      ...["--", "set", "bridge", "br0", "datapath_type=dummy", "fail-mode=secure"],
      ...["--", "add-port", "br0", "p1", "--", "set", "interface", "p1", "type=dummy"],
      ...["--", "add-port", "br0", "p2", "--", "set", "interface", "p2", "type=dummy", capture],
    );
    pmd = new TestPmd(native);
    pmd.addPort(1);
    pmd.addPort(2);
    pmd.run();
  });
  afterAll(async () => {
    pmd.close();
    await stock.stop();
  });

  async function stockOutput(flow: string, actions: string, frames: Uint8Array[], count: number) {
    await stock.must("ovs-appctl", "dpctl/del-flows");
    await stock.must("ovs-appctl", "dpctl/add-flow", flow, actions);
    await stock.must("ovs-appctl", "netdev-dummy/receive", "p1", ...frames.map(hex));
    const path = join(stock.dir, "p2.pcap");
    await until("the stock switch", () => captured(path).length >= seen + count, 5_000);
    const all = captured(path);
    const out = all.slice(seen);
    seen = all.length;
    return out;
  }

  it.each(Object.keys(CLASSES))("%s", async (name) => {
    const wanted = CLASSES[name]!;
    for (let n = 0; n < PROGRAMS; n++) {
      const tags = n % 3 === 2 ? 1 : 0;
      const any = "00:00:00:00:00:00/00:00:00:00:00:00";
      const tag = `eth_type(0x8100),vlan(vid=0/0,pcp=0/0),encap(${wanted.flow})`;
      const rest = tags ? tag : wanted.flow;
      const flow = `recirc_id(0),in_port(1),eth(src=${any},dst=${any}),${rest}`;
      const actions = randomProgram(random, wanted, tags);
      const fitting = pool.filter((frame) => isOf(frame, wanted, tags));
      expect(fitting.length).toBeGreaterThan(4);
      const frames = Array.from({ length: BATCH }, () => disturbed(random, random.pick(fitting)));
      const ours = frames.map((frame) => {
        pmd.execute(frame, 1, actions as Parameters<TestPmd["execute"]>[2]);
        pmd.run();
        return pmd.sent(2).map(hex);
      });
      const text = formatOdpActions(actions);
      const stockFrames = await stockOutput(flow, text, frames, ours.flat().length);
      // A dummy port gives the stock switch its packets one by one.
      const outputs = actions.filter((action) => action.type === "output").length;
      expect(stockFrames).toHaveLength(outputs * BATCH);
      for (let i = 0; i < BATCH; i++) {
        const theirs = stockFrames.slice(i * outputs, (i + 1) * outputs).map(hex);
        if (theirs.join() === ours[i]!.join()) continue;
        const frame = hex(frames[i]!);
        expect({ text, frame, out: ours[i] }).toEqual({ text, frame, out: theirs });
      }
    }
  });
});
