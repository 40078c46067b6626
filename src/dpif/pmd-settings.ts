// SPDX-License-Identifier: Apache-2.0
/**
 * `Open_vSwitch.other_config` as far as it concerns PMD threads: read, and what the log says when
 * it changes. Pure. Values that cannot be read are their defaults, as in the stock switch.
 */
import { type AssignSettings, RXQ_ALGORITHMS, type RxqAlgorithm } from "../../pmd/rxq/assign.js";
import { AUTO_LB_DEFAULTS, type AutoLbSettings } from "../../pmd/rxq/auto-lb.js";

type Config = Readonly<Record<string, string>>;

export interface SleepSettings {
  /** Microseconds, 0…10000; 0: never sleep. */
  readonly defaultUs: number;
  readonly byCore: ReadonlyMap<number, number>;
}

export interface PmdSettings {
  readonly assign: AssignSettings;
  readonly autoLb: AutoLbSettings;
  readonly perfMetrics: boolean;
  readonly sleep: SleepSettings;
  /** Microseconds that packets may wait for others to the same port. */
  readonly txFlushUs: number;
  /** Microseconds from which on an iteration is a stall; 0: none is. Our own `pmd-stall-limit`. */
  readonly stallLimitUs: number;
}

export const SLEEP_US_MAX = 10_000;
const STALL_US_DEFAULT = 1000;
const STALL_US_MAX = 60_000_000;
const TX_FLUSH_US_MAX = 1_000_000;
const AUTO_LB_MINUTES_MAX = 20_000;

export interface ParsedPmdSettings {
  readonly settings: PmdSettings;
  readonly warnings: readonly string[];
}

export function parsePmdSettings(config: Config): ParsedPmdSettings {
  const warnings: string[] = [];
  return {
    settings: {
      assign: assignSettings(config, warnings),
      autoLb: autoLbSettings(config),
      perfMetrics: config["pmd-perf-metrics"]?.toLowerCase() === "true",
      sleep: parseSleep(config["pmd-sleep-max"] ?? config["pmd-maxsleep"]),
      txFlushUs: Math.min(TX_FLUSH_US_MAX, unsigned(config["tx-flush-interval"]) ?? 0),
      stallLimitUs: Math.min(STALL_US_MAX, unsigned(config["pmd-stall-limit"]) ?? STALL_US_DEFAULT),
    },
    warnings,
  };
}

function assignSettings(config: Config, warnings: string[]): AssignSettings {
  const wanted = config["pmd-rxq-assign"] ?? "cycles";
  const known = RXQ_ALGORITHMS.find((name) => name === wanted);
  if (!known) {
    warnings.push(
      "Unsupported rx queue to PMD assignment mode in pmd-rxq-assign. Defaulting to 'cycles'.",
    );
  }
  const algorithm: RxqAlgorithm = known ?? "cycles";
  const isolate = config["pmd-rxq-isolate"]?.toLowerCase() !== "false";
  if (!isolate && algorithm !== "group") {
    warnings.push("pmd-rxq-isolate can only be set false when using pmd-rxq-assign=group");
  }
  return { algorithm, isolate: isolate || algorithm !== "group" };
}

function autoLbSettings(config: Config): AutoLbSettings {
  const within = (key: string, most: number, fallback: number) => {
    const value = unsigned(config[key]);
    return value === undefined || value > most ? fallback : value;
  };
  const { loadThreshold, improvementThreshold, intervalMinutes } = AUTO_LB_DEFAULTS;
  const minutes = within("pmd-auto-lb-rebal-interval", AUTO_LB_MINUTES_MAX, intervalMinutes);
  return {
    enabled: config["pmd-auto-lb"]?.toLowerCase() === "true",
    loadThreshold: within("pmd-auto-lb-load-threshold", 100, loadThreshold),
    improvementThreshold: within("pmd-auto-lb-improvement-threshold", 100, improvementThreshold),
    intervalMinutes: Math.max(1, minutes),
  };
}

/** `<us>` for every core, and `<core>:<us>` for some; clamped. */
function parseSleep(list: string | undefined): SleepSettings {
  const byCore = new Map<number, number>();
  let defaultUs = 0;
  for (const item of (list ?? "").split(/[\s,]+/)) {
    const [first, second] = item.split(":");
    const us = unsigned(second ?? first);
    if (us === undefined) continue;
    const clamped = Math.min(SLEEP_US_MAX, us);
    if (second === undefined) defaultUs = clamped;
    else if (unsigned(first) !== undefined) byCore.set(Number(first), clamped);
  }
  return { defaultUs, byCore };
}

/** What to log when `before` (undefined: nothing was set yet) becomes `after`, in order. */
export function settingsLog(before: PmdSettings | undefined, after: PmdSettings): string[] {
  const lines: string[] = [];
  const then = before ?? parsePmdSettings({}).settings;
  if (after.txFlushUs !== then.txFlushUs) {
    lines.push(`Flushing interval for tx queues set to ${after.txFlushUs} us`);
  }
  if (after.perfMetrics !== then.perfMetrics) {
    const state = after.perfMetrics ? "enabled" : "disabled";
    lines.push(`PMD performance metrics collection ${state}`);
  }
  if (after.assign.algorithm !== then.assign.algorithm) {
    lines.push(`Rxq to PMD assignment mode changed to: '${after.assign.algorithm}'.`);
  }
  if (after.assign.isolate !== then.assign.isolate) {
    const verb = after.assign.isolate ? "isolates" : "does not isolate";
    lines.push(`pmd-rxq-affinity ${verb} PMD core`);
  }
  return [...lines, ...autoLbLog(before?.autoLb, after.autoLb), ...sleepLog(before, after)];
}

function autoLbLog(before: AutoLbSettings | undefined, after: AutoLbSettings): string[] {
  const lines: string[] = [];
  const what = "PMD auto load balance";
  if (after.intervalMinutes !== before?.intervalMinutes) {
    lines.push(`${what} interval set to ${after.intervalMinutes} mins`);
  }
  if (after.improvementThreshold !== before?.improvementThreshold) {
    lines.push(`${what} improvement threshold set to ${after.improvementThreshold}%`);
  }
  if (after.loadThreshold !== before?.loadThreshold) {
    lines.push(`${what} load threshold set to ${after.loadThreshold}%`);
  }
  if (lines.length === 0 && after.enabled === before?.enabled) return lines;
  lines.push(
    after.enabled
      ? `${what} is enabled, interval ${after.intervalMinutes} mins, pmd load threshold ` +
          `${after.loadThreshold}%, improvement threshold ${after.improvementThreshold}%.`
      : `${what} is disabled.`,
  );
  return lines;
}

function sleepLog(before: PmdSettings | undefined, after: PmdSettings): string[] {
  const { defaultUs, byCore } = after.sleep;
  const lines: string[] = [];
  if (defaultUs !== before?.sleep.defaultUs) {
    lines.push(`PMD max sleep request is ${defaultUs} usecs.`);
    lines.push(`PMD load based sleeps are ${defaultUs > 0 ? "enabled" : "disabled"}.`);
  }
  for (const [core, us] of byCore) {
    if (before?.sleep.byCore.get(core) === us) continue;
    lines.push(`PMD max sleep request is ${us} usecs on core ${core}.`);
  }
  return lines;
}

/** A decimal number, not negative. */
function unsigned(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
