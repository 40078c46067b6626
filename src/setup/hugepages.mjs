// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from "node:fs";

const NR = "/proc/sys/vm/nr_hugepages";

/** Raises the number of default-size hugepages to at least `pages` where the machine allows it.
 * Returns a function that puts the old number back. */
export function reserveHugepages(pages) {
  let before;
  try {
    before = Number(readFileSync(NR, "utf8"));
    if (before >= pages) return () => {};
    writeFileSync(NR, String(pages));
  } catch {
    return () => {};
  }
  return () => writeFileSync(NR, String(before));
}
