// SPDX-License-Identifier: Apache-2.0
/** Cuts a byte stream into OpenFlow messages. */

const HEADER_BYTES = 8;

/** A peer sent something that cannot be the start of a message. */
export class FramingError extends Error {}

export class MessageSplitter {
  #pending: Uint8Array = new Uint8Array(0);

  /** Appends received bytes; take messages with `next`. */
  push(chunk: Uint8Array): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
  }

  /** The next whole message, undefined when more bytes are needed. Throws FramingError. */
  next(): Uint8Array | undefined {
    const bytes = this.#pending;
    if (bytes.length < HEADER_BYTES) return undefined;
    const length = ((bytes[2] as number) << 8) | (bytes[3] as number);
    if (length < HEADER_BYTES) {
      throw new FramingError(`received too-short ofp_header (${length} bytes)`);
    }
    if (bytes.length < length) return undefined;
    this.#pending = bytes.subarray(length);
    return bytes.subarray(0, length);
  }
}
