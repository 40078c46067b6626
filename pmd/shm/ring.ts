// SPDX-License-Identifier: Apache-2.0
/**
 * A ring of variable-length records between one writer and one reader.
 *
 *   0        64       128
 *   | head   | tail   | data (a power of two of bytes)
 *
 * `head` and `tail` are u32 byte counts that only grow (modulo 2^32): head - tail bytes are
 * waiting. Records are multiples of 8 bytes, start with {u32 length, u16 type}, and never wrap: a
 * PAD record (type 0) fills the rest when the next one does not fit before the end.
 *
 * Thread-safety: the writer owns head and the free bytes, the reader owns tail and the waiting
 * bytes. The writer stores the record, then head (release); the reader loads head (acquire), reads
 * the record, then stores tail (release).
 */

export const RING_HEADER_BYTES = 128;
const HEAD = 0;
const TAIL = 64;

abstract class Ring {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  /** The same data as host-order words: for keys and masks. */
  readonly data: Uint32Array;
  protected readonly words: Int32Array;
  protected readonly size: number;

  /** @param offset of the ring in `buffer`, a multiple of 4; @param size data bytes. */
  constructor(buffer: SharedArrayBuffer, offset: number, size: number) {
    this.words = new Int32Array(buffer, offset, RING_HEADER_BYTES / 4);
    this.view = new DataView(buffer, offset + RING_HEADER_BYTES, size);
    this.bytes = new Uint8Array(buffer, offset + RING_HEADER_BYTES, size);
    this.data = new Uint32Array(buffer, offset + RING_HEADER_BYTES, size / 4);
    this.size = size;
  }

  protected get head(): number {
    return Atomics.load(this.words, HEAD / 4) >>> 0;
  }

  protected get tail(): number {
    return Atomics.load(this.words, TAIL / 4) >>> 0;
  }
}

export class RingWriter extends Ring {
  #reserved = 0;

  /** Offset in `view`/`bytes` of a zeroed place for a record of `length` bytes (a multiple of 8)
   * whose length word is already set, or -1 when there is no room now. One at a time. */
  reserve(length: number): number {
    const place = this.reserveRaw(length);
    if (place < 0) return -1;
    this.bytes.fill(0, place, place + length);
    this.view.setUint32(place, length, true);
    return place;
  }

  /** As `reserve`, with whatever was in the place before: for a caller that fills all of it, with
   * one record or with several, one after the other. */
  reserveRaw(length: number): number {
    const head = this.head;
    const free = this.size - ((head - this.tail) >>> 0);
    const at = head & (this.size - 1);
    const toEnd = this.size - at;
    const pad = toEnd < length ? toEnd : 0;
    if (free < length + pad) return -1;
    if (pad) {
      this.view.setUint32(at, pad, true);
      this.view.setUint16(at + 4, 0, true);
    }
    const place = pad ? 0 : at;
    this.#reserved = length + pad;
    return place;
  }

  /** Hands the reserved record to the reader. */
  commit(): void {
    Atomics.store(this.words, HEAD / 4, (this.head + this.#reserved) | 0);
    this.#reserved = 0;
  }

  /** A position to wait for with `reached`: everything committed so far. */
  position(): number {
    return this.head;
  }

  /** True when the reader has finished with everything before `position`. */
  reached(position: number): boolean {
    return ((this.tail - position) | 0) >= 0;
  }
}

export class RingReader extends Ring {
  /** Offset of the oldest record, or -1. It stays valid until `advance`. */
  peek(): number {
    for (;;) {
      const tail = this.tail;
      if (tail === this.head) return -1;
      const at = tail & (this.size - 1);
      if (this.view.getUint16(at + 4, true) !== 0) return at;
      this.advance();
    }
  }

  /** Gives the oldest record back to the writer. */
  advance(): void {
    const tail = this.tail;
    const length = this.view.getUint32(tail & (this.size - 1), true);
    Atomics.store(this.words, TAIL / 4, (tail + length) | 0);
  }
}
