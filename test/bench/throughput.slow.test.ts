// SPDX-License-Identifier: Apache-2.0
/** The throughput benchmark at a small setting, so that it cannot rot. */
import { expect, it } from "vitest";
import { CASES } from "../../bench/throughput/cases.js";
import { ceiling } from "../../bench/throughput/ceiling.js";
import { measure, startConfig } from "../../bench/throughput/measure.js";
import { Switch } from "../harness/switch.js";

it.each(CASES.map((test) => [test.name, test] as const))("%s", async (_name, test) => {
  const sw = await Switch.start({ otherConfig: startConfig(1) });
  try {
    const result = await measure(sw, test, { seconds: 0.3, scale: 0.05 });
    expect(result.packets).toBeGreaterThan(0);
    expect(result.cyclesPerPacket).toBeGreaterThan(1);
  } finally {
    await sw.stop();
  }
});

it("the devices' limit", async () => {
  expect(await ceiling(CASES[0]!.frames(0.05), 0.3)).toBeGreaterThan(0);
});
