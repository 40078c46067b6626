// SPDX-License-Identifier: Apache-2.0
/** Writes native/generated/shm.h from the contract. Run by the addon's build:
 * `node generate-header.js OUTPUT`. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { headerText } from "./header-text.js";

export function generateHeader(path: string): void {
  const text = headerText();
  let current = "";
  try {
    current = readFileSync(path, "utf8");
  } catch {
    // Not there yet.
  }
  if (current === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const output = process.argv[2];
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (output === undefined) throw new Error("usage: generate-header.js OUTPUT");
  generateHeader(output);
}
