// SPDX-License-Identifier: Apache-2.0
import { checkActions } from "../../openflow/actions-check.js";
import { type Names, parseActions } from "../../openflow/actions-text.js";
import { OfpError } from "../../openflow/errors.js";
import { emptyMatch } from "../../openflow/match.js";
import type { PacketOutMessage } from "../../openflow/messages/packet-out.js";
import { NO_BUFFER } from "../../openflow/messages/port-number.js";
import { OFPP } from "../../openflow/ofp-actions.js";
import { PROTOCOLS } from "../../openflow/protocols.js";
import { nextKeyValue } from "../../openflow/text/key-value.js";
import { portFromText } from "../../openflow/text/ports.js";
import { CliError } from "../invocation.js";
import { DONE, type OfctlCommand } from "./command.js";
import type { OfctlContext } from "./context.js";
import { chooseForFlows } from "./flow-format.js";

const ETHERNET_HEADER = 14;

function parsePacket(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new CliError("Trailing garbage in packet data");
  const packet = new Uint8Array(Buffer.from(digits, "hex"));
  if (packet.length < ETHERNET_HEADER) {
    throw new CliError("Packet data too short for Ethernet");
  }
  return packet;
}

function parsePort(text: string, names: Names): number {
  const port = portFromText(text, names.ports);
  if (port === null) throw new CliError(`${text} is not a valid OpenFlow port`);
  return port;
}

function parseActionList(text: string, names: Names) {
  const parsed = parseActions(text, names);
  try {
    checkActions(parsed.actions, emptyMatch());
  } catch (error) {
    if (!(error instanceof OfpError)) throw error;
    throw new CliError(`actions are invalid with specified match (${error.code})`);
  }
  return parsed;
}

/** A packet-out, and the flow formats that can carry its actions. */
interface Parsed {
  readonly message: PacketOutMessage;
  readonly usable: number;
}

function makeMessage(inPort: number, actions: string, packet: string, names: Names): Parsed {
  const parsed = parseActionList(actions, names);
  const data = parsePacket(packet);
  const message: PacketOutMessage = {
    type: "packet_out",
    bufferId: NO_BUFFER,
    inPort,
    actions: parsed.actions,
    data,
  };
  return { message, usable: parsed.usable };
}

/** `in_port=…,packet=…,actions=…` */
function parsePacketOut(text: string, names: Names): Parsed {
  const at = /(^|[\s,])actions?\s*=/.exec(text);
  const actions = at === null ? "" : text.slice(at.index + at[0].length);
  let inPort: number = OFPP.CONTROLLER;
  let packet = "";
  let rest = text.slice(0, at?.index);
  for (let kv = nextKeyValue(rest); kv !== null; kv = nextKeyValue(rest)) {
    rest = kv.rest;
    if (kv.value === "") throw new CliError(`field ${kv.key} missing value`);
    if (kv.key === "in_port") inPort = parsePort(kv.value, names);
    else if (kv.key === "packet") packet = kv.value;
    else throw new CliError(`unknown keyword ${kv.key}`);
  }
  if (packet === "") throw new CliError("must specify packet");
  return makeMessage(inPort, actions, packet, names);
}

/** The port that stands before the actions. */
function portArgument(target: string, text: string, names: Names): number {
  const port = portFromText(text, names.ports);
  if (port === null) throw new CliError(`${target}: unknown port \`${text}'`);
  return port;
}

async function packetOut(context: OfctlContext, args: readonly string[]) {
  const [target, first, actions, ...packets] = args;
  const names = await context.acceptedNames(target!);
  const messages =
    actions === undefined
      ? [parsePacketOut(first!, names)]
      : packets.map((packet) =>
          makeMessage(portArgument(target!, first!, names), actions, packet, names),
        );
  const usable = messages.reduce<number>((bits, each) => bits & each.usable, PROTOCOLS.ANY);
  await context.with(target!, async (connection) => {
    await chooseForFlows(context, connection, usable);
    for (const { message } of messages) {
      const error = await connection.transactNoReply(message);
      if (error !== undefined) await context.fail(target!, error);
    }
  });
  return DONE;
}

export const PACKET_OUT: OfctlCommand = {
  name: "packet-out",
  minArgs: 2,
  maxArgs: Number.POSITIVE_INFINITY,
  writes: true,
  run: packetOut,
};
