// SPDX-License-Identifier: Apache-2.0
import type { OfctlContext } from "./context.js";

/** One command of `pollux ofctl`. Adding a command is one entry of this shape in a table. */
export interface OfctlCommand {
  readonly name: string;
  readonly minArgs: number;
  /** Infinity: any number. */
  readonly maxArgs: number;
  /** Refused with --read-only. */
  readonly writes?: boolean;
  /** Resolves with the exit code; undefined is 0. */
  readonly run: (context: OfctlContext, args: readonly string[]) => Promise<number | undefined>;
}

/** For `run` of commands that end well or throw. */
export const DONE = undefined;
