// SPDX-License-Identifier: Apache-2.0
/** The benchmark of first packets at a small setting. */
import { expect, it } from "vitest";
import { measureLatency } from "../../bench/latency/measure.js";
import { Switch } from "../harness/switch.js";

it.each([true, false])("every first packet comes back, megaflows %s", async (megaflows) => {
  const sw = await Switch.start();
  try {
    const result = await measureLatency(sw, { tables: 3, megaflows }, 40);
    expect(result.lost).toBe(0);
    expect(result.first.length).toBe(40);
  } finally {
    await sw.stop();
  }
});
