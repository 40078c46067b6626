// SPDX-License-Identifier: Apache-2.0
/** `npm run bench`: set up what is missing, then measure. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { reserveHugepages } from "./hugepages.mjs";
import { START_PACKAGES, TEST_PACKAGES } from "./packages.mjs";
import { build, installModules, installPackages, ROOT, say } from "./steps.mjs";

/** 2 MB pages for a switch and its peer, one at a time. */
const BENCH_HUGEPAGES = 1536;

let release = () => {};
try {
  installPackages([...START_PACKAGES, ...TEST_PACKAGES]);
  installModules();
  build();
  release = reserveHugepages(BENCH_HUGEPAGES);
  const main = join(ROOT, "dist", "bench", "throughput", "main.js");
  const result = spawnSync(process.execPath, [main, ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  process.exitCode = result.status ?? 1;
} catch (error) {
  say(`set-up failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  release();
}
