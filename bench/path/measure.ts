// SPDX-License-Identifier: Apache-2.0
/** Building and timing one case of bench/path. */
import { KEY_BYTES } from "../../pmd/shm/flow-key.js";
import { maskOf, udpFrame } from "../../test/harness/frames.js";
import { loadHarness, TestPmd } from "../../test/harness/path.js";

interface Case {
  /** Different packets. */
  readonly flows: number;
  /** 0: every flow exact; n: n masks on prefixes of nw_src, `rules` rules in all. */
  readonly masks: number;
  readonly rules?: number;
  /** emc-insert-inv-prob. */
  readonly emc: number;
  readonly smc?: boolean;
  /** One flow that looks at EtherType, tag and fragment bits only. */
  readonly simple?: boolean;
}

export const CASES = {
  simple: { flows: 65536, masks: 1, emc: 100, simple: true },
  "exact-1": { flows: 1, masks: 0, emc: 1 },
  "exact-1k": { flows: 1024, masks: 0, emc: 1 },
  "exact-64k": { flows: 65536, masks: 0, emc: 100 },
  "exact-64k-no-emc": { flows: 65536, masks: 0, emc: 0 },
  "exact-64k-smc": { flows: 65536, masks: 0, emc: 0, smc: true },
  "masks-1": { flows: 65536, masks: 1, rules: 256, emc: 0 },
  "masks-8": { flows: 65536, masks: 8, rules: 256, emc: 0 },
  "masks-24": { flows: 65536, masks: 24, rules: 256, emc: 0 },
  "masks-8-emc": { flows: 65536, masks: 8, rules: 256, emc: 100 },
} as const satisfies Record<string, Case>;

export interface Measured {
  readonly p10: number;
  readonly median: number;
  readonly emcPercent: number;
  readonly subtables: number;
  /** Packets counted on the flows: must be those that were sent. */
  readonly packets: number;
}

const FRAMES = 512;

/** Source address of flow `n`: for masks the high bits say which mask, the low ones which rule. */
function sourceOf(spec: Case, n: number): number {
  if (spec.masks === 0) return n;
  const mask = n % spec.masks;
  const rule = Math.floor(n / spec.masks) % Math.ceil((spec.rules ?? 1) / spec.masks);
  return ((mask << 26) | (rule << 14) | (n & 0x3fff)) >>> 0;
}

function sourceMask(index: number): Uint8Array {
  // 18 exact bits that tell mask and rule apart; further bits make the masks different, and are
  // zero in every packet that this mask must match.
  const mask = maskOf("eth_type", "nw_frag");
  mask.set([255, 255, 0xc0, 0], 32);
  mask[36] = index;
  return mask;
}

function install(pmd: TestPmd, spec: Case): number {
  const installed = new Set<string>();
  for (let n = 0; n < spec.flows; n++) {
    const key = pmd.native.extractKey(frameOf(spec, n), 1, 1).subarray(0, KEY_BYTES);
    const exact = new Uint8Array(256).fill(255);
    const simple = spec.simple ? maskOf("eth_type", "vlan_tci0", "nw_frag") : undefined;
    const mask = simple ?? (spec.masks === 0 ? exact : sourceMask(n % spec.masks));
    const masked = Buffer.from(key.map((byte, i) => byte & mask[i]!)).toString("latin1");
    const name = `${n % Math.max(spec.masks, 1)} ${masked}`;
    if (installed.has(name)) continue;
    pmd.flowPut(installed.size, 0, key, mask, [{ type: "output", port: 2 }]);
    installed.add(name);
    if (installed.size % 100 === 0) pmd.run();
  }
  const refused = pmd.run().filter((event) => event.status !== "OK");
  if (refused.length > 0) throw new Error(`install: ${refused[0]!.status}`);
  return installed.size;
}

function frameOf(spec: Case, n: number): Uint8Array {
  const frame = udpFrame(0);
  new DataView(frame.buffer).setUint32(26, sourceOf(spec, n));
  return frame;
}

export function measure(name: keyof typeof CASES, how: { isa: number; quick: boolean }): Measured {
  const whole: Case = CASES[name];
  const spec = how.quick ? { ...whole, flows: Math.min(whole.flows, 2048) } : whole;
  const native = loadHarness();
  const pmd = new TestPmd(native, how.isa);
  pmd.addPort(1);
  pmd.addPort(2);
  pmd.settings({ emc: spec.emc, smc: spec.smc === true });
  const flows = install(pmd, spec);
  const rx = pmd.netdevs.get(1)!;
  native.replay(
    rx,
    pmd.netdevs.get(2)!,
    Array.from({ length: FRAMES }, () => frameOf(spec, 0)),
  );
  const sources = Uint32Array.from({ length: spec.flows }, (_, n) => sourceOf(spec, n));
  // Every flow is seen some twenty times before the measured rounds.
  const warm = how.quick ? 5 : Math.max(400, (spec.flows / FRAMES) * 20);
  const rounds = how.quick ? 20 : 2000;
  native.measure(pmd.handle, rx, sources, warm);
  const before = pmd.counters();
  const cycles = [...native.measure(pmd.handle, rx, sources, rounds)].map((sum) => sum / FRAMES);
  const packets = (warm + rounds) * FRAMES;
  const after = pmd.counters();
  const delta = (counter: string) => after[counter]! - before[counter]!;
  let counted = 0;
  for (let id = 0; id < flows; id++) counted += pmd.stats(id).packets;
  if (counted !== packets) throw new Error(`${name}: ${counted} of ${packets} packets`);
  pmd.close();
  cycles.sort((a, b) => a - b);
  return {
    p10: cycles[Math.floor(cycles.length / 10)]!,
    median: cycles[Math.floor(cycles.length / 2)]!,
    emcPercent: (100 * delta("emc_hits")) / (delta("rx_packets") || 1),
    subtables: delta("masked_lookups") / (delta("megaflow_hits") || 1),
    packets: counted,
  };
}
