// SPDX-License-Identifier: Apache-2.0
/** The path's tests again, built with the address and undefined-behaviour sanitizers; the rings
 * with the thread sanitizer. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, run } from "../harness/processes.js";

const NATIVE = join(ROOT, "native");
const OUT = join(NATIVE, "build-asan");
const require = createRequire(import.meta.url);

function words(command: string, ...args: string[]): string[] {
  return execFileSync(command, args, { encoding: "utf8" }).trim().split(/\s+/);
}

/** Where gcc has a runtime library; empty when it has none. */
function runtime(name: string): string {
  const [path] = words("gcc", `-print-file-name=${name}`);
  return existsSync(path!) && path !== name ? realpathSync(path!) : "";
}

async function compile(args: string[]): Promise<void> {
  const flags = ["-std=gnu++20", "-O1", "-g", "-fno-omit-frame-pointer", "-I", NATIVE];
  const built = await run("g++", [...flags, ...args], { timeoutMs: 280_000 });
  expect(built.stderr).not.toContain("error");
  expect(built.status).toBe(0);
}

/** The harness as native/binding.gyp builds it, with sanitizers. */
async function buildHarness(path: string): Promise<void> {
  const rooms = ["packet", "tables", "meter", "actions", "path"];
  const sources = rooms.flatMap((room) =>
    readdirSync(join(NATIVE, room))
      .filter((name) => name.endsWith(".cc"))
      .map((name) => join(NATIVE, room, name)),
  );
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  const headers = [join(prefix, "include/node"), "/usr/include/node"].find((folder) =>
    existsSync(join(folder, "node_api.h")),
  );
  expect(headers).toBeDefined();
  const dpdk = words("pkg-config", "--cflags", "libdpdk").filter((flag) => !flag.startsWith("-m"));
  await compile([
    ...["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-sanitize=vptr"],
    ...["-march=x86-64-v2", "-fno-exceptions", "-fno-strict-aliasing", "-w", "-fPIC", "-shared"],
    ...["-DNAPI_VERSION=8", "-DNODE_ADDON_API_DISABLE_DEPRECATED", "-DNAPI_DISABLE_CPP_EXCEPTIONS"],
    ...["-I", headers!, "-I", dirname(require.resolve("node-addon-api/napi.h"))],
    ...dpdk,
    ...sources,
    ...["harness.cc", "steps.cc"].map((name) => join(NATIVE, "harness", name)),
    ...["-o", path],
    ...words("pkg-config", "--libs", "libdpdk"),
  ]);
}

const asan = runtime("libasan.so");
const tsan = runtime("libtsan.so");

describe.skipIf(asan === "")("with address and undefined-behaviour sanitizers", () => {
  it("the path's tests pass", { timeout: 600_000 }, async () => {
    mkdirSync(OUT, { recursive: true });
    const path = join(OUT, "harness.node");
    await buildHarness(path);
    const files = ["actions", "classifier", "encap", "extract", "meter", "misses"].map(
      (name) => `test/path/${name}.test.ts`,
    );
    const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
    const args = [vitest, "run", "--project", "quick", "--maxWorkers", "1", ...files];
    const env = {
      ...process.env,
      POLLUX_HARNESS: path,
      PATH_PACKETS: "20000",
      LD_PRELOAD: asan,
      // Node itself leaks at exit, and ends worker processes by signal.
      ASAN_OPTIONS: "detect_leaks=0:abort_on_error=1:handle_segv=0",
      UBSAN_OPTIONS: "print_stacktrace=1",
    };
    const tested = await run(process.execPath, args, { env, timeoutMs: 280_000 });
    const text = tested.stdout + tested.stderr;
    expect(text).not.toMatch(/ERROR: AddressSanitizer|runtime error:/);
    expect(text).toMatch(/Tests .*passed/);
    expect(tested.status).toBe(0);
  });
});

describe.skipIf(tsan === "")("with the thread sanitizer", () => {
  it("a ring's two ends do not race", async () => {
    mkdirSync(OUT, { recursive: true });
    const path = join(OUT, "ring-stress");
    const source = join(NATIVE, "harness/ring-stress.cc");
    await compile(["-fsanitize=thread", source, "-o", path, "-pthread"]);
    const env = { ...process.env, TSAN_OPTIONS: "halt_on_error=1" };
    // Where the address space is laid out at random, the sanitizer may not find room for itself.
    const ran = await run("setarch", ["-R", path], { env, timeoutMs: 120_000 });
    expect(ran.stderr).toBe("");
    expect(ran.stdout).toMatch(/^200000 records\n$/);
    expect(ran.status).toBe(0);
  });
});
