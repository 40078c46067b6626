// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { CliError } from "../invocation.js";

/** An `@name` of the command line: a row that one command creates and others refer to. */
interface RowSymbol {
  uuid: string;
  created: boolean;
  strongReference: boolean;
  weakReference: boolean;
}

/** All `@name`s of one run of a command line. */
export class SymbolTable {
  readonly #symbols = new Map<string, RowSymbol>();

  #get(name: string): RowSymbol {
    let symbol = this.#symbols.get(name);
    if (symbol === undefined) {
      symbol = {
        uuid: randomUUID(),
        created: false,
        strongReference: false,
        weakReference: false,
      };
      this.#symbols.set(name, symbol);
    }
    return symbol;
  }

  /** The UUID of the row that `name` stands for, for use as a value. */
  refer(name: string, strength: "strong" | "weak" | undefined): string {
    const symbol = this.#get(name);
    if (strength === "strong") symbol.strongReference = true;
    if (strength === "weak") symbol.weakReference = true;
    return symbol.uuid;
  }

  #define(name: string): RowSymbol {
    if (!name.startsWith("@")) throw new CliError(`row id "${name}" does not begin with "@"`);
    const symbol = this.#get(name);
    if (symbol.created) {
      throw new CliError(`row id "${name}" may only be specified on one --id option`);
    }
    symbol.created = true;
    return symbol;
  }

  /** `create --id=name`: the UUID to give the new row. */
  create(name: string, isRoot: boolean): string {
    const symbol = this.#define(name);
    // Rows of a root table stay without references, so nothing is to be warned about.
    if (isRoot) symbol.strongReference = true;
    return symbol.uuid;
  }

  /** `get --id=name`: makes `name` stand for a row that exists. */
  bind(name: string, uuid: string): void {
    const isNew = !this.#symbols.has(name);
    const symbol = this.#define(name);
    if (!isNew) {
      throw new CliError(
        `row id "${name}" specified on "get" command was used before it was defined`,
      );
    }
    symbol.uuid = uuid;
    symbol.strongReference = true;
  }

  /** Throws CliError for a name that no command created; returns warnings about useless rows. */
  check(): string[] {
    const warnings: string[] = [];
    for (const [name, symbol] of this.#symbols) {
      if (!symbol.created) {
        throw new CliError(
          `row id "${name}" is referenced but never created ` +
            `(e.g. with "-- --id=${name} create ...")`,
        );
      }
      if (symbol.strongReference) continue;
      const why = symbol.weakReference
        ? "created but only a weak reference to it was inserted"
        : "created but no reference to it was inserted";
      warnings.push(`row id "${name}" was ${why}, so it will not actually appear in the database`);
    }
    return warnings;
  }
}
