// SPDX-License-Identifier: Apache-2.0
import type { OfctlCommand } from "./command.js";
import { FLOW_COMMANDS } from "./flow-commands.js";
import { GROUP_COMMANDS } from "./group-commands.js";
import { METER_COMMANDS } from "./meter-commands.js";
import { MONITOR_COMMANDS } from "./monitor.js";
import { PACKET_OUT } from "./packet-out.js";
import { PORT_COMMANDS } from "./port-commands.js";
import { SWITCH_COMMANDS } from "./switch-commands.js";
import { TABLE_COMPARE_COMMANDS } from "./table-compare.js";
import { TEXT_COMMANDS } from "./text-commands.js";

const ALL: readonly OfctlCommand[] = [
  ...SWITCH_COMMANDS,
  ...PORT_COMMANDS,
  ...FLOW_COMMANDS,
  ...GROUP_COMMANDS,
  ...METER_COMMANDS,
  ...TABLE_COMPARE_COMMANDS,
  PACKET_OUT,
  ...MONITOR_COMMANDS,
  ...TEXT_COMMANDS,
];

/** Every command, by name. */
export const COMMANDS: ReadonlyMap<string, OfctlCommand> = new Map(
  ALL.map((command) => [command.name, command]),
);
