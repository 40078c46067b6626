// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { levelsText, patternsText } from "../../src/appctl/vlog.js";
import { ManualClock } from "../../src/lib/clock.js";
import {
  closeLogFile,
  logLevels,
  logPatterns,
  openLogFile,
  RateLimit,
  reopenLogFile,
  setLogLevel,
  setLogPattern,
  setLogSpec,
  setRateLimiting,
  vlog,
} from "../../src/lib/log.js";
import { formatDate, formatRecord, type LogRecord } from "../../src/lib/log-pattern.js";

const RECORD: LogRecord = {
  program: "ovs-vswitchd",
  module: "bridge",
  level: "warn",
  message: "hello",
  sequence: 7,
  wallMs: Date.UTC(2023, 0, 5, 6, 7, 8, 9),
  uptimeMs: 1234.5,
  thread: "",
  priority: 28,
};

describe("patterns", () => {
  test.each([
    [
      "%D{%Y-%m-%dT%H:%M:%S.###Z}|%05N|%c%T|%p|%m",
      "2023-01-05T06:07:08.009Z|00007|bridge|WARN|hello",
    ],
    ["<%B> %D{%h %e %T} %A: %m", "<28> Jan  5 06:07:08 ovs-vswitchd: hello"],
    ["%-8p|%8p|%r|%t|%%", "WARN    |    WARN|1234|main|%"],
    ["%P", String(process.pid)],
  ])("%s", (pattern, text) => {
    expect(formatRecord(pattern, RECORD)).toBe(text);
  });

  test("a message of a worker names its thread", () => {
    const record = { ...RECORD, thread: "pmd-c01/id:8" };
    expect(formatRecord("%c%T|%t", record)).toBe("bridge(pmd-c01/id:8)|pmd-c01/id:8");
  });

  test("fractions have as many digits as there are hashes", () => {
    expect(formatDate("%S.#", 123, true)).toBe("00.1");
    expect(formatDate("%S.######", 123, true)).toBe("00.123000");
  });
});

describe("the log", () => {
  let dir: string;
  let file: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "vlog-"));
    file = join(dir, "test.log");
    setLogLevel("off", undefined, "console");
    setLogLevel("off", undefined, "syslog");
  });
  afterAll(() => {
    closeLogFile();
    rmSync(dir, { recursive: true });
  });
  beforeEach(() => {
    setLogLevel("info", undefined, "file");
    setLogPattern("file", "%c|%p|%m");
  });

  const lines = (): string[] => readFileSync(file, "utf8").trimEnd().split("\n");

  test("writes what its level lets through, and makes no message that nobody sees", () => {
    expect(openLogFile(file)).toBeUndefined();
    const log = vlog("one");
    log.info("shown");
    log.dbg(() => {
      throw new Error("made in vain");
    });
    expect(lines()).toEqual([`vlog|INFO|opened log file ${file}`, "one|INFO|shown"]);
  });

  test("vlog/set words come in any order, and are refused as the stock daemon does", () => {
    vlog("dpif_netdev");
    expect(setLogSpec("dpif-netdev:file:dbg")).toBeUndefined();
    expect(vlog("dpif_netdev").enabled("dbg")).toBe(true);
    expect(setLogSpec("err,ANY")).toBeUndefined();
    expect(vlog("dpif_netdev").enabled("warn")).toBe(false);
    expect(setLogSpec("foo")).toBe('no destination, level, or module "foo"');
    expect(setLogSpec("dbg err")).toBe("cannot specify multiple levels");
    expect(setLogSpec("console file")).toBe("cannot specify multiple destinations");
    expect(setLogSpec("one dpif_netdev")).toBe("cannot specify multiple modules");
    expect(setLogSpec("PATTERN:foo:x")).toBe('unknown destination "foo"');
    expect(setLogSpec("FACILITY:zz")).toBe("invalid facility");
    expect(setLogSpec("FACILITY:local3")).toBeUndefined();
    setLogLevel("off", undefined, "console");
    setLogLevel("off", undefined, "syslog");
  });

  test("vlog/list and vlog/list-pattern", () => {
    vlog("a_module_with_a_long_name");
    setLogLevel("warn", "one", "file");
    const list = levelsText(logLevels()).split("\n");
    expect(list.slice(0, 2)).toEqual([
      "                 console    syslog    file",
      "                 -------    ------    ------",
    ]);
    expect(list).toContain("one                OFF        OFF       WARN");
    expect(list).toContain("a_module_with_a_long_name   OFF        OFF       INFO");
    expect(patternsText(logPatterns())).toBe(
      [
        "         prefix                            format",
        "         ------                            ------",
        "SYSLOG   <%B> %D{%h %e %T} %E %A:          ovs|%05N|%c%T|%p|%m",
        "CONSOLE  none                              %D{%Y-%m-%dT%H:%M:%SZ}|%05N|%c%T|%p|%m",
        "FILE     none                              %c|%p|%m",
        "",
      ].join("\n"),
    );
  });

  test("rate limits drop, and say how much, unless they are off", () => {
    const clock = new ManualClock();
    const limit = new RateLimit(60, 2, clock);
    const log = vlog("limited");
    const before = lines().length;
    for (let i = 0; i < 5; i++) log.warn(`m${i}`, limit);
    clock.advance(4000);
    log.warn("later", limit);
    expect(lines().slice(before)).toEqual([
      "limited|WARN|m0",
      "limited|WARN|m1",
      "limited|WARN|Dropped 3 log messages in last 4 seconds (most recently, 4 seconds ago) " +
        "due to excessive rate",
      "limited|WARN|later",
    ]);
    expect(setRateLimiting(["nonesuch"], false)).toBe("unknown module");
    expect(setRateLimiting(["limited"], false)).toBeUndefined();
    for (let i = 0; i < 5; i++) log.warn(`n${i}`, limit);
    expect(lines().filter((line) => line.includes("|n"))).toHaveLength(5);
  });

  test("reopening follows a rotation", () => {
    renameSync(file, `${file}.1`);
    expect(reopenLogFile()).toBeUndefined();
    vlog("one").info("after rotation");
    expect(lines()).toContain(`vlog|INFO|opened log file ${file}`);
    expect(lines()).not.toContain("one|INFO|shown");
    expect(openLogFile(join(dir, "no/such.log"))).toBe("No such file or directory");
  });
});
