// SPDX-License-Identifier: Apache-2.0
/**
 * Flow-mods per second and memory per flow, under traffic.
 *
 * `node dist/bench/flow-mods/main.js [flows]`
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startLoadedSwitch } from "../../test/harness/loaded-switch.js";
import { measureFlowMods } from "./measure.js";

const count = Number(process.argv[2] ?? 200_000);
const sw = await startLoadedSwitch();
try {
  const pid = readFileSync(join(sw.dir, "ovs-vswitchd.pid"), "utf8").trim();
  const resident = () => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  };
  const result = await measureFlowMods(sw, count, resident);
  const { addsPerSecond, flows, packets, bytesPerFlow } = result;
  process.stdout.write(`${Math.round(addsPerSecond)} flow-mods/s, ${flows} flows, `);
  process.stdout.write(`${packets} packets forwarded, ${Math.round(bytesPerFlow)} bytes/flow\n`);
} finally {
  await sw.stop();
}
