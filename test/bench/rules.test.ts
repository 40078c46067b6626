// SPDX-License-Identifier: Apache-2.0
/** The benchmark of very many rules at a small setting: all are found, none is left. */
import { expect, it } from "vitest";
import { measureRules } from "../../bench/rules/measure.js";

it("finds every rule and removes every rule", () => {
  const { masks, lookupNs } = measureRules(20_000, 2000);
  expect(masks).toBe(32);
  expect(lookupNs).toBeGreaterThan(0);
});
