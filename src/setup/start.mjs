// SPDX-License-Identifier: Apache-2.0
/** `npm start`: set up what is missing, then run the switch in the foreground. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { START_PACKAGES } from "./packages.mjs";
import { build, installModules, installPackages, ROOT, say } from "./steps.mjs";

try {
  installPackages(START_PACKAGES);
  installModules();
  build();
} catch (error) {
  say(`set-up failed: ${error.message}`);
  process.exit(1);
}
const main = join(ROOT, "dist", "src", "cli", "quickstart.js");
const child = spawn(process.execPath, [main, ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
