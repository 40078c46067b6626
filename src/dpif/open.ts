// SPDX-License-Identifier: Apache-2.0
/** Opens the datapath: the addon, DPDK's environment, the main packet thread. */
import { join } from "node:path";
import { loadNative, type Native } from "../../native/index.js";
import type { PmdCore } from "../../pmd/rxq/assign.js";
import { abiFingerprint } from "../../pmd/shm/header-text.js";
import { Datapath } from "./datapath.js";
import type { Dpif, DpifFailure, DpifStartOptions } from "./dpif.js";
import {
  bareEalPlan,
  dpdkInitMode,
  type EalPlan,
  ealPlan,
  withoutHugepages,
} from "./eal-options.js";
import { type DpifLog, logDpdkLines } from "./log.js";
import { coresWithNuma, dummyNumaCores, freeHugeMiB } from "./machine.js";

/**
 * Opens the one datapath of this process. Failures come back as values with what to do.
 *
 * With `dpdk-init` true (or try) DPDK starts from the options, on hugepages where enough are free.
 * With false it starts all the same, small and on ordinary memory, because packet buffers are
 * DPDK's; then DPDK ports are refused until `initDpdk`. DPDK that cannot start fails the switch
 * under true, and is reported and replaced by the small one under try.
 */
export async function openDpif(options: DpifStartOptions): Promise<Dpif | DpifFailure> {
  let native: Native;
  try {
    native = loadNative();
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
  if (native.abiFingerprint !== abiFingerprint()) {
    return {
      error: "the native addon was built from another version of this program",
      remedy: 'build both again: "npm start" does',
    };
  }
  const log: DpifLog = options.log ?? (() => {});
  const ownCores = native.affinity();
  const { dummyNuma } = options;
  const cores = dummyNuma ? dummyNumaCores(dummyNuma) : coresWithNuma(ownCores);
  logCores(log, cores);
  const started = startEal(native, options, log);
  if ("error" in started) return started;
  const subdir = options.otherConfig["vhost-sock-dir"];
  const socketDir = subdir ? join(options.rundir, subdir) : options.rundir;
  return Datapath.start(native, { options, log, cores, ownCores, socketDir, ...started });
}

/** The stock words: test suites look for them. */
function logCores(log: DpifLog, cores: readonly PmdCore[]): void {
  const counts = new Map<number, number>();
  for (const { numaId } of cores) counts.set(numaId, (counts.get(numaId) ?? 0) + 1);
  for (const [numaId, count] of counts) {
    log("ovs_numa", "info", `Discovered ${count} CPU cores on NUMA node ${numaId}`);
  }
  const text = `Discovered ${counts.size} NUMA nodes and ${cores.length} CPU cores`;
  log("ovs_numa", "info", text);
}

interface EalStarted {
  readonly dpdkInitialized: boolean;
  readonly hugepages: boolean;
}

function startEal(
  native: Native,
  options: DpifStartOptions,
  log: DpifLog,
): EalStarted | DpifFailure {
  const mode = dpdkInitMode(options.otherConfig);
  const machine = { freeHugeMiB: freeHugeMiB(), cores: native.affinity() };
  if (native.ealStarted()) return { dpdkInitialized: mode !== "false", hugepages: false };
  if (mode === "false") {
    log("dpdk", "info", "DPDK Disabled - Use other_config:dpdk-init to enable");
    return startBare(native, log, machine);
  }
  log("dpdk", "info", `Using ${native.dpdkVersion()}`);
  log("dpdk", "info", "DPDK Enabled - initializing...");
  const plan = ealPlan(options.otherConfig, options.devargs ?? [], machine);
  for (const warning of plan.warnings) log("dpdk", "warn", warning);
  for (const note of plan.notes) log("dpdk", "warn", note);
  let hugepages = plan.hugepages;
  let error = initEal(native, plan, log);
  if (error && hugepages) {
    log("dpdk", "warn", `DPDK does not start on hugepages (${error}): trying without`);
    hugepages = false;
    error = initEal(native, withoutHugepages(plan), log);
  }
  if (!error) {
    log("dpdk", "info", "DPDK Enabled - initialized");
    return { dpdkInitialized: true, hugepages };
  }
  log("dpdk", "err", `Unable to initialize DPDK: ${error}`);
  if (mode === "try") return startBare(native, log, machine);
  return {
    error: `Cannot init EAL (${error})`,
    remedy: "see the log for DPDK's reason; check other_config:dpdk-extra, or set dpdk-init=try",
  };
}

/** The small environment behind kernel devices. */
function startBare(
  native: Native,
  log: DpifLog,
  machine: { readonly freeHugeMiB: number; readonly cores: readonly number[] },
): EalStarted | DpifFailure {
  const error = initEal(native, bareEalPlan(machine), () => {});
  if (!error) return { dpdkInitialized: false, hugepages: false };
  log("dpdk", "err", `no memory for packet buffers: ${error}`);
  return { error: `no memory for packet buffers: ${error}` };
}

/** "" or DPDK's reason. */
function initEal(native: Native, plan: EalPlan, log: DpifLog): string {
  log("dpdk", "info", `EAL ARGS: ${plan.args.join(" ")}.`);
  const result = native.ealInit(plan.args);
  logDpdkLines(log, native.drainLogs());
  return result.ok ? "" : result.error;
}
