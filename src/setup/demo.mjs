// SPDX-License-Identifier: Apache-2.0
/** `npm run demo`: set up what is missing, then show two guests on the switch. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { GUEST_PACKAGES, START_PACKAGES } from "./packages.mjs";
import { build, installModules, installPackages, ROOT, say } from "./steps.mjs";

try {
  installPackages([...START_PACKAGES, ...GUEST_PACKAGES]);
  installModules();
  build();
  const main = join(ROOT, "dist", "src", "cli", "demo.js");
  const result = spawnSync(process.execPath, [main, ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  process.exitCode = result.status ?? 1;
} catch (error) {
  say(`set-up failed: ${error.message}`);
  process.exitCode = 1;
}
