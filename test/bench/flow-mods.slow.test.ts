// SPDX-License-Identifier: Apache-2.0
/** The benchmark of flow-mods at a small setting: every flow arrives, packets go on meanwhile. */
import { expect, it } from "vitest";
import { measureFlowMods } from "../../bench/flow-mods/measure.js";
import { startLoadedSwitch } from "../harness/loaded-switch.js";

it("adds flows while packets are forwarded", async () => {
  const sw = await startLoadedSwitch();
  try {
    const { flows, packets } = await measureFlowMods(sw, 5000, () => 0);
    expect(flows).toBe(5000);
    expect(packets).toBeGreaterThan(0);
  } finally {
    await sw.stop();
  }
});
