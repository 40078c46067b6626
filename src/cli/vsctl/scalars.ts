// SPDX-License-Identifier: Apache-2.0
import type { CommandContext } from "./context.js";

/** Sorts by UTF-8 bytes, as the database does. */
export function sortText(texts: readonly string[]): string[] {
  return [...texts].sort((a, b) => Buffer.from(a).compare(Buffer.from(b)));
}

/** Sorted lines, as scripts expect lists of names. */
export function printSorted(context: CommandContext, names: readonly string[]): void {
  context.print(...sortText(names));
}

/** The leading integer of `text`, 0 when there is none; as atoi(3). */
export function leadingInteger(text: string): number {
  return Number.parseInt(text, 10) || 0;
}
