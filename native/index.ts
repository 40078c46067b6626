// SPDX-License-Identifier: Apache-2.0
/**
 * The whole native surface: DPDK, devices and packet threads, as the addon exports it.
 *
 * No policy here and no state: the caller (src/dpif on the control thread, pmd/worker.ts on a
 * packet thread) decides. Functions throw TypeError for a wrong argument (a programmer's error) and
 * return errors of the machine or the operator as values.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Outcome of `ealInit`. */
export type EalResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly errno: number; readonly error: string };

/** One line of DPDK's log. `level`: 1 emergency, 2 alert, 3 critical, 4 error, 5 warning,
 * 6 notice, 7 info, 8 debug. */
export interface LogLine {
  readonly level: number;
  readonly text: string;
}

/** A device as it is now. */
export interface DeviceInfo {
  readonly mac: Uint8Array;
  readonly mtu: number;
  readonly ifindex: number;
  readonly adminUp: boolean;
  readonly linkUp: boolean;
  readonly fullDuplex: boolean;
  /** Bits per second, 0 when unknown. */
  readonly linkSpeed: number;
  /** Times the link went up or down since the device was opened. */
  readonly linkChanges: number;
  readonly numa: number;
  readonly rxQueues: number;
  readonly txQueues: number;
  /** Bit n: receive queue n is enabled by the other side. */
  readonly rxEnabled: bigint;
  /** False: the device has a file that says when packets wait (`pmdWatch`). */
  readonly polled: boolean;
  readonly status: Readonly<Record<string, string>>;
}

/** Types that `deviceOpen` knows. */
export type DeviceType =
  | "dpdk"
  | "dpdkvhostuser"
  | "dpdkvhostuserclient"
  | "internal"
  | "tap"
  | "system"
  | "dummy";

export interface Native {
  /** Fingerprint of pmd/shm that the addon was built from. */
  readonly abiFingerprint: string;

  /** Starts DPDK: `args` as `rte_eal_init` takes them, `args[0]` the program's name. Once per
   * process; a second try after a failure works in most cases. Affinity is left as it was. */
  ealInit(args: readonly string[]): EalResult;
  ealStarted(): boolean;
  /** As in `DPDK 22.11.11`. */
  dpdkVersion(): string;
  /** Cycles per second of the counter that PMDs measure with. DPDK must have started. */
  tscHz(): number;

  /** Cores that the calling thread may run on. */
  affinity(): number[];
  /** Moves the calling thread, or with `all` every thread but the PMDs. Returns 0 or an errno. */
  setAffinity(cores: readonly number[], all: boolean): number;

  /** POSIX record lock (fcntl(2)) on a whole open file. `take` false only asks. 0: taken, or free;
   * positive: the pid of the process that holds it; negative: an errno. Closing any descriptor of
   * the file gives the lock up. */
  fileLock(fd: number, take: boolean): number;
  /** Keeps all memory of the process from being paged out. 0 or an errno. */
  lockMemory(): number;

  /** `callback` runs on this thread's loop, once however often it was asked for, when upcalls wait
   * whose wake-up was armed, or when logs or events wait. Keeps no loop alive. */
  setWakeup(callback: () => void): void;
  clearWakeup(): void;
  /** Takes the log lines so far. */
  drainLogs(): LogLine[];
  /** Takes the ids of devices that changed (connection, queues). */
  drainEvents(): number[];

  /** Opens and configures a device. Parameters are described in the device's file in native/io. The
   * id is what PORT_SET names. Refers to no packet thread yet. */
  deviceOpen(
    type: DeviceType,
    name: string,
    params: Readonly<Record<string, string>>,
  ): { readonly id: number } | { readonly error: string };
  /** Changes parameters; no packet thread may use the device. Returns "" or what went wrong. */
  deviceConfigure(id: number, params: Readonly<Record<string, string>>): string;
  deviceInfo(id: number): DeviceInfo;
  deviceStatistics(id: number): Record<string, number>;
  /** Administrative state; 0 or an errno. */
  deviceSetUp(id: number, up: boolean): number;
  /** That many packet threads will send from now on; takes effect when each has acknowledged a
   * command given after this. */
  deviceShare(id: number, threads: number): void;
  /** Stops, closes and forgets; no packet thread may use the device. */
  deviceClose(id: number): void;
  /** Puts a packet into a queue of a `dummy` device; false when it is full or has no such queue. */
  dummyReceive(id: number, packet: Uint8Array, queue: number): boolean;
  /** Takes what a `dummy` device has sent. */
  dummyTransmitted(id: number): Uint8Array[];

  /** Bytes to skip at the start of `memory` (a view of a whole shared buffer). */
  shmPad(memory: Uint8Array): number;
  /** Makes packet thread `index` over its shared memory, which must outlive it. "" or an error. */
  pmdCreate(index: number, memory: Uint8Array): string;
  /** On a worker: runs the packet thread until its stop word is set. `core` -1: not pinned. `name`
   * of at most 15 characters. Returns "" or why it could not start. Blocks. */
  pmdRun(index: number, core: number, name: string): string;
  /** After the worker has ended. Parked packets are freed. */
  pmdDestroy(index: number): void;
  /** How many queues it must poll; with none it sleeps until rung or watched. */
  pmdPolls(index: number, queues: number): void;
  /** Measures every iteration (pmd/shm/perf.ts), and lets the thread sleep up to so many
   * microseconds between iterations that bring little; 0: never. */
  pmdTune(index: number, metrics: boolean, sleepMaxUs: number): void;
  /** Says which device's queue is behind a slot, for the measurements; undefined: it is free.
   * Before the command that adds or deletes the queue. */
  pmdRxq(index: number, slot: number, device: number | undefined, queue: number): void;
  /** Wakes the sleeping thread when the device has packets. 0 or an errno. */
  pmdWatch(index: number, device: number, on: boolean): number;
  /** After posting commands or the stop word: wakes the thread if it sleeps. */
  pmdRing(index: number): void;
  /** A copy of the packet parked in `slot`, at most 64 KiB; empty when there is none. */
  pmdPacket(index: number, slot: number): Uint8Array;
  /** The SIMD level in use. */
  pmdIsa(index: number): string;

  /** Sets a meter, its buckets full and its counts zero. `bands`: type (BAND_TYPE of
   * src/openflow/meter.ts), rate, burst and precedence of up to 8. "" or an error. */
  meterSet(id: number, inPackets: boolean, bands: readonly number[]): string;
  /** Packets and bytes, then both of every band; empty when there is no such meter. */
  meterStats(id: number): Float64Array;
  /** Nothing is metered by this number any more. */
  meterRelease(id: number): void;
  /** The time of meters: stopped at so many milliseconds, or (-1) ahead of CLOCK_MONOTONIC. */
  meterClock(stoppedMs: number, offsetMs: number): void;
}

/** The package's root: where native/binding.gyp is, seen from here or from dist/. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "native", "binding.gyp"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error("pollux: the package's root was not found");
    folder = parent;
  }
  return folder;
}

/** Loads the addon. Throws an Error that says what to do when it cannot. */
export function loadNative(): Native {
  const path = join(packageRoot(), "native", "build", "Release", "pollux.node");
  if (!existsSync(path)) {
    throw new Error(`${path} does not exist: build it with "npm run build:native"`);
  }
  try {
    return createRequire(import.meta.url)(path) as Native;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${path} cannot be loaded: ${why}. ` +
        'If a library is missing, install Debian\'s "dpdk"; if Node.js or DPDK changed, ' +
        'build it again with "npm run build:native".',
      { cause: error },
    );
  }
}
