// SPDX-License-Identifier: Apache-2.0
/**
 * Bounds-checked reading and growing writing of OpenFlow messages. Everything is big-endian.
 */
import { OfpError } from "../errors.js";

/** Reads forward through bytes; whatever is not there is an OFPBRC_BAD_LEN. */
export class WireReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  #at: number;

  constructor(source: Uint8Array, start = 0, end = source.length) {
    // A Buffer's `slice` does not copy; a Uint8Array's does.
    const bytes = Buffer.isBuffer(source)
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
      : source;
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
  }

  /** Bytes left. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** Offset of the next byte. */
  get at(): number {
    return this.#at;
  }

  #take(n: number): number {
    if (n < 0 || this.#end - this.#at < n) throw new OfpError("OFPBRC_BAD_LEN");
    const at = this.#at;
    this.#at += n;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  /** A 64-bit counter as a number (exact up to 2^53); all ones, "unknown", is null. */
  counter(): number | null {
    const value = this.u64();
    return value === 0xffffffffffffffffn ? null : Number(value);
  }

  /** The next four bytes, which stay to be read. */
  peekU32(): number {
    const value = this.u32();
    this.#at -= 4;
    return value;
  }

  skip(n: number): void {
    this.#take(n);
  }

  /** A copy of the next `n` bytes. */
  take(n: number): Uint8Array {
    const at = this.#take(n);
    return this.bytes.slice(at, at + n);
  }

  /** A view, not a copy, of the next `n` bytes. */
  view(n: number): Uint8Array {
    const at = this.#take(n);
    return this.bytes.subarray(at, at + n);
  }

  /** A copy of all that is left. */
  rest(): Uint8Array {
    return this.take(this.left);
  }

  /** A reader of the next `n` bytes. */
  sub(n: number): WireReader {
    const at = this.#take(n);
    return new WireReader(this.bytes, at, at + n);
  }

  /** Text in a field of `n` bytes, padded with zeros. */
  text(n: number): string {
    const bytes = this.view(n);
    const end = bytes.indexOf(0);
    return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("utf8");
  }
}

/** Appends to a buffer that grows. */
export class WireWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;
  /** Offsets at which the message may be cut into parts: see `mark`. */
  readonly marks: number[] = [];

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  #reserve(n: number): number {
    const at = this.#length;
    if (at + n > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, at + n));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length += n;
    return at;
  }

  u8(value: number): this {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value);
    return this;
  }

  u64(value: bigint): this {
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value);
    return this;
  }

  /** A counter in 64 bits; null is all ones. */
  counter(value: number | null): this {
    return this.u64(value === null ? 0xffffffffffffffffn : BigInt(Math.trunc(value)));
  }

  zeros(n: number): this {
    this.#reserve(n);
    return this;
  }

  append(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Text in `n` bytes, cut to leave a final zero. */
  text(value: string, n: number): this {
    const at = this.#reserve(n);
    this.#bytes.set(Buffer.from(value, "utf8").subarray(0, n - 1), at);
    return this;
  }

  /** Zeros up to a multiple of `n` bytes counted from `start`. */
  pad(n: number, start = 0): this {
    const over = (this.#length - start) % n;
    return over ? this.zeros(n - over) : this;
  }

  setU8(at: number, value: number): void {
    this.#view.setUint8(at, value);
  }

  setU16(at: number, value: number): void {
    this.#view.setUint16(at, value);
  }

  setU32(at: number, value: number): void {
    this.#view.setUint32(at, value);
  }

  /** Says that what was written since the last mark is one entry of a multipart reply: a reply
   * longer than a message is cut between entries only. */
  mark(): void {
    this.marks.push(this.#length);
  }

  /** The written bytes from `from` to `to`: a copy. */
  slice(from = 0, to = this.#length): Uint8Array {
    return this.#bytes.slice(from, to);
  }
}
