// SPDX-License-Identifier: Apache-2.0
/**
 * What a subcommand gets from, and gives back to, the process that runs it. Subcommands never
 * touch `process` themselves, so that tests run them in-process.
 */

import type { Terminal } from "./terminal.js";

/** One run of a subcommand. */
export interface Invocation {
  /** Prefix of messages, e.g. `pollux vsctl`; what the stock tools take from argv[0]. */
  readonly program: string;
  /** Arguments after the subcommand's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Everything on standard input, for `add-flows -` and its kin. */
  readStdin(): string;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Takes the terminal for a full-screen view; absent: input or output is none. */
  readonly openTerminal?: () => Terminal;
}

/** Ends the subcommand: `message`, when not empty, goes to standard error after the prefix. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
    this.name = "CliError";
  }
}

/** `--timeout` ran out: the process ends by SIGALRM, as scripts around the stock tools expect. */
export class TimeoutError extends Error {
  constructor() {
    super("terminating with signal 14 (Alarm clock)");
    this.name = "TimeoutError";
  }
}

/** Runs `work` and settles with it, or rejects with TimeoutError after `seconds` (0: never). */
export async function withTimeout<T>(seconds: number, work: Promise<T>): Promise<T> {
  if (seconds <= 0) return work;
  let timer: NodeJS.Timeout | undefined;
  const alarm = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError()), Math.min(seconds * 1000, 0x7fffffff));
  });
  try {
    return await Promise.race([work, alarm]);
  } finally {
    clearTimeout(timer);
  }
}
