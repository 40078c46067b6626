// SPDX-License-Identifier: Apache-2.0
/**
 * Ports come and go, queues are added and taken, PMDs change, all under full load: what the other
 * ports lose (nothing), and how long a queue that is touched waits.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Dpif, isFailure } from "../../src/dpif/dpif.js";
import type { QueuePause } from "../../src/dpif/pause-watch.js";
import {
  addPort,
  eventually,
  fromPort,
  openTestDpif,
  udpFrame,
  writePcap,
} from "../../test/harness/dpif.js";
import { NumberedStream } from "../../test/harness/numbered-stream.js";

export interface Changes {
  /** Ports added and removed. */
  readonly ports: number;
  /** Times `n_rxq` of a port under load changes. */
  readonly queues: number;
  /** Times `pmd-cpu-mask` changes. */
  readonly masks: number;
}

export interface Outcome {
  readonly name: keyof Changes;
  readonly changes: number;
  readonly seconds: number;
  readonly pauses: readonly QueuePause[];
}

export interface Reconfiguration {
  readonly outcomes: readonly Outcome[];
  /** Packets of the endless sources, and what of them came out. */
  readonly load: { readonly received: number; readonly sent: number };
  /** Packets with numbers, through ports that nobody touches. */
  readonly numbered: {
    readonly sent: number;
    readonly lost: number;
    readonly reordered: number;
  };
  /** Packets lost, by name. */
  readonly drops: Readonly<Record<string, number>>;
}

const MASKS = ["2", "3", "1", "3"];

/** A datapath in which every port's packets have one flow, on whichever thread they come. */
class Scene {
  readonly targets = new Map<number, number>();
  private readonly installed = new Set<string>();

  constructor(readonly dpif: Dpif) {
    dpif.onUpcalls((batch) => {
      for (const { pmd, slot, inPort } of batch) {
        const flowId = this.install(pmd, inPort);
        dpif.resolve(
          pmd,
          slot,
          flowId === undefined ? { actions: this.actions(inPort) } : { flowId },
        );
      }
    });
    dpif.onQueueMove((portNo, _from, to) => this.install(to, portNo));
    dpif.onPmdGone((pmd) => {
      for (const key of this.installed) if (key.startsWith(`${pmd} `)) this.installed.delete(key);
    });
  }

  /** Before the first packet, so that none waits for its flow. */
  installEverywhere(inPort: number): void {
    for (const { pmd } of this.dpif.pmds()) this.install(pmd, inPort);
  }

  private actions(inPort: number) {
    const port = this.targets.get(inPort);
    return port === undefined ? [] : [{ type: "output" as const, port }];
  }

  private install(pmd: number, inPort: number): number | undefined {
    const key = `${pmd} ${inPort}`;
    if (this.installed.has(key)) return undefined;
    this.installed.add(key);
    return this.dpif.flowPut(pmd, fromPort(inPort, this.actions(inPort)));
  }
}

async function changePorts({ dpif }: Scene, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const port = await addPort(dpif, `come${i}`, "dpdk", {
      "dpdk-devargs": `net_null1${i},no-rx=1`,
      n_rxq: "2",
    });
    await dpif.portDel(port);
  }
}

async function changeQueues({ dpif }: Scene, portNo: number, count: number): Promise<void> {
  const { name, type } = dpif.port(portNo)!;
  for (let i = 0; i < count; i++) {
    const failure = await dpif.portSet(portNo, {
      ...{ name, type, options: { n_rxq: String(2 - (i & 1)) } },
    });
    if (failure) throw new Error(failure.error);
    await breathe();
  }
}

async function changeMasks({ dpif }: Scene, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await dpif.setPmdMask(MASKS[i % MASKS.length]!);
    await breathe();
  }
}

/** Lets traffic go on for a while as it is now. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

export async function measureReconfiguration(changes: Changes): Promise<Reconfiguration> {
  const dir = mkdtempSync(join(tmpdir(), "pollux-reconfiguration-"));
  const capture = join(dir, "in.pcap");
  writePcap(
    capture,
    Array.from({ length: 64 }, (_, i) => udpFrame(i)),
  );
  const dpif = await openTestDpif({ dummyNuma: "0,0" });
  try {
    await dpif.setPmdMask("3");
    return await run(new Scene(dpif), capture, changes);
  } finally {
    await dpif.close();
    rmSync(dir, { recursive: true });
  }
}

async function run(scene: Scene, capture: string, changes: Changes): Promise<Reconfiguration> {
  const { dpif } = scene;
  const sink = await addPort(dpif, "sink", "dpdk", { "dpdk-devargs": "net_null0,no-rx=1" });
  const counted = await addPort(dpif, "counted", "dummy-pmd");
  const numbered = await addPort(dpif, "numbered", "dummy-pmd");
  const changing = await addPort(dpif, "changing", "dummy-pmd");
  scene.targets.set(numbered, counted);
  const endless = (name: string) => `net_pcap_${name},rx_pcap=${capture},infinite_rx=1`;
  const loads: number[] = [];
  for (const name of ["load0", "load1"]) {
    const portNo = 20 + loads.length;
    scene.targets.set(portNo, sink);
    scene.installEverywhere(portNo);
    const options = { "dpdk-devargs": endless(name) };
    const added = await dpif.portAdd({ name, type: "dpdk", options, portNo });
    if (isFailure(added)) throw new Error(added.error);
    loads.push(portNo);
  }
  const stream = new NumberedStream(dpif, numbered, counted);
  stream.start();
  const received = () =>
    loads.reduce((sum, port) => sum + dpif.portStatistics(port).rx_packets!, 0);
  await eventually(() => received() > 100_000 && stream.received > 100);
  const before = drops(dpif);
  const outcomes = [
    await outcome(dpif, "ports", changes.ports, () => changePorts(scene, changes.ports)),
    await outcome(dpif, "queues", changes.queues, () =>
      changeQueues(scene, changing, changes.queues),
    ),
    await outcome(dpif, "masks", changes.masks, () => changeMasks(scene, changes.masks)),
  ];
  const lost = await stream.stop();
  return {
    ...{ outcomes, drops: difference(drops(dpif), before) },
    load: await loadSums(dpif, loads, sink),
    numbered: { sent: stream.sent, lost, reordered: stream.reordered },
  };
}

async function outcome(
  dpif: Dpif,
  name: keyof Changes,
  changes: number,
  run: () => Promise<void>,
): Promise<Outcome> {
  const known = new Set(dpif.pmdControl.pauses());
  const from = performance.now();
  await run();
  const seconds = (performance.now() - from) / 1000;
  // The last queues to be taken are reported within a second.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const pauses = dpif.pmdControl.pauses().filter((pause) => !known.has(pause));
  return { name, changes, seconds, pauses };
}

function drops(dpif: Dpif): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const pmd of dpif.pmds()) {
    for (const [name, count] of Object.entries(pmd.drops)) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

function difference(
  now: Readonly<Record<string, number>>,
  then: Readonly<Record<string, number>>,
): Record<string, number> {
  const grown = Object.entries(now).map(([name, count]) => [name, count - (then[name] ?? 0)]);
  return Object.fromEntries(grown.filter(([, count]) => count !== 0));
}

/** What the endless sources brought in all, and what of it went out. They cannot be stopped, but
 * the only core can be kept for another queue. */
async function loadSums(dpif: Dpif, loads: readonly number[], sink: number) {
  const { name, type } = dpif.portByName("numbered")!;
  const otherConfig = { "pmd-rxq-affinity": "0:0" };
  await dpif.setPmdMask("1");
  const failure = await dpif.portSet(dpif.portByName(name)!.portNo, {
    ...{ name, type, options: {}, otherConfig },
  });
  if (failure) throw new Error(failure.error);
  await dpif.settled();
  const received = loads.reduce((sum, port) => sum + dpif.portStatistics(port).rx_packets!, 0);
  return { received, sent: dpif.portStatistics(sink).tx_packets! };
}
