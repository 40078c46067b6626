// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { OperatorError } from "../lib/errors.js";
import { type Json, parseJson, printJson } from "../lib/json.js";

/**
 * The file format of standalone databases, ovsdb(5) "Standalone Database Format": records, each a
 * line "OVSDB JSON <bytes> <SHA-1>" and that many bytes of JSON, the final newline included. The
 * first record is the schema, the others are transactions.
 */
const MAGIC = "OVSDB JSON ";
const HEADER = /^OVSDB (\S+) ([0-9]+) ([0-9a-f]{40})\n/;
const HEADER_BYTES_MAX = 128;

/** One record as bytes. */
export function encodeFrame(body: Buffer): Buffer {
  return Buffer.concat([
    frameHeader(body.length, createHash("sha1").update(body).digest("hex")),
    body,
  ]);
}

/** The header of a record whose body has this length (in bytes) and SHA-1 (in hex). */
export function frameHeader(bytes: number, sha1: string): Buffer {
  return Buffer.from(`${MAGIC}${bytes} ${sha1}\n`);
}

export function encodeJsonFrame(json: Json): Buffer {
  return encodeFrame(Buffer.from(`${printJson(json)}\n`));
}

/** What reading a journal gave: its good records, and what follows them, if anything. */
export interface JournalContent {
  readonly records: Json[];
  /** Where the good records end. */
  readonly goodBytes: number;
  /** Why what follows is no good; undefined when nothing follows. */
  readonly fault: string | undefined;
}

interface Frame {
  readonly json: Json;
  readonly end: number;
}

function readFrame(file: Buffer, at: number): Frame | string {
  const header = HEADER.exec(file.toString("latin1", at, at + HEADER_BYTES_MAX));
  if (!header) return `parse error at offset ${at} in header line`;
  const [line, magic, lengthText, sha1] = header;
  if (magic !== "JSON") return `offset ${at}: unsupported kind of record "${magic}"`;
  const start = at + line.length;
  const end = start + Number(lengthText);
  if (end > file.length) {
    return `offset ${start}: error reading ${lengthText} bytes (unexpected end of file)`;
  }
  const body = file.subarray(start, end);
  if (createHash("sha1").update(body).digest("hex") !== sha1) {
    return `${lengthText} bytes starting at offset ${start} have a SHA-1 hash other than ${sha1}`;
  }
  try {
    return { json: parseJson(body.toString("utf8")), end };
  } catch (error) {
    const why = (error as Error).message;
    return `${lengthText} bytes starting at offset ${start} are not valid JSON (${why})`;
  }
}

/** Reads as many good records as there are from the start. */
export function decodeJournal(file: Buffer): JournalContent {
  const records: Json[] = [];
  let at = 0;
  while (at < file.length) {
    const frame = readFrame(file, at);
    if (typeof frame === "string") return { records, goodBytes: at, fault: frame };
    records.push(frame.json);
    at = frame.end;
  }
  return { records, goodBytes: at, fault: undefined };
}

/** Throws for files that are something else than a standalone database. */
export function checkMagic(path: string, file: Buffer): void {
  const start = file.toString("latin1", 0, MAGIC.length);
  if (start === MAGIC) return;
  if (start.startsWith("OVSDB CLUS")) {
    throw new OperatorError(
      "EINVAL",
      `${path}: cannot use a clustered database; a standalone one is needed`,
    );
  }
  // A file that a crash cut off within its first bytes was never a database.
  throw new OperatorError("EINVAL", `${path}: cannot identify file type`);
}
