// SPDX-License-Identifier: Apache-2.0
import {
  closeSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { assert, errnoCode, OperatorError, operatorErrorFrom } from "../lib/errors.js";
import type { Json, JsonObject } from "../lib/json.js";
import { vlog } from "../lib/log.js";
import type { Storage } from "./database.js";
import { checkMagic, decodeJournal, encodeJsonFrame } from "./journal-format.js";

const log = vlog("ovsdb_log");

/** A snapshot on its way to the disk: see Journal.beginReplacement. */
export interface Replacement {
  write(bytes: Buffer): void;
  /** Adds what was appended meanwhile and puts the file in the journal's place. */
  commit(): void;
  abort(): void;
}

function syncDirectory(path: string): void {
  const fd = openSync(dirname(path), "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes it all or throws. */
function writeFully(fd: number, bytes: Buffer): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(fd, bytes, done);
}

/**
 * A database's file: append-only, one record a transaction. Records are in the kernel's hands when
 * `append` returns, so the process may die at any moment; a durable record is on the medium when
 * its promise resolves. One fdatasync serves all records that were waiting for it.
 */
export class Journal implements Storage {
  #fd: number;
  #bytes: number;
  /** Size after the last compaction, or when opened. */
  #baseBytes: number;
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #syncing = false;
  /** Frames appended while a replacement is being written. */
  #tail: Buffer[] | undefined;
  #closed = false;

  private constructor(
    readonly path: string,
    fd: number,
    bytes: number,
  ) {
    this.#fd = fd;
    this.#bytes = bytes;
    this.#baseBytes = bytes;
  }

  /**
   * Makes a new file with only a schema: all of it or nothing, whatever happens.
   * Throws OperatorError.
   */
  static create(path: string, schema: JsonObject): void {
    const unfinished = `${path}.tmp`;
    try {
      writeFileSync(unfinished, encodeJsonFrame(schema), { mode: 0o640, flush: true });
      renameSync(unfinished, path);
      syncDirectory(path);
    } catch (error) {
      throw operatorErrorFrom(error, path);
    }
  }

  /**
   * Opens a file and reads it. A torn end, which a crash in the middle of a write leaves behind, is
   * cut off with a warning. Throws OperatorError for what is not a database.
   */
  static open(path: string): { readonly journal: Journal; readonly records: Json[] } {
    let file: Buffer;
    let fd: number;
    try {
      file = readFileSync(path);
      fd = openSync(path, "r+");
    } catch (error) {
      throw operatorErrorFrom(error, path);
    }
    try {
      checkMagic(path, file);
      const { records, goodBytes, fault } = decodeJournal(file);
      if (records.length === 0)
        throw new OperatorError("EINVAL", `${path}: ${fault ?? "empty file"}`);
      if (fault !== undefined) discardTail(path, fd, file, goodBytes, fault);
      const journal = new Journal(path, fd, goodBytes);
      return { journal, records };
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the file has grown so much since the last compaction that another is worth it. */
  get hasGrown(): boolean {
    return this.#bytes > 10 * 1024 * 1024 && this.#bytes > 2 * this.#baseBytes;
  }

  append(record: JsonObject, durable: boolean): Promise<void> | undefined {
    assert(!this.#closed, "journal is open");
    const frame = encodeJsonFrame(record);
    try {
      let done = 0;
      while (done < frame.length) {
        done += writeSync(this.#fd, frame, done, frame.length - done, this.#bytes + done);
      }
    } catch (error) {
      // Half a record must not stay, or the next one would be lost behind it.
      ftruncateSync(this.#fd, this.#bytes);
      throw operatorErrorFrom(error, this.path);
    }
    this.#bytes += frame.length;
    this.#tail?.push(frame);
    return durable ? this.#sync() : undefined;
  }

  #sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (!this.#syncing) this.#syncBatch();
    });
  }

  #syncBatch(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#syncing = true;
    const fd = this.#fd;
    fdatasync(fd, (error) => {
      this.#syncing = false;
      // A compaction has replaced (and synced) the file meanwhile: all of it is safe.
      const failed = error && fd === this.#fd ? error : undefined;
      for (const waiter of batch) {
        if (failed) waiter.reject(operatorErrorFrom(failed, this.path));
        else waiter.resolve();
      }
      if (this.#waiting.length > 0) this.#syncBatch();
    });
  }

  /**
   * Starts a file that will take this one's place, for a snapshot of the state of now. Records may
   * be appended while it is being written.
   */
  beginReplacement(): Replacement {
    assert(this.#tail === undefined, "one replacement at a time");
    const path = `${this.path}.tmp`;
    const fd = openSync(path, "w", statSync(this.path).mode & 0o777);
    let bytes = 0;
    this.#tail = [];
    return {
      write: (chunk) => {
        writeFully(fd, chunk);
        bytes += chunk.length;
      },
      commit: () => {
        const tail = Buffer.concat(this.#tail ?? []);
        writeFully(fd, tail);
        fsyncSync(fd);
        renameSync(path, this.path);
        syncDirectory(this.path);
        this.#tail = undefined;
        const old = this.#fd;
        this.#fd = fd;
        this.#baseBytes = bytes;
        this.#bytes = bytes + tail.length;
        closeSync(old);
      },
      abort: () => {
        this.#tail = undefined;
        closeSync(fd);
        unlinkSync(path);
      },
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#fd);
  }
}

/**
 * Cuts the file after its good records. If good records follow the bad one, this is no torn write
 * but damage: then what is cut off is kept beside the file.
 */
function discardTail(
  path: string,
  fd: number,
  file: Buffer,
  goodBytes: number,
  fault: string,
): void {
  const tail = file.subarray(goodBytes);
  log.warn(`${path}: ${fault}; discarding ${tail.length} bytes at the end of the file`);
  if (tail.indexOf("\nOVSDB JSON ", 1) >= 0) {
    const kept = `${path}.discarded`;
    writeFileSync(kept, tail, { mode: 0o640 });
    log.warn(`${path}: records follow the damaged one; what was discarded is kept in ${kept}`);
  }
  ftruncateSync(fd, goodBytes);
}

/** Whether a database file is there. */
export function journalExists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return false;
    throw operatorErrorFrom(error, path);
  }
}
