// SPDX-License-Identifier: Apache-2.0
/** The benchmark of flow set-up at a small setting: every miss is resolved, and the commands are
 * the same every time. */
import { expect, it } from "vitest";
import { measureSetup } from "../../bench/setup/measure.js";

it.each([1, 5, 10, 20])("sets flows up through %i tables", (tables) => {
  const size = { tables, misses: 512, rounds: 2 };
  const first = measureSetup(size);
  expect(first.resolved).toBe(512);
  expect(first.flows).toBeGreaterThan(500);
  expect(measureSetup(size).checksum).toBe(first.checksum);
});
