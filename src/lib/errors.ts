// SPDX-License-Identifier: Apache-2.0
import { errnoText } from "./errno.js";

/**
 * A failure that an operator or a peer caused or can repair: a bad argument, a missing file, a
 * refused connection. `message` is what the stock daemon would say; `code` is a short stable word
 * for programs ("EINVAL", "not-found", an errno name …). Never used for packets (those are
 * counted) nor for our own bugs (those are asserted).
 */
export class OperatorError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "OperatorError";
    this.code = code;
  }
}

/** A broken invariant of our own code. Stops the thread that finds it. */
export class AssertionError extends Error {
  constructor(message: string) {
    super(`assertion failed: ${message}`);
    this.name = "AssertionError";
  }
}

/** Throws AssertionError unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** The `code` of a Node system error ("ENOENT"), or undefined for anything else. */
export function errnoCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === "string" ? code : undefined;
}

/** The message that the C library has for a caught system error, else the error's own message. */
export function systemErrorText(error: unknown): string {
  const code = errnoCode(error);
  const text = code === undefined ? undefined : errnoText(code);
  if (text !== undefined) return text;
  return error instanceof Error ? error.message : String(error);
}

/** Turns a caught Node system error into an OperatorError, "what: No such file or directory". */
export function operatorErrorFrom(error: unknown, what: string): OperatorError {
  if (error instanceof OperatorError) return error;
  const text = `${what}: ${systemErrorText(error)}`;
  return new OperatorError(errnoCode(error) ?? "error", text, { cause: error });
}
