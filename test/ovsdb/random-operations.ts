// SPDX-License-Identifier: Apache-2.0
import type { Json, JsonObject } from "../../src/lib/json.js";
import { parseDatabaseSchema } from "../../src/ovsdb/db-schema.js";

/** A schema with one of everything that a column can be. */
export const fuzzSchema = parseDatabaseSchema({
  name: "Fuzz",
  version: "1.0.0",
  tables: {
    Root: {
      isRoot: true,
      maxRows: 4,
      indexes: [["name"], ["a", "b"]],
      columns: {
        name: { type: "string" },
        a: { type: { key: { type: "integer", minInteger: -5, maxInteger: 5 } } },
        b: { type: { key: { type: "string", enum: ["set", ["x", "y", "z"]] }, min: 0, max: 1 } },
        fixed: { type: "integer", mutable: false },
        kids: { type: { key: { type: "uuid", refTable: "Kid" }, min: 0, max: "unlimited" } },
        favourite: {
          type: { key: { type: "uuid", refTable: "Kid", refType: "weak" }, min: 0, max: 1 },
        },
        named: {
          type: {
            key: "string",
            value: { type: "uuid", refTable: "Kid" },
            min: 0,
            max: "unlimited",
          },
        },
      },
    },
    Kid: {
      columns: {
        text: { type: { key: { type: "string", minLength: 0, maxLength: 5 } } },
        number: { type: { key: { type: "real", minReal: -1.5 } } },
        flags: { type: { key: "boolean", min: 0, max: 2 } },
        ints: { type: { key: { type: "integer", maxInteger: 100 }, min: 0, max: 3 } },
        pairs: { type: { key: "integer", value: "string", min: 0, max: 3 } },
        friends: {
          type: {
            key: { type: "uuid", refTable: "Kid", refType: "weak" },
            min: 0,
            max: "unlimited",
          },
        },
        temp: { type: { key: "integer", min: 0, max: 1 }, ephemeral: true },
        reals: { type: { key: "real", min: 0, max: "unlimited" } },
        best: { type: { key: { type: "uuid", refTable: "Other" }, min: 0, max: 1 } },
      },
    },
    Other: {
      isRoot: true,
      columns: {
        needs: {
          type: { key: { type: "uuid", refTable: "Root", refType: "weak" }, min: 1, max: 2 },
        },
        huge: { type: "integer" },
      },
    },
  },
});

/** A small seeded generator of pseudo-random numbers (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Make = (g: Generator) => Json;

const COLUMNS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [...fuzzSchema.tables.values()].map((t) => [t.name, t.columns.map((c) => c.name)]),
);
const TABLES = Object.keys(COLUMNS);

/** Makes transactions that are mostly sensible and sometimes wrong in one way or another. */
export class Generator {
  readonly #random: () => number;
  /** The rows that there are, by table: what references are likely to name. */
  live: Readonly<Record<string, readonly string[]>> = {};
  #uuids = 0;
  #names: string[] = [];
  #fresh: string[] = [];

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  int(n: number): number {
    return Math.floor(this.#random() * n);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.int(values.length)] as T;
  }

  chance(p: number): boolean {
    return this.#random() < p;
  }

  /** Mostly one of `good`, now and then one of `bad`. */
  mostly(good: readonly Json[], bad: readonly Json[]): Json {
    return this.pick(this.chance(0.02) ? bad : good);
  }

  #uuid(): string {
    const n = ++this.#uuids;
    const head = ((n * 2654435761) >>> 0).toString(16).padStart(8, "0");
    return `${head}-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
  }

  reference(table: string): Json {
    const live = this.live[table] ?? [];
    if (this.chance(0.03)) return this.pick(BAD_REFERENCES);
    if (this.#names.length > 0 && this.chance(0.4)) return ["named-uuid", this.pick(this.#names)];
    if (this.#fresh.length > 0 && this.chance(0.3)) return ["uuid", this.pick(this.#fresh)];
    return live.length > 0 ? ["uuid", this.pick(live)] : ["uuid", this.#uuid()];
  }

  /** A reference to some row of any table. */
  anyReference(): Json {
    return this.reference(this.pick(TABLES));
  }

  set(make: Make, max: number): Json {
    const n = this.int(max + 1);
    if (n === 1 && this.chance(0.5)) return make(this);
    return ["set", Array.from({ length: n }, () => make(this))];
  }

  map(key: Make, value: Make, max: number): Json {
    return ["map", Array.from({ length: this.int(max + 1) }, () => [key(this), value(this)])];
  }

  value(column: string): Json {
    if (this.chance(0.005)) return this.pick(BAD_VALUES);
    const make = VALUES[column];
    return make ? make(this) : 1;
  }

  column(table: string): string {
    if (this.chance(0.005)) return "nonesuch";
    if (this.chance(0.01)) return "_uuid";
    return this.pick(COLUMNS[table] ?? ["name"]);
  }

  row(table: string, density: number): JsonObject {
    const row: JsonObject = {};
    for (const column of COLUMNS[table] ?? []) {
      if (this.chance(density)) row[column] = this.value(column);
    }
    if (this.chance(0.005)) row.nonesuch = 1;
    return row;
  }

  where(table: string): Json {
    if (this.chance(0.2)) return [];
    if (this.chance(0.5)) return [["_uuid", "==", this.reference(table)]];
    if (this.chance(0.01)) return [["short", "=="]];
    const clauses = this.int(2) + 1;
    return Array.from({ length: clauses }, () => {
      const column = this.column(table);
      const fn = this.pick(["==", "!=", "includes", "excludes"]);
      const order = this.pick(["<", "<=", ">", ">=", "~"]);
      const ordered = NUMERIC.has(column) ? this.chance(0.5) : this.chance(0.02);
      return [column, ordered ? order : fn, this.value(column)];
    });
  }

  mutation(table: string): Json {
    const column = this.column(table);
    const mutator = this.pick([
      "+=",
      "-=",
      "*=",
      "/=",
      "%=",
      "insert",
      "delete",
      "insert",
      "delete",
    ]);
    const numeric = mutator.endsWith("=");
    const argument =
      numeric && this.chance(0.8) ? this.pick([0, 1, -1, 2, 3.5, 7]) : this.value(column);
    return [column, this.chance(0.02) ? "**=" : mutator, argument];
  }

  insert(table: string): JsonObject {
    const uuid = this.#uuid();
    const op: JsonObject = { op: "insert", table, row: this.row(table, 0.5), uuid };
    // What needs something gets it, or it would never come to be.
    if (table === "Other") (op.row as JsonObject).needs = this.reference("Root");
    this.#fresh.push(uuid);
    if (this.chance(0.5)) {
      const name = this.chance(0.01) ? "n0" : `n${++this.#uuids}`;
      op["uuid-name"] = name;
      this.#names.push(name);
    }
    if (this.chance(0.01)) op.uuid = this.pick(this.live[table] ?? [uuid]) ?? uuid;
    return op;
  }

  wait(table: string): JsonObject {
    const columns = [...new Set([this.column(table), this.column(table)])];
    const rows = Array.from({ length: this.int(3) }, () => this.row(table, 0.2));
    const until = this.chance(0.02) ? "~=" : this.pick(["==", "!="]);
    return { op: "wait", table, timeout: 0, where: this.where(table), columns, until, rows };
  }

  operation(): JsonObject {
    const table = this.chance(0.003) ? "Nonesuch" : this.pick(TABLES);
    const kind = this.chance(0.02) ? 99 : this.int(94);
    const where = this.where(table);
    const op: JsonObject =
      kind < 35
        ? this.insert(table)
        : kind < 50
          ? { op: "update", table, where, row: this.row(table, 0.25) }
          : kind < 70
            ? {
                op: "mutate",
                table,
                where,
                mutations: [this.mutation(table), this.mutation(table)],
              }
            : kind < 78
              ? { op: "delete", table, where }
              : kind < 88
                ? { op: "select", table, where, columns: ["_uuid", this.column(table)] }
                : kind < 94
                  ? this.wait(table)
                  : this.pick<JsonObject>([
                      { op: "comment", comment: "words" },
                      { op: "commit", durable: false },
                      { op: "abort" },
                      { op: "assert", lock: "mine" },
                      { op: "nonesuch" },
                      { op: 5 },
                      {},
                    ]);
    if (this.chance(0.003)) op.extra = 1;
    if (this.chance(0.003))
      delete op[this.pick(Object.keys(op).filter((key) => !["uuid", "timeout"].includes(key)))];
    return op;
  }

  transaction(): JsonObject[] {
    this.#names = [];
    this.#fresh = [];
    return Array.from({ length: 1 + this.int(5) }, () => this.operation());
  }
}

const BAD_REFERENCES: readonly Json[] = [
  ["uuid", "00000000-0000-0000-0000-000000000000"],
  ["uuid", "12345678-1234-1234-1234-123456789abc"],
  ["uuid", "nonsense"],
  ["named-uuid", "1bad"],
  ["uuid", 5],
  "plain",
];
const BAD_VALUES: readonly Json[] = [null, {}, [], "s", 1.5, true, ["set", 1], ["map", []]];
const WORDS = ["", "a", "b", "name", "true", "5", "é", "\u{1f600}", 'q"', "\n", "two w"];
const NUMERIC = new Set(["a", "number", "ints", "temp", "reals", "huge"]);
const kid: Make = (g) => g.reference("Kid");

const VALUES: Readonly<Record<string, Make>> = {
  _uuid: (g) => g.anyReference(),
  name: (g) => g.pick(WORDS),
  a: (g) => g.mostly([-5, -3, 0, 1, 2, 4, 5], [6, -6]),
  b: (g) => g.set((h) => h.mostly(["x", "y", "z"], ["w"]), 1),
  fixed: (g) => g.int(3),
  kids: (g) => g.set(kid, 3),
  favourite: (g) => g.set(kid, 1),
  named: (g) => g.map((h) => h.pick(WORDS), kid, 2),
  text: (g) => g.mostly(WORDS, ["long words"]),
  number: (g) => g.mostly([0, 1, 1.5, -1.5, 0.1, 1e300, 1e-7, 123456789.25], [-2]),
  flags: (g) =>
    g.mostly([["set", []], true, false, ["set", [true, false]]], [["set", [true, true]]]),
  ints: (g) => g.set((h) => h.mostly([1, 2, 3, 4, 5, 6, 7, 100, -7], [101, 2.5]), 2),
  pairs: (g) =>
    g.map(
      (h) => h.int(9),
      (h) => h.pick(WORDS),
      2,
    ),
  friends: (g) => g.set(kid, 2),
  temp: (g) => g.set((h) => h.int(3), 1),
  reals: (g) => g.set((h) => h.pick([0, 0.5, 1e10, -3.25, 7, 8, 9]), 2),
  best: (g) => g.set((h) => h.reference("Other"), 1),
  needs: (g) => g.set((h) => h.reference("Root"), 2),
  huge: (g) =>
    g.pick<Json>([0, 2 ** 53, 9223372036854775806n, -9223372036854775807n, 4611686018427387904n]),
};
