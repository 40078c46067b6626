// SPDX-License-Identifier: Apache-2.0
import { QUEUE_ALL } from "../../openflow/messages/port-number.js";
import { OFPP } from "../../openflow/ofp-actions.js";
import { portFromText } from "../../openflow/text/ports.js";
import { CliError } from "../invocation.js";
import { DONE, type OfctlCommand } from "./command.js";
import type { OfctlContext } from "./context.js";
import { dump } from "./switch-commands.js";

/** `mod-port` settings and their bit; with `no-` in front they set it, except that of `up`. */
const SETTINGS: Readonly<Record<string, number>> = {
  stp: 1 << 1,
  receive: 1 << 2,
  "receive-stp": 1 << 3,
  flood: 1 << 4,
  forward: 1 << 5,
  "packet-in": 1 << 6,
};
const PORT_DOWN = 1 << 0;

/** The bit that `mod-port` is to change, and whether to set it. */
function parseSetting(text: string): { mask: number; on: boolean } {
  const word = text.toLowerCase();
  if (word === "up" || word === "down") return { mask: PORT_DOWN, on: word === "down" };
  const negated = /^no-?/.exec(word);
  const mask = SETTINGS[negated === null ? word : word.slice(negated[0].length)];
  if (mask === undefined) throw new CliError(`unknown mod-port command '${text}'`);
  return { mask, on: negated !== null };
}

async function modPort(context: OfctlContext, [target, name, change]: readonly string[]) {
  const ports = await context.fetchPorts(target!);
  const number = portFromText(name!);
  const port = ports.find((each) =>
    number === null ? each.name === name : each.ofpPort === number,
  );
  if (port === undefined) throw new CliError(`${target}: couldn't find port \`${name}'`);
  const { mask, on } = parseSetting(change!);
  await context.with(target!, async (connection) => {
    const error = await connection.transactNoReply({
      type: "port_mod",
      port: port.ofpPort,
      hwAddr: port.hwAddr,
      config: on ? mask : 0,
      mask,
      advertise: 0,
    });
    if (error !== undefined) await context.fail(target!, error);
  });
  return DONE;
}

/** A port's number, reserved name or name. Throws CliError. */
async function portNumber(context: OfctlContext, target: string, text: string): Promise<number> {
  const number = portFromText(text) ?? portFromText(text, await context.acceptedPorts(target));
  if (number === null) throw new CliError(`${target}: unknown port \`${text}'`);
  return number;
}

async function dumpPorts(context: OfctlContext, [target, name]: readonly string[]) {
  const port = name === undefined ? OFPP.NONE : await portNumber(context, target!, name);
  return dump(context, target!, { type: "port_stats_request", port });
}

async function dumpPortDescriptions(context: OfctlContext, [target, name]: readonly string[]) {
  // Only OpenFlow 1.5 can ask for a single port; before, the name is checked and all are shown.
  if (name !== undefined) await portNumber(context, target!, name);
  return dump(context, target!, { type: "port_desc_request" });
}

async function queueStats(context: OfctlContext, args: readonly string[]) {
  const [target, portText, queueText] = args;
  const allPorts = portText === undefined || portText.toLowerCase() === "all";
  const port = allPorts ? OFPP.NONE : await portNumber(context, target!, portText);
  const allQueues = queueText === undefined || queueText.toLowerCase() === "all";
  const queueId = allQueues ? QUEUE_ALL : Number.parseInt(queueText, 10) || 0;
  return dump(context, target!, { type: "queue_stats_request", port, queueId });
}

async function queueConfig(context: OfctlContext, words: readonly string[]) {
  const [target, portText, queueText] = words;
  const isAll = portText === undefined || portText.toLowerCase() === "any";
  const port = isAll ? OFPP.NONE : await portNumber(context, target!, portText);
  const isEvery = queueText === undefined || queueText.toLowerCase() === "all";
  const queueId = isEvery ? QUEUE_ALL : Number.parseInt(queueText, 10) || 0;
  return dump(context, target!, { type: "queue_get_config_request", port, queueId });
}

export const PORT_COMMANDS: readonly OfctlCommand[] = [
  { name: "dump-ports", minArgs: 1, maxArgs: 2, run: dumpPorts },
  { name: "dump-ports-desc", minArgs: 1, maxArgs: 2, run: dumpPortDescriptions },
  { name: "mod-port", minArgs: 3, maxArgs: 3, writes: true, run: modPort },
  { name: "queue-stats", minArgs: 1, maxArgs: 3, run: queueStats },
  { name: "queue-get-config", minArgs: 1, maxArgs: 3, run: queueConfig },
];
