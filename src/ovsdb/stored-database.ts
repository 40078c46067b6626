// SPDX-License-Identifier: Apache-2.0
import { type Clock, systemClock } from "../lib/clock.js";
import { OperatorError, operatorErrorFrom } from "../lib/errors.js";
import { type Json, jsonEquals } from "../lib/json.js";
import { vlog } from "../lib/log.js";
import { checkDatum } from "./column-type.js";
import { compact } from "./compaction.js";
import { Database } from "./database.js";
import type { Datum } from "./datum.js";
import { type DatabaseSchema, parseDatabaseSchema } from "./db-schema.js";
import { type FileLock, lockDatabase, type PosixLock } from "./file-lock.js";
import { Journal, journalExists } from "./journal.js";
import { OvsdbError } from "./ovsdb-error.js";
import { defaultData } from "./row.js";

const log = vlog("ovsdb_file");

export interface StoredDatabaseOptions {
  readonly clock?: Clock;
  /** Lets stock tools see that the file is in use. */
  readonly posixLock?: PosixLock;
}

/** A database with its file. */
export class StoredDatabase {
  #compacting: Promise<void> | undefined;

  private constructor(
    readonly db: Database,
    readonly journal: Journal,
    readonly lock: FileLock,
  ) {
    db.storage = {
      append: (record, durable) => {
        const safe = journal.append(record, durable);
        if (journal.hasGrown) this.#compactSoon();
        return safe;
      },
    };
  }

  /**
   * Opens a database file, or makes it. A file with another version of the schema is converted:
   * columns and tables that both have are kept. Rejects with an OperatorError that says what is
   * wrong: locked, not a database, another database, damaged.
   */
  static async open(
    path: string,
    schema: DatabaseSchema,
    options: StoredDatabaseOptions = {},
  ): Promise<StoredDatabase> {
    const clock = options.clock ?? systemClock;
    const lock = await lockDatabase(path, options.posixLock).catch((error: unknown) => {
      throw operatorErrorFrom(error, path);
    });
    try {
      if (!journalExists(path)) {
        log.info(`${path}: creating empty database`);
        Journal.create(path, schema.json);
      }
      const { journal, records } = Journal.open(path);
      const stored = new StoredDatabase(load(path, records, schema, clock), journal, lock);
      if (!jsonEquals(records[0] as Json, schema.json)) await stored.compact();
      return stored;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Rewrites the file without its past. */
  compact(): Promise<void> {
    this.#compacting ??= compact(this.db, this.journal).finally(() => {
      this.#compacting = undefined;
    });
    return this.#compacting;
  }

  #compactSoon(): void {
    if (this.#compacting) return;
    this.compact().catch((error: Error) => log.err(`compaction failed: ${error.message}`));
  }

  async close(): Promise<void> {
    await this.#compacting?.catch(() => {});
    this.db.storage = undefined;
    this.journal.close();
    this.lock.release();
  }
}

function load(path: string, records: Json[], schema: DatabaseSchema, clock: Clock): Database {
  const fileSchema = parseDatabaseSchema(records[0] as Json);
  if (fileSchema.name !== schema.name) {
    throw new OperatorError(
      "EINVAL",
      `${path}: database is named ${fileSchema.name}, expected ${schema.name}`,
    );
  }
  const { cksum: _, ...ours } = schema.json;
  const { cksum: __, ...theirs } = fileSchema.json;
  const same = jsonEquals(ours, theirs);
  const db = new Database(same ? schema : fileSchema, clock);
  for (let i = 1; i < records.length; i++) {
    try {
      db.replay(records[i] as Json);
    } catch (error) {
      if (!(error instanceof OvsdbError)) throw error;
      throw new OperatorError("EINVAL", `${path}: record ${i}: ${error.message}`);
    }
  }
  if (same) return db;
  log.info(`${path}: converting from schema version ${fileSchema.version} to ${schema.version}`);
  return convert(db, schema, clock);
}

/** The same rows under another schema; values that it does not allow are an error. */
function convert(from: Database, schema: DatabaseSchema, clock: Clock): Database {
  const db = new Database(schema, clock);
  db.change((txn) => {
    for (const [name, table] of db.tables) {
      const source = from.tables.get(name);
      if (!source) continue;
      for (const row of source.rows.values()) {
        const data = defaultData(table.schema);
        for (const column of table.schema.columns) {
          const old = source.schema.column(column.name);
          const compatible =
            old?.type.key.type === column.type.key.type &&
            old.type.value?.type === column.type.value?.type;
          if (!old || !compatible) continue;
          const datum = row.data[old.index] as Datum;
          checkDatum(datum, column.type);
          data[column.index] = datum;
        }
        txn.insert(table, row.uuid, data);
      }
    }
  });
  return db;
}
