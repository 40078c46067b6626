// SPDX-License-Identifier: Apache-2.0
import { rxqShow } from "../../pmd/stats/rxq-show.js";
import { statsShow } from "../../pmd/stats/stats-show.js";
import { USAGE_SECONDS_MAX, usageWindow } from "../../pmd/stats/usage-history.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import type { Dpif, PmdInfo } from "../dpif/dpif.js";
import { countEvents } from "../monitoring/event-counts.js";
import { type Command, CommandError, structured } from "./command.js";
import { RXQS, rxqsJson, STATS, statsJson } from "./pmd-json.js";
import { integer, list } from "./schema.js";

export interface PmdArguments {
  readonly dpif: Dpif;
  /** Of `-pmd`; undefined: all threads. */
  readonly core: number | undefined;
  /** Of `-secs`. */
  readonly seconds: number;
}

function noDatapath(): CommandError {
  return new CommandError("please specify an existing datapath");
}

/** `[-pmd core] [-secs secs] [dp]`. As in the stock daemon, what cannot be read is passed over, and
 * a datapath by any name is the only one there is. */
export function parsePmdArguments(
  { datapath }: BridgeManager,
  args: readonly string[],
): PmdArguments {
  if (!datapath) throw noDatapath();
  let core: number | undefined;
  let seconds = USAGE_SECONDS_MAX;
  for (let i = 0; i + 1 < args.length; i++) {
    const value = args[i + 1]!;
    if (args[i] === "-pmd" && /^\d+$/.test(value)) core = Number(value);
    else if (args[i] === "-secs" && /^\d+$/.test(value)) seconds = usageWindow(Number(value));
  }
  return { dpif: datapath.dpif, core, seconds };
}

/** The threads that were asked for. */
function chosen({ dpif, core, seconds }: PmdArguments): PmdInfo[] {
  return dpif.pmds(seconds).filter(({ coreId }) => core === undefined || coreId === core);
}

/** Threads and the window of their percentages. */
function rxqs(args: PmdArguments): { pmds: PmdInfo[]; seconds: number } {
  return { pmds: chosen(args), seconds: args.seconds };
}

/** Commands about the threads that run the packet's path, ovs-vswitchd(8) "DPIF-NETDEV". */
export function dpifNetdevCommands(manager: BridgeManager): Command[] {
  return [
    structured({
      ...{ name: "dpif-netdev/pmd-stats-show", usage: "[-pmd core] [dp]", minArgs: 0, maxArgs: 3 },
      schema: STATS,
      read: (args) => chosen(parsePmdArguments(manager, args)),
      text: (pmds) => pmds.map((pmd) => statsShow(pmd, pmd.counters)).join(""),
      json: statsJson,
    }),
    {
      name: "dpif-netdev/pmd-stats-clear",
      usage: "[-pmd core] [dp]",
      minArgs: 0,
      maxArgs: 3,
      run: (args) => {
        const { dpif } = parsePmdArguments(manager, args);
        // Coverage goes on from here.
        countEvents(manager);
        dpif.clearStats();
        return "";
      },
    },
    structured({
      name: "dpif-netdev/pmd-rxq-show",
      usage: "[-pmd core] [-secs secs] [dp]",
      minArgs: 0,
      maxArgs: 5,
      schema: RXQS,
      read: (args) => rxqs(parsePmdArguments(manager, args)),
      // The stock daemon's heading comes with the first thread that it shows.
      text: ({ pmds, seconds }) => (pmds.length === 0 ? "" : rxqShow(pmds, seconds)),
      json: ({ pmds, seconds }) => rxqsJson(pmds, seconds),
    }),
    {
      name: "dpif-netdev/pmd-rxq-rebalance",
      usage: "[dp]",
      minArgs: 0,
      maxArgs: 1,
      run: (args) => {
        void parsePmdArguments(manager, args).dpif.pmdControl.rebalance();
        return "pmd rxq rebalance requested.\n";
      },
    },
    structured({
      ...{ name: "dpif-netdev/bond-show", usage: "[dp]", minArgs: 0, maxArgs: 1 },
      schema: list(
        integer(),
        "bonds whose members the packet's path chooses: none, the slow path does",
      ),
      read: ([name]) => {
        const { datapath } = manager;
        if (!datapath || (name !== undefined && name !== datapath.ownPort)) throw noDatapath();
        return [];
      },
      text: () => "",
      json: (bonds: number[]) => bonds,
    }),
  ];
}
