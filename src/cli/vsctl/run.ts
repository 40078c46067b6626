// SPDX-License-Identifier: Apache-2.0
import { vlog } from "../../lib/log.js";
import { logDirectory } from "../directories.js";
import { CliError, type Invocation } from "../invocation.js";
import { printTable, type Table, type TableStyle } from "../table/table.js";
import type { CommandLine } from "./command.js";
import { type CommitResult, commit } from "./commit.js";
import { CommandContext } from "./context.js";
import { Interest } from "./interest.js";
import { numberOf, textOf } from "./row-values.js";
import { DatabaseSession, type SessionOptions } from "./session.js";
import { escapeArguments } from "./shell-words.js";
import { Transaction } from "./transaction.js";

export interface RunOptions extends SessionOptions {
  readonly style: TableStyle;
  readonly oneline: boolean;
  readonly dryRun: boolean;
  /** Wait until the switch has applied the change. */
  readonly waitForSwitch: boolean;
}

interface CommandResult {
  readonly text: string;
  readonly table: Table | undefined;
}

const log = vlog("vsctl");
const ROOT = "Open_vSwitch";

/** One invocation: all its commands in one transaction, tried again while others interfere. */
class Run {
  readonly #session: DatabaseSession;
  readonly #comment: string;

  constructor(
    private readonly invocation: Invocation,
    private readonly commands: readonly CommandLine[],
    private readonly options: RunOptions,
  ) {
    this.#session = new DatabaseSession(options, this.#interest());
    this.#comment = `${invocation.program}: ${escapeArguments(invocation.args)}`;
  }

  #interest(): Interest {
    const interest = new Interest();
    interest.add(ROOT, ...(this.options.waitForSwitch ? ["cur_cfg"] : []));
    for (const command of this.commands) command.syntax.prepare?.(command, interest);
    return interest;
  }

  async run(): Promise<void> {
    await this.#session.open();
    try {
      for (;;) {
        const { version } = this.#session.replica;
        if (await this.#attempt()) return;
        await this.#session.changedSince(version);
      }
    } finally {
      this.#session.close();
    }
  }

  #makeContext(): CommandContext {
    const txn = new Transaction(this.#session.replica);
    const root = txn.rows(ROOT)[0] ?? txn.insert(ROOT);
    return new CommandContext(txn, root, (text) => log.warn(text));
  }

  /** False when the commands must run again after the database has changed. */
  async #attempt(): Promise<boolean> {
    const context = this.#makeContext();
    const results: CommandResult[] = [];
    for (const command of this.commands) {
      context.output = "";
      context.table = undefined;
      command.syntax.run?.(context, command);
      if (context.mustWait) return false;
      results.push({ text: context.output, table: context.table });
    }
    for (const warning of context.symbols.check()) log.warn(warning);
    const result = await commit(this.#session, context.txn, {
      counter: this.options.waitForSwitch ? { row: context.root, column: "next_cfg" } : undefined,
      comment: this.#comment,
      dryRun: this.options.dryRun,
    });
    if (result.status === "try-again") return false;
    this.#print(this.#finish(context, results, result));
    if (result.status === "success" && this.options.waitForSwitch && !this.options.dryRun) {
      await this.#waitForSwitch(result.counter ?? 0);
      this.#checkInterfaces(context, result.permanent);
    }
    return true;
  }

  #finish(
    context: CommandContext,
    results: readonly CommandResult[],
    commit: CommitResult,
  ): CommandResult[] {
    if (commit.status === "success") {
      for (const [provisional, uuid] of commit.permanent) context.permanent.set(provisional, uuid);
    }
    return this.commands.map((command, i) => {
      const result = results[i]!;
      if (command.syntax.finish === undefined) return result;
      context.output = result.text;
      command.syntax.finish(context, command);
      return { ...result, text: context.output };
    });
  }

  #print(results: readonly CommandResult[]): void {
    let tables = 0;
    for (const { text, table } of results) {
      if (table !== undefined) {
        this.invocation.stdout(printTable(table, this.options.style, tables++));
      } else if (this.options.oneline) {
        const line = text.replace(/\n$/, "").replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
        this.invocation.stdout(`${line}\n`);
      } else if (text !== "") {
        this.invocation.stdout(text);
      }
    }
  }

  async #waitForSwitch(target: number): Promise<void> {
    // Otherwise a database that restarts meanwhile would leave us waiting for nothing.
    this.#session.enableReconnect();
    for (;;) {
      const { replica } = this.#session;
      const rows = new Transaction(replica).rows(ROOT);
      if (rows.some((row) => (numberOf(row, "cur_cfg") ?? 0) >= target)) return;
      await this.#session.changedSince(replica.version);
    }
  }

  /** Says which new interfaces the switch could not open. */
  #checkInterfaces(context: CommandContext, permanent: ReadonlyMap<string, string>): void {
    const { program, stderr, env } = this.invocation;
    const txn = new Transaction(this.#session.replica);
    let failed = false;
    for (const { uuid } of context.newInterfaces) {
      const row = txn.row("Interface", permanent.get(uuid) ?? uuid);
      if (row === undefined || (numberOf(row, "ofport") ?? -1) !== -1) continue;
      const error = textOf(row, "error");
      const reason = error === undefined ? "" : `: ${error}`;
      stderr(
        `${program}: Error detected while setting up '${textOf(row, "name")}'${reason}.  ` +
          "See ovs-vswitchd log for details.\n",
      );
      failed = true;
    }
    if (failed) stderr(`${program}: The default log directory is "${logDirectory(env)}".\n`);
  }
}

/** Runs `commands` as one transaction. Throws CliError. */
export async function runCommands(
  invocation: Invocation,
  commands: readonly CommandLine[],
  options: RunOptions,
): Promise<void> {
  if (commands.length === 0) throw new CliError("missing command name (use --help for help)");
  await new Run(invocation, commands, options).run();
}
