// SPDX-License-Identifier: Apache-2.0
/** Finding what commands name. */
import type { Bridge } from "../bridge/bridge.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { CommandError } from "./command.js";

/** The bridge of that name; `error` is what the command says of unknown ones. */
export function bridgeNamed(
  manager: BridgeManager,
  name: string,
  error = "no such bridge",
): Bridge {
  const bridge = manager.bridges.get(name);
  if (!bridge) throw new CommandError(error);
  return bridge;
}

/** All bridges in order of name. */
export function sortedBridges({ bridges }: BridgeManager): Bridge[] {
  return [...bridges.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
