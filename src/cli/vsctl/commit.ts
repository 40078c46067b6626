// SPDX-License-Identifier: Apache-2.0
import { isJsonObject, type Json, type JsonObject, printSortedJson } from "../../lib/json.js";
import { CliError } from "../invocation.js";
import type { DatabaseSession } from "./session.js";
import type { Counter, Operations, Transaction } from "./transaction.js";

export type CommitResult =
  | { readonly status: "unchanged" | "try-again" }
  | {
      readonly status: "success";
      /** Provisional → permanent UUID of inserted rows. */
      readonly permanent: Map<string, string>;
      /** The counter after it was incremented. */
      readonly counter: number | undefined;
    };

export interface CommitOptions {
  readonly counter: Counter | undefined;
  readonly comment: string;
  readonly dryRun: boolean;
}

/** The error of a reply that makes the whole transaction fail; "try-again" if it may yet work. */
function checkErrors(results: readonly Json[]): "ok" | "try-again" {
  let verdict: "ok" | "try-again" = "ok";
  for (const result of results) {
    if (!isJsonObject(result) || result.error === undefined || result.error === null) continue;
    // "aborted" is what a dry run asked for.
    if (result.error === "aborted") continue;
    if (result.error !== "timed out") {
      throw new CliError(`transaction error: ${printSortedJson(result)}`);
    }
    verdict = "try-again";
  }
  return verdict;
}

function readCounter({ counterIndex }: Operations, results: readonly Json[]): number | undefined {
  if (counterIndex === undefined) return undefined;
  const rows = (results[counterIndex] as JsonObject | undefined)?.rows;
  const row = Array.isArray(rows) ? (rows[0] as JsonObject) : undefined;
  return row === undefined ? undefined : Number(Object.values(row)[0]);
}

function readUuids({ inserts }: Operations, results: readonly Json[]): Map<string, string> {
  const permanent = new Map<string, string>();
  for (const [index, provisional] of inserts) {
    const uuid = (results[index] as JsonObject | undefined)?.uuid;
    if (Array.isArray(uuid)) permanent.set(provisional, uuid[1] as string);
  }
  return permanent;
}

/** Sends what `txn` changes. Throws CliError when the database refuses it. */
export async function commit(
  session: DatabaseSession,
  txn: Transaction,
  { counter, comment, dryRun }: CommitOptions,
): Promise<CommitResult> {
  const operations = txn.operations(counter);
  if (operations === undefined) return { status: "unchanged" };
  const all: JsonObject[] = [...operations.operations, { op: "comment", comment }];
  if (dryRun) all.push({ op: "abort" });
  const results = await session.transact(all);
  if (results === undefined || checkErrors(results) === "try-again") {
    return { status: "try-again" };
  }
  return {
    status: "success",
    permanent: readUuids(operations, results),
    counter: readCounter(operations, results),
  };
}
