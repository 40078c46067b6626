// SPDX-License-Identifier: Apache-2.0
import { OperatorError } from "../lib/errors.js";
import { type Json, type JsonObject, printSortedJson } from "../lib/json.js";

/**
 * An error of the database as RFC 7047 §3.1 <error> carries it: a tag from a short list, and
 * details for people. Tags and texts are those of the stock server, which clients match.
 */
export class OvsdbError extends OperatorError {
  constructor(
    /** "constraint violation", "syntax error", "timed out" … */
    readonly tag: string,
    readonly details?: string,
    /** The JSON text that is at fault. */
    readonly syntax?: string,
  ) {
    super(tag, details === undefined ? tag : `${tag}: ${details}`);
    this.name = "OvsdbError";
  }

  toJson(): JsonObject {
    return {
      ...(this.details === undefined ? {} : { details: this.details }),
      error: this.tag,
      ...(this.syntax === undefined ? {} : { syntax: this.syntax }),
    };
  }
}

/** A request that is not what the protocol or the schema asks for; `json` is the part at fault. */
export function syntaxError(
  json: Json | undefined,
  details: string,
  tag = "syntax error",
): OvsdbError {
  return new OvsdbError(tag, details, json === undefined ? undefined : printSortedJson(json));
}

/** A transaction that the schema or the data do not allow. */
export function constraintViolation(details: string): OvsdbError {
  return new OvsdbError("constraint violation", details);
}
