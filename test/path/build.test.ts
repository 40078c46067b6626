// SPDX-License-Identifier: Apache-2.0
/** What must hold for the compiled path: no level's code leaks into another, and the benchmark
 * still runs and counts what it sends. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CASES, type CaseName } from "../../bench/path/cases.js";
import { measure } from "../../bench/path/measure.js";
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
      const all = ["avx512", "avx2", "x86-64-v2"];
      expect(name === "steps" ? [...all, "steps"] : (allowed ?? all)).toContain(
        native.isaName(pmd.handle),
      );
      expect(native.stateBytes(pmd.handle)).toBeGreaterThan(1_000_000);
      pmd.close();
    }
  });
});

describe.each(Object.keys(CASES) as CaseName[])("bench case %s", (name) => {
  it("counts every packet it sends", () => {
    const measured = measure(name, { isa: ISA.best, quick: true });
    expect(measured.packets).toBe(25 * 512);
    expect(measured.p10).toBeGreaterThan(0);
  });
});

describe("the build that times its steps", () => {
  it("takes the same way as the one that does not", () => {
    for (const name of ["simple", "exact-1k", "exact-64k-smc", "masks-8-zipf"] as const) {
      const plain = measure(name, { isa: ISA.best, quick: true });
      const timed = measure(name, { isa: ISA.steps, quick: true });
      expect(timed.packets).toBe(plain.packets);
      expect(timed.emcPercent).toBe(plain.emcPercent);
      // Which entries a full set of the signature cache loses depends on the secret of its hash.
      expect(timed.subtables).toBeCloseTo(plain.subtables, 1);
    }
  });
});
