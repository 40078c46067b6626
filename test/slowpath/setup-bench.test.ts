// SPDX-License-Identifier: Apache-2.0
/** The benchmark of flow set-up at a small setting: every miss is resolved, and the commands are
 * the same every time. */
import { expect, it } from "vitest";
import { measureSetup } from "../../bench/setup/measure.js";

it.each([1, 5, 10, 20])("sets flows up through %i tables", (tables) => {
  const size = { tables, misses: 1024, rounds: 2 };
  const first = measureSetup(size);
  expect(first.resolved).toBe(1024);
  expect(first.flows).toBeGreaterThan(1000);
  expect(measureSetup(size).checksum).toBe(first.checksum);
});
