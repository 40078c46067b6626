// SPDX-License-Identifier: Apache-2.0
/** Chosen tests of the stock suite; `POLLUX_SUITE="pmd.at alb.at"` chooses others. */
import { existsSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { judge, StockSuite, TARBALL } from "./stock-suite.mjs";

/** Fast ones from each family. */
const QUICK = [
  "bundle action with many ports",
  "single conjunctive match",
  "learning action - learn refreshes hard_age",
  "ofproto - echo request",
  "ofproto - queue stats - (OpenFlow 1.4)",
  "dpif-netdev - netdev-dummy/receive",
  "PMD - creating a thread/add-port",
  "PMD - multiqueue support",
  "ALB - default state",
];
const chosen = process.env.POLLUX_SUITE?.split(" ") ?? QUICK;
const HOURS_MS = 4 * 3600 * 1000;

describe.skipIf(!existsSync(TARBALL))("the stock test suite", () => {
  const suite = StockSuite.prepare();
  afterAll(() => suite.remove());

  it(
    "has no failure that is not listed",
    async () => {
      const tests = suite.choose(chosen);
      expect(tests.length).toBeGreaterThan(0);
      const results = await suite.run(tests);
      expect(results.length).toBe(tests.length);
      const { unexpected } = judge(results);
      for (const { test } of unexpected) console.log(suite.logOf(test));
      expect(unexpected.map(({ test }) => `${test.file}: ${test.title}`)).toEqual([]);
    },
    HOURS_MS,
  );
});
