// SPDX-License-Identifier: Apache-2.0
/** What can be switched off of the way from a miss to a flow, to see what it is good for. */
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { OPTIMISATIONS, type Optimisation } from "../ofproto/classifier-optimisations.js";
import { type Command, CommandError, structured } from "./command.js";
import { flag, table } from "./schema.js";

/** Names of the arguments of `classifier/optimisations`. */
const NAMES: Readonly<Record<string, Optimisation>> = {
  "priority-sorting": "prioritySorting",
  "prefix-tracking": "prefixTracking",
  "staged-lookup": "stagedLookup",
};

export function upcallSwitches(manager: BridgeManager): Command[] {
  const megaflows = (name: string, areOn: boolean): Command => ({
    ...{ name, usage: "", minArgs: 0, maxArgs: 0 },
    run: async () => {
      await manager.datapath?.slowpath.setMegaflows(areOn);
      return `megaflows ${areOn ? "enabled" : "disabled"}\n`;
    },
  });
  const ufid = (name: string, isOn: boolean): Command => ({
    ...{ name, usage: "", minArgs: 0, maxArgs: 0 },
    // Flows are always known by their identifiers here: nothing is any quicker without.
    run: () => `Datapath dumping tersely using UFID ${isOn ? "enabled" : "disabled"}\n`,
  });
  // Hidden, as in the stock daemon.
  const pause = (name: string, isOn: boolean): Command => ({
    ...{ name, usage: null, minArgs: 0, maxArgs: 0 },
    run: () => {
      manager.datapath?.slowpath.pause(isOn);
      return "";
    },
  });
  return [
    ufid("upcall/disable-ufid", false),
    ufid("upcall/enable-ufid", true),
    pause("revalidator/pause", true),
    pause("revalidator/resume", false),
    megaflows("upcall/disable-megaflows", false),
    megaflows("upcall/enable-megaflows", true),
    structured({
      ...{ name: "classifier/optimisations", usage: null, minArgs: 0, maxArgs: 2 },
      schema: table(flag()),
      read: async ([name, state]) => {
        if (name !== undefined) {
          set(name, state);
          await manager.datapath?.slowpath.purge();
        }
        return Object.entries(NAMES).map(([text, key]) => [text, OPTIMISATIONS[key]] as const);
      },
      text: (states) => states.map(([name, isOn]) => `${name}: ${isOn ? "on" : "off"}\n`).join(""),
      json: (states) => Object.fromEntries(states),
    }),
  ];
}

function set(name: string, state: string | undefined): void {
  const key = NAMES[name];
  if (!key) throw new CommandError(`unknown optimisation "${name}"`);
  if (state !== "on" && state !== "off") throw new CommandError(`"on" or "off" expected`);
  OPTIMISATIONS[key] = state === "on";
}
