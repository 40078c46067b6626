// SPDX-License-Identifier: Apache-2.0
/** The benchmark of measurements at a small setting, so that it cannot rot. */
import { expect, it } from "vitest";
import { measureMetrics } from "../../bench/metrics/measure.js";

it("measures with and without pmd-perf-metrics", async () => {
  const { off, on } = await measureMetrics(3, 50);
  expect(off).toBeGreaterThan(1);
  expect(off).toBeLessThan(Infinity);
  expect(on).toBeGreaterThan(1);
});
