// SPDX-License-Identifier: Apache-2.0
/** `node test/suite/run.mjs [--keep DIR] [--stock] [--list] FILE.at|NUMBER|WORD…`: README.md. */
import { expectedFailures, judge, reasonOf, StockSuite } from "./stock-suite.mjs";

const words = process.argv.slice(2);
const flag = (name) => {
  const at = words.indexOf(name);
  if (at >= 0) words.splice(at, 1);
  return at >= 0;
};
const keepAt = words.indexOf("--keep");
const dir = keepAt >= 0 ? words.splice(keepAt, 2)[1] : undefined;
const suite = StockSuite.prepare({ dir, daemon: flag("--stock") ? "stock" : "pollux" });
const listOnly = flag("--list");
const tests = suite.choose(words);
if (tests.length === 0) {
  process.stderr.write("usage: run.mjs [--keep DIR] [--stock] [--list] FILE.at|NUMBER|WORD…\n");
  process.exit(2);
}

const expected = expectedFailures();
const show = ({ test, outcome, where }) => {
  const reason = outcome === "failed" ? (reasonOf(expected, test) ?? "NOT EXPECTED") : "";
  const place = outcome === "passed" ? `${test.file}:${test.line}` : where;
  console.log(`${String(test.number).padStart(5)} ${outcome} ${test.title} (${place}) ${reason}`);
};

if (listOnly) {
  for (const test of tests) console.log(`${test.number} ${test.file}:${test.line} ${test.title}`);
} else {
  const results = await suite.run(tests, show);
  for (const file of new Set(tests.map((test) => test.file))) {
    const count = (outcome) =>
      results.filter((result) => result.test.file === file && result.outcome === outcome).length;
    console.log(
      `${file}: ${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`,
    );
  }
  const { unexpected, obsolete } = judge(results, expected);
  for (const { test } of obsolete) console.log(`passes now: ${test.file} "${test.title}"`);
  process.exitCode = unexpected.length > 0 || results.length < tests.length ? 1 : 0;
}
suite.remove();
