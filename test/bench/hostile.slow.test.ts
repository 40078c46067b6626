// SPDX-License-Identifier: Apache-2.0
/** The benchmark of hostile traffic at a small setting: established flows go on, misses come as
 * long as the storm lasts, and no attack makes more masks than a port may have. */
import { expect, it } from "vitest";
import { CASES } from "../../bench/hostile/cases.js";
import { measureHostile } from "../../bench/hostile/measure.js";
import { startConfig } from "../../bench/throughput/measure.js";
import { Switch } from "../harness/switch.js";

it.each(CASES.map((test) => [test.name, test] as const))("%s", async (_name, test) => {
  const sw = await Switch.start({ otherConfig: startConfig(1) });
  try {
    const result = await measureHostile(sw, test, 0.5, 0.25);
    expect(result.before).toBeGreaterThan(0);
    expect(result.during).toBeGreaterThan(0);
    if (test.name === "miss storm") {
      expect(result.misses).toBeGreaterThan(0);
      expect(result.flows).toBeLessThanOrEqual(2);
    } else {
      expect(result.flows).toBeGreaterThan(64);
    }
  } finally {
    await sw.stop();
  }
});
