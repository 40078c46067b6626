// SPDX-License-Identifier: Apache-2.0
/** The rules of the tree that a machine can check: import arrows, sizes, licence lines. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { ROOT } from "./harness/processes.js";

const LINE_MAX = 100;
const FILE_MAX = 400;
const FUNCTION_MAX = 70;

/** What a room may import of ours; a folder covers everything below it. The first room whose name
 * is a prefix of a file's path speaks for the file. */
const ARROWS: readonly (readonly [room: string, mayImport: readonly string[]])[] = [
  ["native", ["native"]],
  ["pmd/worker.ts", ["pmd", "native/index.ts"]],
  ["pmd", ["pmd"]],
  ["src/lib", ["src/lib"]],
  ["src/net", ["src/net", "src/lib"]],
  ["src/ovsdb", ["src/ovsdb", "src/net", "src/lib"]],
  ["src/openflow", ["src/openflow", "src/lib", "pmd/shm"]],
  ["src/odp", ["src/odp", "src/lib", "src/openflow", "pmd/shm"]],
  ["src/ofproto", ["src/ofproto", "src/openflow", "src/odp", "src/net", "src/lib", "pmd/shm"]],
  ["src/dpif", ["src/dpif", "src/odp", "src/lib", "pmd", "native/index.ts"]],
  [
    "src/slowpath",
    ["src/slowpath", "src/dpif", "src/ofproto", "src/openflow", "src/odp"].concat([
      "src/lib",
      "pmd/shm",
    ]),
  ],
  [
    "src/monitoring",
    ["src/monitoring", "src/bridge", "src/slowpath", "src/dpif", "src/ofproto"].concat([
      "src/openflow",
      "src/ovsdb",
      "src/net",
      "src/lib",
      "pmd",
    ]),
  ],
  ["src/guests", ["src/guests"]],
  [
    "src/cli",
    ["src/cli", "src/ovsdb", "src/openflow", "src/net", "src/lib", "src/guests"].concat([
      "src/main.ts",
      "src/odp",
      "pmd/shm",
    ]),
  ],
  ["src", ["src", "pmd"]],
  ["bench", ["bench", "src", "pmd", "native", "test/harness"]],
  ["test", ["test", "src", "pmd", "native", "bench"]],
];

const NOBODY_IMPORTS = ["bench", "test", "src/main.ts"];

function tracked(...patterns: string[]): string[] {
  const out = execFileSync("git", ["ls-files", "--", ...patterns], { cwd: ROOT, encoding: "utf8" });
  return out.split("\n").filter((path) => path !== "");
}

function text(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function isBelow(path: string, room: string): boolean {
  return path === room || path.startsWith(`${room}/`);
}

const TYPESCRIPT = tracked("*.ts");
const CODE = [...TYPESCRIPT, ...tracked("*.mjs", "*.cc", "*.h")];

/** Our own files that `path` imports. */
function imports(path: string): string[] {
  const found = text(path).matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]*)"/g);
  return [...found].map((match) =>
    normalize(join(dirname(path), match[1]!)).replace(/\.js$/, ".ts"),
  );
}

describe("import arrows", () => {
  it("every room imports only what it may", () => {
    const wrong = TYPESCRIPT.flatMap((path) => {
      const arrow = ARROWS.find(([room]) => isBelow(path, room));
      if (!arrow) return [];
      return imports(path)
        .filter((target) => !arrow[1].some((room) => isBelow(target, room)))
        .map((target) => `${path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it("nothing that ships imports the entry point, the benchmarks or the tests", () => {
    const wrong = TYPESCRIPT.filter((path) => !isBelow(path, "test") && !isBelow(path, "bench"))
      // The command line is the one door to the daemon.
      .filter((path) => path !== "src/cli/pollux.ts")
      .flatMap((path) =>
        imports(path)
          .filter((target) => NOBODY_IMPORTS.some((room) => isBelow(target, room)))
          .map((target) => `${path} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it("the packet's path includes nothing above it", () => {
    const wrong = tracked("native/tables/*.h", "native/tables/*.cc").flatMap((path) =>
      [...text(path).matchAll(/#include "(?:\.\.\/)?(path|io|eal)\//g)].map(
        (match) => `${path} includes ${match[1]}`,
      ),
    );
    expect(wrong).toEqual([]);
  });
});

describe("sizes", () => {
  it(`no line is longer than ${LINE_MAX} characters`, () => {
    const long = CODE.flatMap((path) =>
      text(path)
        .split("\n")
        .flatMap((line, i) => (line.length > LINE_MAX ? [`${path}:${i + 1}`] : [])),
    );
    expect(long).toEqual([]);
  });

  it(`no file is longer than ${FILE_MAX} lines`, () => {
    const long = CODE.map((path) => [path, text(path).split("\n").length - 1] as const)
      .filter(([, lines]) => lines > FILE_MAX)
      .map(([path, lines]) => `${path}: ${lines}`);
    expect(long).toEqual([]);
  });

  it(`no function is longer than ${FUNCTION_MAX} lines`, () => {
    const long: string[] = [];
    for (const path of TYPESCRIPT.filter((name) => !isBelow(name, "test"))) {
      const file = ts.createSourceFile(path, text(path), ts.ScriptTarget.ES2022, true);
      const lineOf = (at: number) => file.getLineAndCharacterOfPosition(at).line;
      const visit = (node: ts.Node): void => {
        if (ts.isFunctionLike(node) && "body" in node && node.body) {
          const lines = lineOf(node.getEnd()) - lineOf(node.getStart()) + 1;
          if (lines > FUNCTION_MAX) long.push(`${path}:${lineOf(node.getStart()) + 1}: ${lines}`);
        }
        ts.forEachChild(node, visit);
      };
      visit(file);
    }
    expect(long).toEqual([]);
  });
});

describe("licence", () => {
  it("every source file names it in its first or second line", () => {
    const without = CODE.filter(
      (path) =>
        !text(path).split("\n", 2).join("\n").includes("SPDX-License-Identifier: Apache-2.0"),
    );
    expect(without).toEqual([]);
  });
});

describe("rooms", () => {
  it("every room has a README", () => {
    const rooms = new Set(
      tracked("src/*/*", "native/*/*", "pmd/*/*", "bench/*")
        .map((path) => dirname(path))
        .map((path) =>
          path
            .split("/")
            .slice(0, path.startsWith("bench") ? 1 : 2)
            .join("/"),
        ),
    );
    const files = new Set(tracked("*README.md"));
    expect([...rooms].filter((room) => !files.has(`${room}/README.md`))).toEqual([]);
  });
});
