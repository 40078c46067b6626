// SPDX-License-Identifier: Apache-2.0
/** Commands about groups: ovs-ofctl(8), "Group Table Commands". */
import { GROUP_COMMAND, OFPG } from "../../openflow/group.js";
import { ANY_GROUP_COMMAND, parseGroup, parseGroupFile } from "../../openflow/group-parse.js";
import type { GroupMod } from "../../openflow/messages/groups.js";
import { encodeMessage } from "../../openflow/messages/messages.js";
import { CliError } from "../invocation.js";
import { DONE, type OfctlCommand } from "./command.js";
import type { OfctlContext } from "./context.js";
import { readFlows } from "./flow-commands.js";
import { chooseForFlows } from "./flow-format.js";
import { printMessage } from "./print/message.js";
import { dump } from "./switch-commands.js";
import { describeFormats, protocolsOfVersion, versionName } from "./versions.js";

/** Sends group-mods one by one; the first error ends the program. */
async function send(
  context: OfctlContext,
  target: string,
  groups: readonly GroupMod[],
  usable: number,
): Promise<undefined> {
  await context.with(target, async (connection) => {
    await chooseForFlows(context, connection, usable);
    for (const group of groups) {
      const error = await connection.transactNoReply(group);
      if (error !== undefined) await context.fail(target, error);
    }
  });
  return DONE;
}

async function sendFile(context: OfctlContext, args: readonly string[], command: number) {
  const [target, file] = args;
  const content = readFlows(context, file!);
  const names = await context.acceptedNames(target!);
  const any = command === GROUP_COMMAND.ADD ? ANY_GROUP_COMMAND : command;
  const { groups, usable } = parseGroupFile(file!, content, any, names);
  return send(context, target!, groups, usable);
}

/** The group-mod commands take a group; `-` after the bridge is a file of them. */
function groupCommand(command: (context: OfctlContext) => number) {
  return async (context: OfctlContext, args: readonly string[]) => {
    const [target, text = ""] = args;
    if (text === "-") return sendFile(context, args, command(context));
    const names = await context.acceptedNames(target!);
    const { group, usable } = parseGroup(text, command(context), names);
    return send(context, target!, [group], usable);
  };
}

async function dumpStats(context: OfctlContext, [target, text]: readonly string[]) {
  const { group } = parseGroup(text ?? "", GROUP_COMMAND.DELETE);
  return dump(context, target!, { type: "group_stats_request", groupId: group.groupId });
}

/** A group's number or name; what is neither means all of them, as in the stock tool. */
function groupIdFrom(text: string | undefined): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) >>> 0 : OFPG.ALL;
}

function dumpGroups(context: OfctlContext, [target, text]: readonly string[]) {
  return dump(context, target!, { type: "group_desc_request", groupId: groupIdFrom(text) });
}

/** `parse-group`: a group as the message that adds it, in the first version that can. */
async function parseText(context: OfctlContext, [text]: readonly string[]) {
  const { stdout } = context.invocation;
  const { group, usable } = parseGroup(text!, GROUP_COMMAND.ADD);
  stdout(`usable protocols: ${describeFormats(usable)}\n`);
  const possible = usable & context.allowed;
  const version = [1, 2, 3, 4, 5, 6].find((v) => protocolsOfVersion(v) & possible);
  if (version === undefined) throw new CliError("no usable protocol");
  stdout(`chosen version: ${versionName(version)}\n`);
  const options = { verbosity: context.options.verbosity, ports: undefined };
  for (const bytes of encodeMessage(group, version, context.xids.next())) {
    stdout(printMessage(bytes, options));
  }
  return DONE;
}

const modify = ({ options }: OfctlContext): number =>
  options.mayCreate ? GROUP_COMMAND.ADD_OR_MOD : GROUP_COMMAND.MODIFY;

const writing = (name: string, minArgs: number, run: OfctlCommand["run"]): OfctlCommand => ({
  ...{ name, minArgs, maxArgs: 2, writes: true, run },
});

export const GROUP_COMMANDS: readonly OfctlCommand[] = [
  writing(
    "add-group",
    1,
    groupCommand(() => GROUP_COMMAND.ADD),
  ),
  writing("add-groups", 2, (context, args) => sendFile(context, args, GROUP_COMMAND.ADD)),
  writing("mod-group", 1, groupCommand(modify)),
  writing(
    "del-groups",
    1,
    groupCommand(() => GROUP_COMMAND.DELETE),
  ),
  writing(
    "insert-buckets",
    1,
    groupCommand(() => GROUP_COMMAND.INSERT_BUCKET),
  ),
  writing(
    "remove-buckets",
    1,
    groupCommand(() => GROUP_COMMAND.REMOVE_BUCKET),
  ),
  { name: "dump-groups", minArgs: 1, maxArgs: 2, run: dumpGroups },
  { name: "dump-group-stats", minArgs: 1, maxArgs: 2, run: dumpStats },
  {
    name: "dump-group-features",
    minArgs: 1,
    maxArgs: 1,
    run: (context, [target]) => dump(context, target!, { type: "group_features_request" }),
  },
  { name: "parse-group", minArgs: 1, maxArgs: 1, run: parseText },
];
