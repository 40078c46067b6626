// SPDX-License-Identifier: Apache-2.0
// Lets a child process of a test import the sources as they are: `node --import THIS child.ts`.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { register } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

if (isMainThread) register(import.meta.url);

/** Finds the source of a module that is imported by the name of its output. */
export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (!specifier.startsWith(".") || !specifier.endsWith(".js")) throw error;
    return next(specifier.replace(/\.js$/, ".ts"), context);
  }
}

/** Transpiles, once per content: children are started many times. */
export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const source = readFileSync(fileURLToPath(url), "utf8");
  const directory = process.env.TRANSPILED_DIR ?? join(tmpdir(), `transpiled-${process.pid}`);
  const cached = join(directory, `${createHash("sha1").update(source).digest("hex")}.js`);
  if (!existsSync(cached)) {
    const { default: ts } = await import("typescript");
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    mkdirSync(directory, { recursive: true });
    writeFileSync(`${cached}.${process.pid}`, outputText);
    renameSync(`${cached}.${process.pid}`, cached);
  }
  return { format: "module", source: readFileSync(cached, "utf8"), shortCircuit: true };
}
