// SPDX-License-Identifier: Apache-2.0
/** The control socket ("unixctl"): JSON-RPC requests whose parameters and results are strings. */
import { OperatorError } from "../lib/errors.js";
import { EventCounter } from "../lib/events.js";
import type { Json } from "../lib/json.js";
import { vlog } from "../lib/log.js";
import { type JsonRpcRequest, JsonRpcSession } from "../net/jsonrpc.js";
import { type Listener, listenStreams } from "../net/listen.js";
import type { CommandReply } from "./command.js";
import type { CommandRegistry } from "./registry.js";

const log = vlog("unixctl");
const received = new EventCounter("unixctl_received");
const replied = new EventCounter("unixctl_replied");

type OutputFormat = "text" | "json";

/** What a connection asked for with `set-options`. */
interface ConnectionState {
  format: OutputFormat;
}

function withNewline(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** A reply in the form that the connection wants. A line about what was done is a notice; longer
 * text that has no value of its own is wrapped, as Open vSwitch 3.4 does. */
function encodeReply(reply: CommandReply, format: OutputFormat): Json {
  if (typeof reply !== "string") {
    const { text, json } = reply;
    if (format === "json") return typeof json === "function" ? json() : json;
    return withNewline(typeof text === "function" ? text() : text);
  }
  if (format === "text") return withNewline(reply);
  const message = reply.replace(/\n$/, "");
  if (message.includes("\n")) return { "reply-format": "plain", reply: withNewline(reply) };
  return message === "" ? {} : { message };
}

/** `set-options --format json|text`, which newer tools send first. Returns an error text. */
function setOptions(params: readonly Json[], state: ConnectionState): string | undefined {
  const words = params.flatMap((param) => String(param).split("="));
  for (let i = 0; i < words.length; i += 2) {
    if (words[i] !== "--format") return `${words[i]}: unknown option`;
    const value = words[i + 1];
    if (value !== "json" && value !== "text") return `option format has invalid value ${value}`;
    state.format = value;
  }
  return undefined;
}

export class ControlServer {
  readonly #sessions = new Set<JsonRpcSession>();
  #listener: Listener | undefined;

  constructor(readonly registry: CommandRegistry) {}

  /** Listens on the socket file `path`. Rejects with OperatorError. */
  async listen(path: string): Promise<void> {
    this.#listener = await listenStreams(`punix:${path}`, (stream) =>
      this.#accept(new JsonRpcSession(stream)),
    );
  }

  #accept(session: JsonRpcSession): void {
    const state: ConnectionState = { format: "text" };
    this.#sessions.add(session);
    session.on("close", () => this.#sessions.delete(session));
    session.on("request", (request) => void this.#serve(request, state));
  }

  async #serve(request: JsonRpcRequest, state: ConnectionState): Promise<void> {
    received.count++;
    await this.#answer(request, state);
    replied.count++;
  }

  async #answer(request: JsonRpcRequest, state: ConnectionState): Promise<void> {
    const { method, params } = request;
    if (method === "set-options") {
      const error = setOptions(params, state);
      if (error === undefined) request.reply("");
      else request.fail(withNewline(error));
      return;
    }
    log.dbg(() => `received request ${method}${JSON.stringify(params)}`);
    try {
      request.reply(encodeReply(await this.registry.run(method, params), state.format));
    } catch (error) {
      if (error instanceof OperatorError) {
        request.fail(withNewline(error.message));
        return;
      }
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      log.err(`${method}: ${text}`);
      request.fail(`${method}: internal error, see the log: ${String(error)}\n`);
    }
  }

  /** Stops listening and lets the replies on their way leave. */
  close(): void {
    this.#listener?.close();
    for (const session of this.#sessions) session.end();
  }
}
