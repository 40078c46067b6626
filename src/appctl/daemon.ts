// SPDX-License-Identifier: Apache-2.0
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { programVersion } from "../daemon/usage.js";
import { memoryUsage } from "../monitoring/memory-usage.js";
import { type Command, CommandError, structured } from "./command.js";
import { integer, object, table, text } from "./schema.js";

/** What commands may ask of the process. */
export interface DaemonControl {
  /** Stops the switch in order. `cleanup`: leave nothing of it on the host. */
  exit(cleanup: boolean): void;
}

function blockFor(text: string): string {
  const ms = Number(text);
  if (!Number.isInteger(ms) || ms < 0 || ms > 60_000) {
    throw new CommandError(`${text}: not a number of milliseconds from 0 to 60000`);
  }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return "";
}

/** Commands about the process as a whole. */
export function daemonCommands(manager: BridgeManager, control: DaemonControl): Command[] {
  return [
    structured({
      ...{ name: "version", usage: "", minArgs: 0, maxArgs: 0 },
      schema: object({ program: text(), version: text() }),
      read: () => programVersion(),
      text: (line) => `${line}\n`,
      json: (line) => {
        const [program = "", version = ""] = /^(.*) (\S+)$/.exec(line)?.slice(1) ?? [line];
        return { program, version };
      },
    }),
    {
      name: "exit",
      usage: "[--cleanup]",
      minArgs: 0,
      maxArgs: 1,
      run: ([flag]) => {
        // The reply leaves before the switch does.
        setImmediate(() => control.exit(flag === "--cleanup"));
        return "";
      },
    },
    structured({
      ...{ name: "memory/show", usage: "", minArgs: 0, maxArgs: 0 },
      schema: table(integer(), "how much of what the switch holds"),
      read: () => memoryUsage(manager),
      text: (usage) => `${[...usage].map(([k, v]) => `${k}:${v}`).join(" ")}\n`,
      json: (usage) => Object.fromEntries(usage),
    }),
    {
      // Hidden: stops the control thread, to prove that packets do not need it.
      name: "debug/block-control",
      usage: null,
      minArgs: 1,
      maxArgs: 1,
      run: ([ms]) => blockFor(ms!),
    },
  ];
}
