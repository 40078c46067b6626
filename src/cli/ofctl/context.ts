// SPDX-License-Identifier: Apache-2.0

import type { TlsFiles } from "../../net/tls-files.js";
import type { Names } from "../../openflow/actions-text.js";
import { V13 } from "../../openflow/messages/codec.js";
import { decodeMessage } from "../../openflow/messages/messages.js";
import type { PortDesc } from "../../openflow/messages/port-desc.js";
import type { PortNames } from "../../openflow/text/ports.js";
import { runDirectory } from "../directories.js";
import { CliError, type Invocation } from "../invocation.js";
import { type Bytes, Connection, type ConnectionSettings, XidCounter } from "./connection.js";
import { printMessage } from "./print/message.js";
import type { PrintOptions } from "./print/options.js";
import { protocolsOfVersion } from "./versions.js";

export interface SortCriterion {
  /** Name of a field; undefined sorts by priority. */
  readonly field: string | undefined;
  readonly descending: boolean;
}

/** The options of ovs-ofctl(8) that commands look at. */
export interface OfctlOptions {
  readonly versions: readonly number[];
  /** PROTOCOL bits that `-F` allows. */
  readonly formats: number;
  readonly tls: TlsFiles | undefined;
  readonly strict: boolean;
  /** `mod-group` adds what is not there. */
  readonly mayCreate: boolean;
  readonly verbosity: number;
  /** undefined: names on a terminal, else numbers; both are understood. */
  readonly names: boolean | undefined;
  readonly stats: boolean;
  readonly sort: readonly SortCriterion[];
  readonly readd: boolean;
  readonly timestamps: boolean;
  /** -1: the best one that the switch knows. */
  readonly packetInFormat: number;
}

class NameTable implements PortNames {
  readonly #numbers = new Map<string, number>();
  readonly #names = new Map<number, string>();

  add(name: string, number: number): void {
    if (name === "") return;
    this.#numbers.set(name, number);
    this.#names.set(number, name);
  }

  numberOf(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  nameOf(number: number): string | undefined {
    return this.#names.get(number);
  }
}

/** What one run of `pollux ofctl` shares between its command and helpers. */
export class OfctlContext {
  readonly xids = new XidCounter();
  readonly #settings: ConnectionSettings;
  readonly #ports = new Map<string, PortNames>();
  readonly #tables = new Map<string, PortNames>();

  constructor(
    readonly invocation: Invocation,
    readonly options: OfctlOptions,
  ) {
    this.#settings = {
      runDirectory: runDirectory(invocation.env),
      versions: options.versions,
      tls: options.tls,
    };
  }

  get settings(): ConnectionSettings {
    return this.#settings;
  }

  /** PROTOCOL bits that `-O` and `-F` together allow. */
  get allowed(): number {
    const spoken = this.options.versions.reduce((bits, v) => bits | protocolsOfVersion(v), 0);
    return spoken & this.options.formats;
  }

  get showsNames(): boolean {
    return this.options.names ?? this.invocation.isTerminal;
  }

  open(target: string): Promise<Connection> {
    return Connection.open(target, this.#settings, this.xids);
  }

  /** Runs `work` on a connection to `target` and closes it. */
  async with<T>(target: string, work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.open(target);
    try {
      return await work(connection);
    } finally {
      connection.close();
    }
  }

  /** The switch's ports, as it describes them. */
  fetchPorts(target: string): Promise<PortDesc[]> {
    return this.with(target, async (connection) => {
      if (connection.version < V13) {
        const reply = decodeMessage(await connection.transact({ type: "features_request" }));
        if (reply.message.type === "features_reply") return reply.message.ports;
        throw new CliError(`${target}: received bad features reply`);
      }
      const ports: PortDesc[] = [];
      for await (const bytes of connection.transactMultipart({ type: "port_desc_request" })) {
        const { message } = decodeMessage(bytes);
        if (message.type === "port_desc_reply") ports.push(...message.ports);
      }
      return ports;
    });
  }

  async #portNames(target: string): Promise<PortNames> {
    const known = this.#ports.get(target);
    if (known !== undefined) return known;
    const table = new NameTable();
    for (const port of await this.fetchPorts(target)) table.add(port.name, port.ofpPort);
    this.#ports.set(target, table);
    return table;
  }

  async #tableNames(target: string): Promise<PortNames> {
    const known = this.#tables.get(target);
    if (known !== undefined) return known;
    const table = new NameTable();
    await this.with(target, async (connection) => {
      const is10 = connection.version < V13;
      const request = is10
        ? ({ type: "table_stats_request" } as const)
        : ({ type: "table_features_request", command: 0, tables: [] } as const);
      for await (const bytes of connection.transactMultipart(request)) {
        const { message } = decodeMessage(bytes);
        if (message.type !== "table_stats_reply" && message.type !== "table_features_reply") return;
        for (const { name, tableId } of message.tables) table.add(name, tableId);
      }
    });
    this.#tables.set(target, table);
    return table;
  }

  /** Names of ports and tables that flows in text may use. */
  async acceptedNames(target: string): Promise<Names> {
    if (this.options.names === false) return {};
    return { ports: await this.#portNames(target), tables: await this.#tableNames(target) };
  }

  /** Port names that a single argument may use; fetched only now. */
  async acceptedPorts(target: string): Promise<PortNames | undefined> {
    return this.options.names === false ? undefined : this.#portNames(target);
  }

  async #printOptions(target: string): Promise<PrintOptions> {
    const ports = this.showsNames ? await this.#portNames(target) : undefined;
    return { verbosity: this.options.verbosity + 1, ports };
  }

  /** How to print what `target` sends. */
  printOptions(target: string): Promise<PrintOptions> {
    return this.#printOptions(target);
  }

  /** Prints a message of `target` on standard output. */
  async print(target: string, bytes: Bytes): Promise<void> {
    this.invocation.stdout(printMessage(bytes, await this.#printOptions(target)));
  }

  /** Prints the error that `target` answered with, and ends the program. */
  async fail(target: string, bytes: Bytes): Promise<never> {
    this.invocation.stderr(printMessage(bytes, await this.#printOptions(target)));
    throw new CliError("");
  }
}
