#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { CliError, type Invocation, TimeoutError } from "./invocation.js";

/** A subcommand: loaded only when it is used, because start-up time is most of a command's time. */
type Loader = () => Promise<(invocation: Invocation) => Promise<number>>;

const SUBCOMMANDS: Readonly<Record<string, Loader>> = {
  appctl: async () => (await import("./appctl/main.js")).appctlMain,
  switchd: async () => (await import("../main.js")).switchdCommand,
  ofctl: async () => (await import("./ofctl/main.js")).ofctlMain,
  vsctl: async () => (await import("./vsctl/main.js")).vsctlMain,
};

function makeInvocation(program: string, args: readonly string[]): Invocation {
  return {
    program,
    args,
    env: process.env,
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    readStdin: () => readFileSync(0, "utf8"),
    isTerminal: process.stdout.isTTY === true,
  };
}

async function run(load: Loader, invocation: Invocation): Promise<void> {
  try {
    const main = await load();
    process.exitCode = await main(invocation);
  } catch (error) {
    if (error instanceof TimeoutError) {
      process.stderr.write(`${invocation.program}: ${error.message}\n`);
      process.kill(process.pid, "SIGALRM");
      return;
    }
    if (!(error instanceof CliError)) throw error;
    if (error.message !== "") process.stderr.write(`${invocation.program}: ${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}

async function main(): Promise<void> {
  // A reader such as head(1) that leaves early is no failure of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
  const name = basename(process.argv[1] ?? "pollux", ".js");
  // Linked under the name of a stock tool, the program is that tool.
  const alias = /^ovs-(\w+)$/.exec(name)?.[1];
  const [subcommand, ...rest] =
    alias === undefined ? process.argv.slice(2) : [alias, ...process.argv.slice(2)];
  const load = subcommand === undefined ? undefined : SUBCOMMANDS[subcommand];
  if (load !== undefined) {
    const program = alias === undefined ? `pollux ${subcommand}` : name;
    await run(load, makeInvocation(program, rest));
    return;
  }
}

await main();
