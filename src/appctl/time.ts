// SPDX-License-Identifier: Apache-2.0
/** `time/stop` and `time/warp`, for tests of what takes long; there with `--enable-dummy`. */
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { machineClock } from "../lib/clock.js";
import { type Command, CommandError } from "./command.js";

/** Lets what became due do its work, datapath included. */
async function breathe({ datapath }: BridgeManager): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await datapath?.dpif.settled();
  await new Promise((resolve) => setImmediate(resolve));
}

/** Moves time by `total` ms in steps, with a turn for everybody after each. */
async function warp(manager: BridgeManager, args: readonly string[]): Promise<string> {
  const [total = 0, step = total] = args.map((arg) => Number.parseInt(arg, 10) || 0);
  if (total < 0 || step <= 0) throw new CommandError("invalid MSECS");
  for (let left = total; left > 0; left -= step) {
    machineClock.warp(Math.min(step, left));
    await breathe(manager);
  }
  return "warped";
}

export function timeCommands(manager: BridgeManager): Command[] {
  if (!manager.hasDummies) return [];
  return [
    {
      ...{ name: "time/stop", usage: "", minArgs: 0, maxArgs: 0 },
      run: () => {
        machineClock.stop();
        return "";
      },
    },
    {
      name: "time/warp",
      usage: "[large_msecs] msecs",
      minArgs: 1,
      maxArgs: 2,
      run: (args) => warp(manager, args),
    },
  ];
}
