// SPDX-License-Identifier: Apache-2.0
/** Commands about the switch as a whole, and about the connection to it. */
import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { V13 } from "../../openflow/messages/codec.js";
import { decodeMessage, type OfMessage } from "../../openflow/messages/messages.js";
import { CliError } from "../invocation.js";
import { DONE, type OfctlCommand } from "./command.js";
import type { Connection } from "./connection.js";
import type { OfctlContext } from "./context.js";
import { printMessage } from "./print/message.js";
import { fragmentsFromText, fragmentsText } from "./print/switch.js";

const ECHO_BYTES_MAX = 65535 - 8;
const PING_BYTES = 64;
const PING_COUNT = 10;

/** Sends a request and prints its reply, or all parts of it. */
export async function dump(
  context: OfctlContext,
  target: string,
  request: OfMessage,
): Promise<undefined> {
  await context.with(target, async (connection) => {
    for await (const bytes of connection.transactMultipart(request)) {
      await context.print(target, bytes);
    }
  });
  return DONE;
}

/** Descriptions of ports have numbers and names anyway. */
function printWithoutNames({ invocation, options }: OfctlContext, bytes: Uint8Array): void {
  invocation.stdout(printMessage(bytes, { verbosity: options.verbosity + 1, ports: undefined }));
}

async function show(context: OfctlContext, [target]: readonly string[]): Promise<undefined> {
  await context.with(target!, async (connection) => {
    const features = await connection.transact({ type: "features_request" });
    printWithoutNames(context, features);
    if (connection.version < V13) return;
    for await (const bytes of connection.transactMultipart({ type: "port_desc_request" })) {
      printWithoutNames(context, bytes);
    }
  });
  return dump(context, target!, { type: "get_config_request" });
}

interface Config {
  readonly flags: number;
  readonly missSendLen: number;
}

async function fetchConfig(connection: Connection): Promise<Config> {
  const { message } = decodeMessage(await connection.transact({ type: "get_config_request" }));
  if (message.type !== "get_config_reply") {
    throw new CliError(`${connection.target}: bad reply to config request`);
  }
  return message;
}

async function getFragments(context: OfctlContext, [target]: readonly string[]) {
  const { flags } = await context.with(target!, fetchConfig);
  context.invocation.stdout(`${fragmentsText(flags)}\n`);
  return DONE;
}

async function setFragments(context: OfctlContext, [target, mode]: readonly string[]) {
  const wanted = fragmentsFromText(mode!);
  if (wanted === undefined) throw new CliError(`${mode}: unknown fragment handling mode`);
  await context.with(target!, async (connection) => {
    const { flags, missSendLen } = await fetchConfig(connection);
    if ((flags & 3) === wanted) return;
    const error = await connection.transactNoReply({
      type: "set_config",
      flags: (flags & ~3) | wanted,
      missSendLen,
    });
    if (error !== undefined) await context.fail(target!, error);
    if (((await fetchConfig(connection)).flags & 3) === wanted) return;
    throw new CliError(
      `${target}: setting fragment handling mode failed (this switch probably ` +
        `doesn't support mode "${mode}")`,
    );
  });
  return DONE;
}

async function dumpTableFeatures(context: OfctlContext, [target]: readonly string[]) {
  const request: OfMessage = { type: "table_features_request", command: 0, tables: [] };
  await context.with(target!, async (connection) => {
    if (connection.version < V13) {
      throw new CliError("dump-table-features needs OpenFlow 1.3 or later ('-O OpenFlow13')");
    }
    const tables = [];
    for await (const bytes of connection.transactMultipart(request)) {
      const { message } = decodeMessage(bytes);
      if (message.type !== "table_features_reply") return context.print(target!, bytes);
      tables.push(...message.tables);
    }
    const { tableFeaturesText } = await import("./print/tables.js");
    const reply = { type: "table_features_reply", tables } as const;
    context.invocation.stdout(tableFeaturesText(reply).slice(1));
  });
  return DONE;
}

async function probe(context: OfctlContext, [target]: readonly string[]) {
  await context.with(target!, (connection) =>
    connection.transact({ type: "echo_request", data: new Uint8Array(0) }),
  );
  return DONE;
}

function payloadSize(text: string): number {
  const size = Number.parseInt(text, 10);
  if (!(size >= 0 && size <= ECHO_BYTES_MAX)) {
    throw new CliError(`payload must be between 0 and ${ECHO_BYTES_MAX} bytes`);
  }
  return size;
}

async function ping(context: OfctlContext, [target, sizeText]: readonly string[]) {
  const size = sizeText === undefined ? PING_BYTES : payloadSize(sizeText);
  const { stdout } = context.invocation;
  await context.with(target!, async (connection) => {
    for (let i = 0; i < PING_COUNT; i++) {
      const data = new Uint8Array(randomBytes(size));
      const start = performance.now();
      const bytes = await connection.transact({ type: "echo_request", data });
      const ms = performance.now() - start;
      const { message, xid } = decodeMessage(bytes);
      if (message.type !== "echo_reply" || Buffer.compare(message.data, data) !== 0) {
        stdout("Reply does not match request.  Reply:\n");
        stdout(printMessage(bytes, await context.printOptions(target!)));
      }
      const id = xid.toString(16).padStart(8, "0");
      stdout(`${bytes.length - 8} bytes from ${target}: xid=${id} time=${ms.toFixed(1)} ms\n`);
    }
  });
  return DONE;
}

async function benchmark(context: OfctlContext, args: readonly string[]) {
  const [target, sizeText, countText] = args;
  const data = new Uint8Array(payloadSize(sizeText!));
  const bytes = data.length + 8;
  const count = Number.parseInt(countText!, 10) || 0;
  const { stdout } = context.invocation;
  stdout(
    `Sending ${count} packets * ${bytes} bytes (with header) = ${count * bytes} bytes total\n`,
  );
  await context.with(target!, async (connection) => {
    const start = performance.now();
    for (let i = 0; i < count; i++) await connection.transact({ type: "echo_request", data });
    const ms = performance.now() - start;
    const rate = (total: number): string => ((total * 1000) / ms).toFixed(0);
    stdout(
      `Finished in ${ms.toFixed(1)} ms (${rate(count)} packets/s) ` +
        `(${rate(count * bytes)} bytes/s)\n`,
    );
  });
  return DONE;
}

export const SWITCH_COMMANDS: readonly OfctlCommand[] = [
  { name: "show", minArgs: 1, maxArgs: 1, run: show },
  {
    name: "dump-desc",
    minArgs: 1,
    maxArgs: 1,
    run: (context, [target]) => dump(context, target!, { type: "desc_request" }),
  },
  {
    name: "dump-tables",
    minArgs: 1,
    maxArgs: 1,
    run: (context, [target]) => dump(context, target!, { type: "table_stats_request" }),
  },
  { name: "dump-table-features", minArgs: 1, maxArgs: 1, run: dumpTableFeatures },
  { name: "get-frags", minArgs: 1, maxArgs: 1, run: getFragments },
  { name: "set-frags", minArgs: 2, maxArgs: 2, writes: true, run: setFragments },
  { name: "probe", minArgs: 1, maxArgs: 1, run: probe },
  { name: "ping", minArgs: 1, maxArgs: 2, run: ping },
  { name: "benchmark", minArgs: 3, maxArgs: 3, run: benchmark },
];
