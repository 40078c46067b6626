// SPDX-License-Identifier: Apache-2.0
/** Starts the worker of a packet thread, from dist/ or, in tests, from the TypeScript source. */
import { Worker } from "node:worker_threads";
import type { PmdWorkerData } from "../../pmd/worker.js";

/** Module hooks (node:module, "Customization hooks") that let a worker load our sources: the
 * compiler that builds dist/ takes the types out of each file as it is loaded. */
const SOURCE_HOOKS = `
import ts from "typescript";
import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
export async function resolve(specifier, context, next) {
  if (/^\\.{1,2}\\/.*\\.js$/.test(specifier)) {
    const url = new URL(specifier.replace(/\\.js$/, ".ts"), context.parentURL);
    if (existsSync(fileURLToPath(url))) return { url: url.href, shortCircuit: true };
  }
  return next(specifier, context);
}
export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const { outputText } = ts.transpileModule(await readFile(fileURLToPath(url), "utf8"), {
    compilerOptions: { module: "ESNext", target: "ES2022", verbatimModuleSyntax: true },
  });
  return { format: "module", source: outputText, shortCircuit: true };
}
`;

const FROM_SOURCE = import.meta.url.endsWith(".ts");

export function spawnPmdWorker(workerData: PmdWorkerData): Worker {
  const entry = new URL(`../../pmd/worker.${FROM_SOURCE ? "ts" : "js"}`, import.meta.url);
  // Nothing on a packet thread wants Node's own options, least of all those of a test runner.
  const options = { workerData, execArgv: [], stdin: false };
  if (!FROM_SOURCE) return new Worker(entry, options);
  const hooks = new URL("./hooks.mjs", import.meta.url);
  const bootstrap = `
    const { register } = require("node:module");
    const hooks = ${JSON.stringify(SOURCE_HOOKS)};
    register("data:text/javascript," + encodeURIComponent(
      hooks.replace('"typescript"', JSON.stringify(${JSON.stringify(compilerUrl())}))),
      ${JSON.stringify(hooks.href)});
    import(${JSON.stringify(entry.href)});
  `;
  return new Worker(bootstrap, { ...options, eval: true });
}

/** A module from a data: URL cannot name packages, only files. */
function compilerUrl(): string {
  return import.meta.resolve("typescript");
}
