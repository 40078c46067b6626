// SPDX-License-Identifier: Apache-2.0
import { PERF_HISTORY } from "../../pmd/shm/perf.js";
import { type PerfShow, perfShow } from "../../pmd/stats/perf-show.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import type { PerfLogSettings } from "../dpif/pmd-operations.js";
import { type Command, CommandError, structured } from "./command.js";
import { parsePmdArguments } from "./dpif-netdev.js";
import { PERF, perfJson } from "./pmd-json.js";

const LOG_USAGE =
  "Usage: ovs-appctl dpif-netdev/pmd-perf-log-set " +
  "[on|off] [-b before] [-a after] [-e|-ne] [-us usec] [-q qlen]";
/** Iterations around a suspicious one that fit into the history. */
const AROUND_MAX = PERF_HISTORY - 2;

/** `[-nh] [-it n] [-ms n]` first, then what other PMD commands take. */
function show(manager: BridgeManager, args: readonly string[]): PerfShow[] {
  let [histograms, iterations, milliseconds, at] = [true, 0, 0, 0];
  for (; at < args.length; at++) {
    if (args[at] === "-nh") histograms = false;
    else if (args[at] === "-it" && at + 1 < args.length) iterations = length(args[++at]!);
    else if (args[at] === "-ms" && at + 1 < args.length) milliseconds = length(args[++at]!);
    else break;
  }
  const { dpif, core } = parsePmdArguments(manager, args.slice(at));
  return dpif.pmdControl
    .perf({ histograms, iterations, milliseconds })
    .filter(({ coreId }) => core === undefined || coreId === core);
}

/** What strtol(3) makes of it, within the history. */
function length(text: string): number {
  return Math.min(PERF_HISTORY, Math.max(0, Number.parseInt(text, 10) || 0));
}

/** Reads the options over the settings as they are. Throws CommandError with the usage. */
export function parsePerfLog(args: readonly string[], now: PerfLogSettings): PerfLogSettings {
  let settings = now;
  const flags: Readonly<Record<string, Partial<PerfLogSettings>>> = {
    on: { enabled: true },
    off: { enabled: false },
    "-e": { extend: true },
    "-ne": { extend: false },
  };
  const numbers: Readonly<Record<string, (value: number) => Partial<PerfLogSettings>>> = {
    "-b": (value) => ({ before: Math.min(value, AROUND_MAX) }),
    "-a": (value) => ({ after: Math.min(value, AROUND_MAX) }),
    "-q": (fill) => ({ fill }),
    "-us": (us) => ({ us }),
  };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (Object.hasOwn(flags, arg)) {
      settings = { ...settings, ...flags[arg] };
      continue;
    }
    const value = args[at + 1];
    if (!Object.hasOwn(numbers, arg) || value === undefined || !/^\d{1,10}$/.test(value)) {
      throw new CommandError(LOG_USAGE);
    }
    settings = { ...settings, ...numbers[arg]!(Number(value)) };
    at++;
  }
  const after = Math.min(settings.after, AROUND_MAX - settings.before);
  return { ...settings, after };
}

/** Measurements of PMDs, ovs-vswitchd(8) "DPIF-NETDEV COMMANDS". */
export function pmdPerfCommands(manager: BridgeManager): Command[] {
  return [
    structured({
      name: "dpif-netdev/pmd-perf-show",
      usage: "[-nh] [-it iter-history-len] [-ms ms-history-len] [-pmd core] [dp]",
      minArgs: 0,
      maxArgs: 8,
      schema: PERF,
      read: (args) => show(manager, args),
      text: (pmds) => {
        const now = new Date();
        return pmds.map((pmd) => perfShow(pmd, now)).join("");
      },
      json: perfJson,
    }),
    {
      name: "dpif-netdev/pmd-perf-log-set",
      usage: "on|off [-b before] [-a after] [-e|-ne] [-us usec] [-q qlen]",
      minArgs: 0,
      maxArgs: 10,
      run: (args) => {
        const { pmdControl } = parsePmdArguments(manager, []).dpif;
        pmdControl.setPerfLog(parsePerfLog(args, pmdControl.perfLog));
        return "";
      },
    },
  ];
}
