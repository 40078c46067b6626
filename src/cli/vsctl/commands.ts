// SPDX-License-Identifier: Apache-2.0
import { AUTO_ATTACH_COMMANDS } from "./auto-attach-commands.js";
import { BOND_COMMANDS } from "./bond-commands.js";
import { BRIDGE_COMMANDS } from "./bridge-commands.js";
import type { CommandSyntax } from "./command.js";
import { CONTROLLER_COMMANDS } from "./controller-commands.js";
import { EMERGENCY_RESET } from "./emergency-reset.js";
import { PORT_COMMANDS } from "./port-commands.js";
import { READ_COMMANDS } from "./read-commands.js";
import { SHOW_COMMAND } from "./show-command.js";
import { SSL_COMMANDS } from "./ssl-commands.js";
import { WRITE_COMMANDS } from "./write-commands.js";
import { ZONE_COMMANDS } from "./zone-commands.js";

const INIT: CommandSyntax = {
  name: "init",
  minArgs: 0,
  maxArgs: 0,
  usage: "",
  options: [],
};

const ALL: readonly CommandSyntax[] = [
  INIT,
  SHOW_COMMAND,
  EMERGENCY_RESET,
  ...BRIDGE_COMMANDS,
  ...PORT_COMMANDS,
  ...BOND_COMMANDS,
  ...CONTROLLER_COMMANDS,
  ...SSL_COMMANDS,
  ...AUTO_ATTACH_COMMANDS,
  ...ZONE_COMMANDS,
  ...READ_COMMANDS,
  ...WRITE_COMMANDS,
];

/** Every command, by name. */
export const COMMANDS: ReadonlyMap<string, CommandSyntax> = new Map(
  ALL.map((command) => [command.name, command]),
);
