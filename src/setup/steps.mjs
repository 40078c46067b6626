// SPDX-License-Identifier: Apache-2.0
/**
 * The set-up steps behind `npm start` and `npm test`. Plain JavaScript without dependencies: it
 * runs before anything is installed or compiled. Each step looks first and does nothing when
 * nothing is missing, so that a second run is quick.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export function say(text) {
  process.stdout.write(`pollux: ${text}\n`);
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { stdio: "inherit", cwd: ROOT, ...options });
  if (result.error) throw new Error(`cannot run ${command}: ${result.error.message}`);
  if (result.status !== 0) {
    throw new Error(`${command} ${args.join(" ")} failed (exit ${result.status ?? result.signal})`);
  }
}

function missingPackages(packages) {
  const query = spawnSync(
    "dpkg-query",
    ["-W", "-f", "$" + "{Package} $" + "{db:Status-Status}\n", ...packages],
    {
      encoding: "utf8",
    },
  );
  const installed = new Set(
    (query.stdout ?? "")
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  return packages.filter((name) => !installed.has(name));
}

/** Installs what is missing, without letting a package start its daemon: the stock switch's
 * package would otherwise take the run directory that Pollux is about to use. */
export function installPackages(packages) {
  const missing = missingPackages(packages);
  if (missing.length === 0) return;
  if (process.getuid() !== 0) {
    throw new Error(`Debian packages are missing (${missing.join(" ")}): run this as root once`);
  }
  say(`installing Debian packages: ${missing.join(" ")}`);
  const policy = "/usr/sbin/policy-rc.d";
  const guard = !existsSync(policy);
  if (guard) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    run("apt-get", ["update", "-q"], { env });
    run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...missing], { env });
  } finally {
    if (guard) rmSync(policy, { force: true });
  }
}

export function installModules() {
  const lock = join(ROOT, "package-lock.json");
  const stamp = join(ROOT, "node_modules", ".pollux-stamp");
  const want = digest([lock, join(ROOT, "package.json")]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === want) return;
  say("installing npm packages");
  // Not `npm ci`: it refuses a lock file without the builds that optional packages have for other
  // platforms, which not every registry offers.
  run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--include=dev"]);
  writeFileSync(stamp, want);
}

/** Compiles the TypeScript, then the addon (its header is generated from the compiled contract). */
export function build() {
  const typescript = { roots: ["src", "pmd", "native", "bench", "test"], suffixes: [".ts"] };
  buildStep("TypeScript", typescript, "dist", () =>
    run(process.execPath, [bin("typescript/bin/tsc"), "-p", "tsconfig.json"]),
  );
  const addon = { roots: ["native", "pmd/shm"], suffixes: [".cc", ".h", ".gyp", ".ts"] };
  buildStep("the native addon", addon, "native/build", () => {
    // Before make looks at it: what includes the header must see that it has changed.
    const header = join(ROOT, "native/generated/shm.h");
    run(process.execPath, [join(ROOT, "dist/pmd/shm/generate-header.js"), header]);
    run(
      process.execPath,
      [
        bin("node-gyp/bin/node-gyp.js"),
        ...["configure", "build", "--directory", "native", ...nodeHeaders()],
      ],
      { env: { ...process.env, MAKEFLAGS: "-j2" } },
    );
  });
}

/** Node's headers beside the node that runs, where installed; else node-gyp fetches them. */
function nodeHeaders() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  return existsSync(join(prefix, "include/node/node.h")) ? [`--nodedir=${prefix}`] : [];
}

function bin(path) {
  return join(ROOT, "node_modules", path);
}

function buildStep(what, { roots, suffixes }, output, compile) {
  const stamp = join(ROOT, output, ".stamp");
  const sources = roots.flatMap((root) => sourceFiles(join(ROOT, root), suffixes));
  const want = digest([...sources, join(ROOT, "tsconfig.json")]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === want) return;
  say(`building ${what}`);
  compile();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, want);
}

function sourceFiles(folder, suffixes) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !["build", "generated", "node_modules"].includes(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sourceFiles(path, suffixes);
      return suffixes.some((suffix) => entry.name.endsWith(suffix)) ? [path] : [];
    });
}

function digest(files) {
  const hash = createHash("sha256");
  for (const file of files.filter((path) => existsSync(path)).sort()) {
    hash.update(relative(ROOT, file)).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}
