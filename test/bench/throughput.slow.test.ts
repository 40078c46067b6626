// SPDX-License-Identifier: Apache-2.0
/** The throughput benchmark at a small setting, so that it cannot rot. */
import { expect, it } from "vitest";
import { CASES } from "../../bench/throughput/cases.js";
import { measure, START_CONFIG } from "../../bench/throughput/measure.js";
import { Switch } from "../harness/switch.js";

it.each(CASES.map((test) => [test.name, test] as const))("%s", async (_name, test) => {
  const sw = await Switch.start({ otherConfig: START_CONFIG });
  try {
    const result = await measure(sw, test, 0.5, 0.05);
    expect(result.packets).toBeGreaterThan(0);
    expect(result.cyclesPerPacket).toBeGreaterThan(1);
  } finally {
    await sw.stop();
  }
});
