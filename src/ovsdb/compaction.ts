// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { printJson } from "../lib/json.js";
import { vlog } from "../lib/log.js";
import type { Database } from "./database.js";
import type { Journal, Replacement } from "./journal.js";
import { encodeJsonFrame, frameHeader } from "./journal-format.js";
import { snapshotRow } from "./journal-record.js";
import type { DbRow, RowData } from "./row.js";

const log = vlog("ovsdb_file");

/** Rows turned into text before others get a turn. */
const ROWS_PER_TURN = 500;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The rows of now. Data are never modified in place, so holding on to them is a snapshot. */
function freeze(db: Database): [name: string, rows: [row: DbRow, data: RowData][]][] {
  return [...db.tables]
    .filter(([, table]) => table.rows.size > 0)
    .map(([name, table]) => [name, [...table.rows.values()].map((row) => [row, row.data])]);
}

async function snapshotBody(db: Database): Promise<Buffer[]> {
  const frozen = freeze(db);
  const chunks = [
    Buffer.from(`{"_date":${Math.floor(db.clock.wall())},"_comment":"compacting database online"`),
  ];
  for (const [name, rows] of frozen) {
    chunks.push(Buffer.from(`,${JSON.stringify(name)}:{`));
    for (let at = 0; at < rows.length; at += ROWS_PER_TURN) {
      const texts = rows
        .slice(at, at + ROWS_PER_TURN)
        .map(([row, data]) => `"${row.uuid}":${printJson(snapshotRow(row, data))}`);
      chunks.push(Buffer.from((at > 0 ? "," : "") + texts.join(",")));
      await turn();
    }
    chunks.push(Buffer.from("}"));
  }
  chunks.push(Buffer.from("}\n"));
  return chunks;
}

function writeSnapshot(replacement: Replacement, db: Database, body: readonly Buffer[]): void {
  const hash = createHash("sha1");
  let bytes = 0;
  for (const chunk of body) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  replacement.write(encodeJsonFrame(db.schema.json));
  replacement.write(frameHeader(bytes, hash.digest("hex")));
  for (const chunk of body) replacement.write(chunk);
}

/**
 * Rewrites the journal as the schema and one record with the state of now. Transactions go on
 * meanwhile; their records follow the snapshot.
 */
export async function compact(db: Database, journal: Journal): Promise<void> {
  const before = journal.bytes;
  const replacement = journal.beginReplacement();
  try {
    writeSnapshot(replacement, db, await snapshotBody(db));
    replacement.commit();
  } catch (error) {
    replacement.abort();
    throw error;
  }
  log.info(`${journal.path}: compacted database from ${before} to ${journal.bytes} bytes`);
}
