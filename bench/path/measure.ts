// SPDX-License-Identifier: Apache-2.0
/** Building and timing one case of bench/path. */
import { KEY_BYTES, KEY_CLASS_BYTES, type KeyClass, keyClass } from "../../pmd/shm/flow-key.js";
import { maskOf } from "../../test/harness/frames.js";
import { loadHarness, TestPmd } from "../../test/harness/path.js";
import { CASES, type Case, type CaseName } from "./cases.js";
import { FAMILIES, type Family, frameOf, zipf } from "./traffic.js";

export interface Measured {
  readonly p10: number;
  readonly median: number;
  readonly emcPercent: number;
  readonly subtables: number;
  /** Packets counted on the flows: must be those that were sent. */
  readonly packets: number;
  /** Cycles per packet of each step, in order, medians; only at the level that times them. */
  readonly steps: Readonly<Record<string, number>>;
}

const FRAMES = 512;
const ZIPF_SAMPLES = 65536;

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

function flowMask(spec: Case, n: number, classOfKey: KeyClass): Uint8Array {
  if (spec.simple) return maskOf("eth_type", "vlan_tci0", "nw_frag");
  if (spec.masks === 0) return new Uint8Array(KEY_CLASS_BYTES[classOfKey]).fill(255);
  return sourceMask(n % spec.masks);
}

function install(pmd: TestPmd, spec: Case, family: Family): number {
  const installed = new Set<string>();
  const actions = [...(spec.actions ?? []), { type: "output", port: 2 } as const];
  const vlanLimit = spec.family === "qinq" ? 2 : 1;
  // More flows than rules only repeat them.
  const rules = Math.ceil((spec.rules ?? spec.flows) / (spec.masks || 1)) * (spec.masks || 1);
  const flows = Math.min(spec.flows, rules);
  for (let n = 0; n < flows; n++) {
    const frame = frameOf(family, sourceOf(spec, n));
    const key = pmd.native.extractKey(frame, 1, vlanLimit).subarray(0, KEY_BYTES);
    const mask = flowMask(spec, n, keyClass(key));
    const masked = Buffer.from(key.map((byte, i) => byte & (mask[i] ?? 0))).toString("latin1");
    const name = `${n % Math.max(spec.masks, 1)} ${masked}`;
    if (installed.has(name)) continue;
    pmd.flowPut(installed.size, keyClass(key), key, mask, actions);
    installed.add(name);
    if (installed.size % 100 === 0) pmd.run();
  }
  const refused = pmd.run().filter((event) => event.status !== "OK");
  if (refused.length > 0) throw new Error(`install: ${refused[0]!.status}`);
  return installed.size;
}

function sources(spec: Case): Uint32Array {
  if (spec.popularity === "zipf") {
    return zipf(spec.flows, ZIPF_SAMPLES).map((n) => sourceOf(spec, n));
  }
  return Uint32Array.from({ length: spec.flows }, (_, n) => sourceOf(spec, n));
}

/** Quick: few packets, so that the code runs; the times mean nothing then. */
export function measure(name: CaseName, how: { isa: number; quick: boolean }): Measured {
  const whole: Case = CASES[name];
  return measureCase(
    name,
    how.quick ? { ...whole, flows: Math.min(whole.flows, 2048) } : whole,
    how,
  );
}

/** The same for a case that is not in the table. */
export function measureCase(
  name: string,
  spec: Case,
  how: { isa: number; quick: boolean },
): Measured {
  const native = loadHarness();
  const pmd = new TestPmd(native, how.isa);
  const family = FAMILIES[spec.family ?? "ipv4"];
  pmd.addPort(1);
  pmd.addPort(2);
  pmd.settings({
    emc: spec.emc,
    smc: spec.smc === true,
    vlanLimit: spec.family === "qinq" ? 2 : 1,
  });
  const flows = install(pmd, spec, family);
  const rx = pmd.netdevs.get(1)!;
  const frames = Array.from({ length: FRAMES }, () => family.frame);
  native.replay(rx, pmd.netdevs.get(2)!, frames);
  const addresses = sources(spec);
  // Every flow is seen some twenty times before the measured rounds.
  const warm = how.quick ? 5 : Math.max(400, (spec.flows / FRAMES) * 20);
  const rounds = how.quick ? 20 : 2000;
  const run = (times: number) =>
    native.measure(pmd.handle, rx, { sources: addresses, at: family.addressAt, rounds: times });
  run(warm);
  const before = pmd.counters();
  const cycles = [...run(rounds)].map((sum) => sum / FRAMES);
  const stepCycles = native.stepCycles();
  const packets = (warm + rounds) * FRAMES;
  const after = pmd.counters();
  const delta = (counter: string) => after[counter]! - before[counter]!;
  let counted = 0;
  for (let id = 0; id < flows; id++) counted += pmd.stats(id).packets;
  if (counted !== packets) throw new Error(`${name}: ${counted} of ${packets} packets`);
  pmd.close();
  cycles.sort((a, b) => a - b);
  const perPacket = ([step, sum]: [string, number]) => [step, sum / FRAMES] as const;
  return {
    p10: cycles[Math.floor(cycles.length / 10)]!,
    median: cycles[Math.floor(cycles.length / 2)]!,
    emcPercent: (100 * delta("emc_hits")) / (delta("rx_packets") || 1),
    subtables: delta("masked_lookups") / (delta("megaflow_hits") || 1),
    packets: counted,
    steps: Object.fromEntries(Object.entries(stepCycles).map(perPacket)),
  };
}
