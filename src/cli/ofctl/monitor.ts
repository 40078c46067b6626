// SPDX-License-Identifier: Apache-2.0

import { V10 } from "../../openflow/messages/codec.js";
import { decodeMessage, type OfMessage } from "../../openflow/messages/messages.js";
import { PACKET_IN_FORMAT } from "../../openflow/messages/nicira-settings.js";
import { CliError } from "../invocation.js";
import { DONE, type OfctlCommand } from "./command.js";
import { Connection, resolveTarget } from "./connection.js";
import type { OfctlContext } from "./context.js";
import { printMessage } from "./print/message.js";

const INVALID_TTL = 4;
/** Packets are shown with their headers. */
const EXTRA_VERBOSITY = 2;

/** Chooses how the switch sends packets: as asked for, or in the most detailed way it knows. */
async function choosePacketIn(context: OfctlContext, connection: Connection): Promise<void> {
  const { packetInFormat } = context.options;
  const set = (format: number): OfMessage => ({ type: "set_packet_in_format", format });
  if (packetInFormat >= 0) {
    if (packetInFormat === PACKET_IN_FORMAT.STANDARD && connection.version !== V10) return;
    const error = await connection.transactNoReply(set(packetInFormat));
    if (error === undefined) return;
    throw new CliError(`${connection.target}: packet in format ${packetInFormat} is not supported`);
  }
  const formats: number[] = [PACKET_IN_FORMAT.NXT_PACKET_IN2];
  if (connection.version === V10) formats.push(PACKET_IN_FORMAT.NXT_PACKET_IN);
  for (const format of formats) {
    if ((await connection.transactNoReply(set(format))) === undefined) return;
  }
}

async function configure(connection: Connection, words: readonly string[]): Promise<OfMessage[]> {
  const requests: OfMessage[] = [];
  let missSendLen: number | undefined;
  let flags = 0;
  for (const word of words) {
    if (/^\d+$/.test(word)) missSendLen = Number(word);
    else if (word === "invalid_ttl") flags |= INVALID_TTL;
    else if (word.startsWith("watch:"))
      throw new CliError("watch: flow monitors are not supported");
    else throw new CliError(`${word}: unsupported "monitor" argument`);
  }
  if (missSendLen === undefined && flags === 0) return requests;
  const { message } = decodeMessage(await connection.transact({ type: "get_config_request" }));
  if (message.type === "get_config_reply") {
    const length = missSendLen ?? message.missSendLen;
    requests.push({ type: "set_config", flags: message.flags | flags, missSendLen: length });
  }
  return requests;
}

function timestamp(): string {
  const now = new Date();
  const two = (value: number): string => String(value).padStart(2, "0");
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
  return `${date} ${time}.${String(now.getMilliseconds()).padStart(3, "0")}: `;
}

/** Prints what arrives until the peer closes; answers its echo requests if `answer`. */
async function printAll(
  context: OfctlContext,
  connection: Connection,
  answer: boolean,
): Promise<never> {
  const { target } = connection;
  const options = await context.printOptions(target);
  const verbosity = context.options.verbosity + EXTRA_VERBOSITY;
  for (;;) {
    const bytes = await connection.receiveOrEnd();
    if (bytes === undefined) throw new CliError("vconn_recv (End of file)");
    if (context.options.timestamps) context.invocation.stderr(timestamp());
    context.invocation.stderr(printMessage(bytes, { ...options, verbosity }));
    if (answer) answerEcho(connection, bytes);
  }
}

function answerEcho(connection: Connection, bytes: Uint8Array): void {
  const ECHO_REQUEST = 2;
  const ECHO_REPLY = 3;
  if (bytes[1] !== ECHO_REQUEST) return;
  connection.sendBytes(bytes.with(1, ECHO_REPLY));
}

async function monitor(context: OfctlContext, [target, ...words]: readonly string[]) {
  await context.with(target!, async (connection) => {
    for (const request of await configure(connection, words)) {
      const error = await connection.transactNoReply(request);
      if (error !== undefined) await context.fail(target!, error);
    }
    await choosePacketIn(context, connection);
    return printAll(context, connection, true);
  });
  return DONE;
}

async function snoop(context: OfctlContext, [target]: readonly string[]) {
  const method = resolveTarget(target!, context.settings.runDirectory, "snoop");
  const connection = await Connection.listen(target!, method, context.settings, context.xids);
  try {
    await printAll(context, connection, false);
  } finally {
    connection.close();
  }
  return DONE;
}

export const MONITOR_COMMANDS: readonly OfctlCommand[] = [
  { name: "monitor", minArgs: 1, maxArgs: 3, run: monitor },
  { name: "snoop", minArgs: 1, maxArgs: 1, run: snoop },
];
