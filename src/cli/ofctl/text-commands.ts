// SPDX-License-Identifier: Apache-2.0
/** Commands that need no switch: what text becomes on the wire, and what bytes say. */

import { FLOW_TEXT, parseFlow, parseFlowFile } from "../../openflow/flow-text.js";
import { FLOW_COMMAND, type FlowMod } from "../../openflow/messages/flow-mod.js";
import { encodeMessage } from "../../openflow/messages/messages.js";
import { PROTOCOL } from "../../openflow/protocols.js";
import { CliError } from "../invocation.js";
import { DONE, type OfctlCommand } from "./command.js";
import type { OfctlContext } from "./context.js";
import { readFlows } from "./flow-commands.js";
import { forVersion, isNxm } from "./flow-format.js";
import { printMessage } from "./print/message.js";
import { describeFormats } from "./versions.js";

const VERSION_OF_PROTOCOL = new Map<number, number>([
  [PROTOCOL.OF10_STD, 1],
  [PROTOCOL.OF10_STD_TID, 1],
  [PROTOCOL.OF10_NXM, 1],
  [PROTOCOL.OF10_NXM_TID, 1],
  [PROTOCOL.OF13, 4],
]);

/** Prints flows as the messages that would add them in the first format that can. */
function printFlows(context: OfctlContext, flows: readonly FlowMod[], usable: number): undefined {
  const { stdout } = context.invocation;
  stdout(`usable protocols: ${describeFormats(usable)}\n`);
  const possible = usable & context.allowed;
  if (possible === 0) throw new CliError("no usable protocol");
  const [protocol, version] = [...VERSION_OF_PROTOCOL].find(([bit]) => bit & possible) ?? [];
  if (protocol === undefined || version === undefined) throw new CliError("no usable protocol");
  stdout(`chosen protocol: ${describeFormats(protocol)}\n`);
  const options = { verbosity: context.options.verbosity, ports: undefined };
  for (const flow of flows) {
    const message = forVersion({ ...flow, nx: isNxm(protocol) }, version);
    const messages = encodeMessage(message, version, context.xids.next());
    for (const bytes of messages) stdout(printMessage(bytes, options));
  }
  return DONE;
}

async function parseFlowText(context: OfctlContext, [text]: readonly string[]) {
  const { flow, usable } = parseFlow(text!, FLOW_COMMAND.ADD);
  return printFlows(context, [flow], usable);
}

async function parseFlowsFile(context: OfctlContext, [file]: readonly string[]) {
  const content = readFlows(context, file!);
  const { flows, usable } = parseFlowFile(file!, content, FLOW_TEXT.ANY_COMMAND);
  return printFlows(context, flows, usable);
}

/** `ofp-print HEX [VERBOSITY]`; HEX `-` reads lines of it from standard input. */
async function printHex(context: OfctlContext, [hex, verbosityText]: readonly string[]) {
  const verbosity = verbosityText === undefined ? 1 : Number.parseInt(verbosityText, 10) || 0;
  const lines = hex === "-" ? context.invocation.readStdin().split("\n") : [hex!];
  for (const line of lines) {
    const digits = line.replace(/\s+/g, "");
    if (digits === "") continue;
    if (!/^([0-9a-f]{2})*$/i.test(digits))
      throw new CliError("trailing garbage following hex bytes");
    const bytes = new Uint8Array(Buffer.from(digits, "hex"));
    context.invocation.stdout(printMessage(bytes, { verbosity, ports: undefined }));
  }
  return DONE;
}

export const TEXT_COMMANDS: readonly OfctlCommand[] = [
  { name: "parse-flow", minArgs: 1, maxArgs: 1, run: parseFlowText },
  { name: "parse-flows", minArgs: 1, maxArgs: 1, run: parseFlowsFile },
  { name: "ofp-print", minArgs: 1, maxArgs: 2, run: printHex },
];
