// SPDX-License-Identifier: Apache-2.0
/** Runs a subcommand in-process and keeps what it prints. */
import { CliError, type Invocation, TimeoutError } from "../../src/cli/invocation.js";
import type { RunResult } from "../harness/processes.js";

/** The status of a process that SIGALRM ended, as shells count it. */
export const ALARM_STATUS = 142;

export interface CaptureOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
}

export async function capture(
  main: (invocation: Invocation) => Promise<number>,
  program: string,
  args: readonly string[],
  options: CaptureOptions = {},
): Promise<RunResult> {
  let stdout = "";
  let stderr = "";
  const invocation: Invocation = {
    program,
    args,
    env: options.env ?? {},
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    readStdin: () => options.stdin ?? "",
    isTerminal: false,
  };
  try {
    const status = await main(invocation);
    return { status, stdout, stderr };
  } catch (error) {
    if (error instanceof TimeoutError) return { status: ALARM_STATUS, stdout, stderr };
    if (!(error instanceof CliError)) throw error;
    if (error.message !== "") stderr += `${program}: ${error.message}\n`;
    return { status: error.exitCode, stdout, stderr };
  }
}
