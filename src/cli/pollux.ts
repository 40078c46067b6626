#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { CliError, type Invocation, TimeoutError } from "./invocation.js";
import { openTerminal } from "./terminal.js";
import { COMPATIBLE_VERSION } from "./version.js";

interface Subcommand {
  readonly description: string;
  /** Loads it only when it is used: start-up time is most of a command's time. */
  readonly load: () => Promise<(invocation: Invocation) => Promise<number>>;
}

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  switchd: {
    description: "run the switch",
    load: async () => (await import("../main.js")).switchdCommand,
  },
  vsctl: {
    description: "configure it: bridges, ports, interfaces, the database",
    load: async () => (await import("./vsctl/main.js")).vsctlMain,
  },
  ofctl: {
    description: "program it: flows, ports, statistics over OpenFlow",
    load: async () => (await import("./ofctl/main.js")).ofctlMain,
  },
  appctl: {
    description: "look inside it, and control the running daemon",
    load: async () => (await import("./appctl/main.js")).appctlMain,
  },
  doctor: {
    description: "say what is wrong with the switch or its host, and what to do",
    load: async () => (await import("./doctor/main.js")).doctorMain,
  },
  top: {
    description: "watch threads, queues, caches and losses, live and an hour back",
    load: async () => (await import("./top/main.js")).topMain,
  },
  rxq: {
    description: "receive queues and cores: show, plan, apply, undo",
    load: async () => (await import("./rxq/main.js")).rxqMain,
  },
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
    ...(process.stdin.isTTY && process.stdout.isTTY
      ? { openTerminal: () => openTerminal(process.stdin, process.stdout) }
      : {}),
  };
}

async function run({ load }: Subcommand, invocation: Invocation): Promise<void> {
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
  const invoked = basename(process.argv[1] ?? "pollux", ".js");
  // Linked under the name of a stock tool, the program is that tool.
  const alias = /^ovs-(vsctl|ofctl|appctl)$/.exec(invoked)?.[1];
  const words = [...(alias === undefined ? [] : [alias]), ...process.argv.slice(2)];
  // `pollux help vsctl` is `pollux vsctl --help`.
  if (words[0] === "help") words.splice(0, 2, ...(words[1] ? [words[1]] : []), "--help");
  const [name = "", ...args] = words;
  const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  if (subcommand !== undefined) {
    const program = alias === undefined ? `pollux ${name}` : invoked;
    await run(subcommand, makeInvocation(program, args));
    return;
  }
  const { topLevelMain } = await import("./top-level.js");
  const descriptions = Object.entries(SUBCOMMANDS).map(
    ([each, { description }]) => [each, description] as const,
  );
  const version = `pollux 0.1.0 (compatible with Open vSwitch ${COMPATIBLE_VERSION})`;
  await topLevelMain(words, Object.fromEntries(descriptions), version);
}

await main();
