// SPDX-License-Identifier: Apache-2.0
/** How a shared record is described, so that TypeScript and the generated C++ header agree. */

import type { KeyField } from "./flow-key.js";

/** A record with fields at fixed offsets. All integers little-endian unless the field says so;
 * fields of 1, 2, 4 or 8 bytes are unsigned integers, any other size is a byte array. */
export interface StructLayout<Names extends string = string> {
  /** Name of the C++ struct. */
  readonly name: string;
  readonly bytes: number;
  readonly fields: Readonly<Record<Names, KeyField>>;
}

/** Builds a layout from `[name, bytes]` pairs in order, each aligned to its own size. */
export function struct<Names extends string>(
  name: string,
  bytes: number,
  members: readonly (readonly [Names, number])[],
): StructLayout<Names> {
  let offset = 0;
  const fields = {} as Record<Names, KeyField>;
  for (const [member, size] of members) {
    const align = size === 2 || size === 4 || size === 8 ? size : 1;
    offset = Math.ceil(offset / align) * align;
    fields[member] = { offset, bytes: size };
    offset += size;
  }
  if (offset > bytes) throw new Error(`${name}: members need ${offset} of ${bytes} bytes`);
  return { name, bytes, fields };
}
