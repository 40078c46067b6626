// SPDX-License-Identifier: Apache-2.0
/**
 * The public test suite of Open vSwitch, as Debian's `openvswitch-source` ships it, with Pollux in
 * the place of `ovs-vswitchd`. The suite is a shell script made with Autotest; it is unpacked into
 * a directory of its own and finds its programs in a folder of ours, then in the system.
 */
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Where the package puts it. */
export const TARBALL = "/usr/src/openvswitch/openvswitch.tar.gz";

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = process.env.POLLUX_DIST ?? join(HERE, "../../dist");

/** Programs of the suite's own that would have to be compiled: a test that needs one is skipped
 * (77 is Autotest's word for it). */
const COMPILED = ["ovstest", "test-ovsdb", "test-stream", "test-lib", "test-strtok_r"];

/** Programs that test the Python bindings, in passing, with what the switch was told: they find
 * nothing wrong. */
const BYSTANDERS = ["test-ofparse.py", "test-dpparse.py"];

/**
 * @typedef {{ number: number, file: string, line: number, title: string, keywords: string[] }} Test
 * @typedef {"passed" | "failed" | "skipped"} Outcome
 * @typedef {{ test: Test, outcome: Outcome, where: string }} Result
 */

/** Known failures: reasons by file and title. */
export function expectedFailures() {
  return JSON.parse(readFileSync(join(HERE, "expected-failures.json"), "utf8"));
}

/** @returns {string | undefined} why a failure of this test is expected */
export function reasonOf(expected, test) {
  return expected[test.file]?.[test.title];
}

export class StockSuite {
  /** @param {string} dir an unpacked suite */
  constructor(dir, ownDir) {
    this.dir = dir;
    this.ownDir = ownDir;
    this.top = join(dir, "openvswitch");
    this.testDir = join(this.top, "tests");
    this.bin = join(dir, "bin");
  }

  /**
   * Unpacks the suite.
   * @param {{ dir?: string, daemon?: "pollux" | "stock" }} options `dir`: to keep and use again
   */
  static prepare({ dir, daemon = "pollux" } = {}) {
    if (!existsSync(TARBALL)) throw new Error(`${TARBALL}: install openvswitch-source`);
    const suite = new StockSuite(dir ?? mkdtempSync(join(tmpdir(), "pollux-suite-")), !dir);
    mkdirSync(suite.bin, { recursive: true });
    if (!existsSync(suite.testDir)) execFileSync("tar", ["xzf", TARBALL, "-C", suite.dir]);
    suite.#configure();
    // Without an argument the stock daemon looks for the database in its run directory.
    const database =
      'case " $* " in *" unix:"*) ;; *) set -- "$@" "unix:$OVS_RUNDIR/db.sock" ;; esac';
    const command = `exec ${process.execPath} ${join(DIST, "src/cli/pollux.js")} switchd "$@"`;
    const pollux = `${database}\n${command}`;
    if (daemon === "pollux") suite.#program("ovs-vswitchd", pollux);
    else rmSync(join(suite.bin, "ovs-vswitchd"), { force: true });
    for (const helper of BYSTANDERS) suite.#program(helper, "cat > /dev/null");
    for (const helper of COMPILED) suite.#program(helper, `echo "needs ${helper}" >&2; exit 77`);
    return suite;
  }

  /** What `configure` would have found out. */
  #configure() {
    writeFileSync(
      join(this.testDir, "atconfig"),
      [
        "at_testdir='tests'",
        `abs_builddir='${this.testDir}'`,
        "at_srcdir='.'",
        `abs_srcdir='${this.testDir}'`,
        "at_top_srcdir='..'",
        `abs_top_srcdir='${this.top}'`,
        "at_top_build_prefix='../'",
        `abs_top_builddir='${this.top}'`,
        "at_top_builddir=$at_top_build_prefix",
        "EXEEXT=''",
        `AUTOTEST_PATH='${this.bin}'`,
        "SHELL=/bin/bash",
        "",
      ].join("\n"),
    );
    const facts = { HAVE_OPENSSL: "yes", EGREP: "grep -E", PYTHON3: "python3" };
    const template = readFileSync(join(this.testDir, "atlocal.in"), "utf8");
    const local = template.replace(/@(\w+)@/g, (_all, name) => facts[name] ?? "");
    const wait = `OVS_CTL_TIMEOUT=${process.env.POLLUX_SUITE_WAIT ?? 20}; export OVS_CTL_TIMEOUT\n`;
    // The traffic shaper's probe makes devices of the machine.
    writeFileSync(join(this.testDir, "atlocal"), local.replace("find_command tc", "") + wait);
  }

  #program(name, line) {
    const path = join(this.bin, name);
    writeFileSync(path, `#!/bin/sh\n${line}\n`);
    chmodSync(path, 0o755);
  }

  /** @returns {Test[]} */
  list() {
    const text = execFileSync("./testsuite", ["--list"], { cwd: this.testDir, encoding: "utf8" });
    const tests = [];
    for (const line of text.split("\n")) {
      const head = /^\s*(\d+): (\S+\.at):(\d+)\s+(.*?)\s*$/.exec(line);
      if (head) {
        const [, number, file, at, title] = head;
        tests.push({ number: Number(number), file, line: Number(at), title, keywords: [] });
      } else if (/^ {6,}\S/.test(line) && tests.length > 0) {
        tests.at(-1).keywords.push(...line.trim().split(/\s+/));
      }
    }
    return tests;
  }

  /**
   * The tests that `wanted` names: files (`pmd.at`), numbers, ranges (`3-7`), else words that are a
   * keyword or part of a title.
   * @returns {Test[]}
   */
  choose(wanted) {
    const tests = this.list();
    const matches = (test, word) => {
      if (word.endsWith(".at")) return test.file === word;
      const range = /^(\d+)(?:-(\d+))?$/.exec(word);
      if (range) return test.number >= +range[1] && test.number <= +(range[2] ?? range[1]);
      return test.keywords.includes(word) || test.title.includes(word);
    };
    return tests.filter((test) => wanted.some((word) => matches(test, word)));
  }

  /**
   * Runs tests one after the other.
   * @param {Test[]} tests
   * @param {(result: Result) => void} onResult
   * @returns {Promise<Result[]>}
   */
  async run(tests, onResult = () => {}) {
    if (tests.length === 0) return [];
    const byNumber = new Map(tests.map((test) => [test.number, test]));
    const results = [];
    const child = spawn("./testsuite", [...byNumber.keys()].map(String), {
      cwd: this.testDir,
      stdio: ["ignore", "pipe", "ignore"],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const match = /^\s*(\d+): .*?(ok|FAILED|skipped)(?: \(([^)]*)\))?\s*$/.exec(line);
      const test = match && byNumber.get(Number(match[1]));
      if (!test) continue;
      const outcome = { ok: "passed", FAILED: "failed", skipped: "skipped" }[match[2]];
      const result = { test, outcome, where: match[3] ?? "" };
      results.push(result);
      onResult(result);
    }
    return results;
  }

  /** The log of a test that failed. */
  logOf(test) {
    const folder = String(test.number).padStart(String(this.list().length).length, "0");
    const path = join(this.testDir, "testsuite.dir", folder, "testsuite.log");
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  remove() {
    if (this.ownDir) rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Failures that nobody listed, and listed ones that pass now. */
export function judge(results, expected = expectedFailures()) {
  const failed = results.filter(({ outcome }) => outcome === "failed");
  const passed = results.filter(({ outcome }) => outcome === "passed");
  return {
    unexpected: failed.filter(({ test }) => reasonOf(expected, test) === undefined),
    obsolete: passed.filter(({ test }) => reasonOf(expected, test) !== undefined),
  };
}
