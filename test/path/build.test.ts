// SPDX-License-Identifier: Apache-2.0
/** What must hold for the compiled path: no level's code leaks into another, and the benchmark
 * still runs and counts what it sends. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CASES, measure } from "../../bench/path/measure.js";
import { ISA, loadHarness, TestPmd } from "../harness/path.js";
import { ROOT } from "../harness/processes.js";

const OBJECTS = join(ROOT, "native/build/Release/obj.target/datapath/path");

describe.each(["v2", "avx2", "avx512"])("objects of %s", (level) => {
  it("define no function that the linker could use for another level", () => {
    const symbols = execFileSync("nm", ["-C", join(OBJECTS, `isa-${level}.o`)], {
      encoding: "utf8",
    });
    // Global or weak code; weak data is the same for every level.
    const shared = symbols.split("\n").filter((line) => / [TW] /.test(line));
    expect(shared).toEqual([]);
  });
});

describe("levels", () => {
  it("are chosen on request, never above what the CPU has", () => {
    const native = loadHarness();
    for (const [name, isa] of Object.entries(ISA)) {
      const pmd = new TestPmd(native, isa);
      const allowed = { best: ["avx512", "avx2", "x86-64-v2"], v2: ["x86-64-v2"] }[name];
      expect(allowed ?? ["avx512", "avx2", "x86-64-v2"]).toContain(native.isaName(pmd.handle));
      expect(native.stateBytes(pmd.handle)).toBeGreaterThan(1_000_000);
      pmd.close();
    }
  });
});

describe.each(Object.keys(CASES) as (keyof typeof CASES)[])("bench case %s", (name) => {
  it("counts every packet it sends", () => {
    const measured = measure(name, { isa: ISA.best, quick: true });
    expect(measured.packets).toBe(25 * 512);
    expect(measured.p10).toBeGreaterThan(0);
  });
});
