// SPDX-License-Identifier: Apache-2.0
/**
 * `npm test`: set up what is missing, then lint, quick tests, tests with real peers, and last the
 * slow ones with guests. The last line counts: `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reserveHugepages } from "./hugepages.mjs";
import { START_PACKAGES, TEST_PACKAGES } from "./packages.mjs";
import { build, installModules, installPackages, ROOT, say } from "./steps.mjs";

/** 2 MB pages that the real-device tests want: a switch, a peer and a testpmd guest at a time. */
const TEST_HUGEPAGES = 1536;

function vitest(project, outputFolder) {
  const report = join(outputFolder, `${project}.json`);
  const result = spawnSync(
    process.execPath,
    [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--project", project]
      .concat(["--reporter=default", "--reporter=json", `--outputFile.json=${report}`])
      .concat(process.argv.slice(2)),
    { stdio: "inherit", cwd: ROOT },
  );
  const counts = { passed: 0, failed: 0, skipped: 0 };
  if (existsSync(report)) {
    const json = JSON.parse(readFileSync(report, "utf8"));
    counts.passed = json.numPassedTests;
    counts.failed = json.numFailedTests;
    counts.skipped = json.numPendingTests + json.numTodoTests;
  }
  // A file that does not load, or a crash, fails without a failed test: it still counts as one.
  if (result.status !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

function lint() {
  const biome = join(ROOT, "node_modules/@biomejs/biome/bin/biome");
  const result = spawnSync(process.execPath, [biome, "check", "--error-on-warnings", "."], {
    stdio: "inherit",
    cwd: ROOT,
  });
  return { passed: result.status === 0 ? 1 : 0, failed: result.status === 0 ? 0 : 1, skipped: 0 };
}

const totals = { passed: 0, failed: 0, skipped: 0 };
const folder = mkdtempSync(join(tmpdir(), "pollux-test-"));
let releaseHugepages = () => {};
try {
  installPackages([...START_PACKAGES, ...TEST_PACKAGES]);
  installModules();
  build();
  releaseHugepages = reserveHugepages(TEST_HUGEPAGES);
  for (const stage of [lint, () => vitest("quick", folder), () => vitest("real", folder)]) {
    const counts = stage();
    for (const key of Object.keys(totals)) totals[key] += counts[key];
  }
} catch (error) {
  say(`set-up failed: ${error.message}`);
  totals.failed += 1;
} finally {
  releaseHugepages();
  rmSync(folder, { recursive: true, force: true });
}
if (totals.skipped > 0) say(`${totals.skipped} skipped; each says why above`);
process.stdout.write(`${totals.passed} passed, ${totals.failed} failed\n`);
process.exitCode = totals.failed === 0 ? 0 : 1;
