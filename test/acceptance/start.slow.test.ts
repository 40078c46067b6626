// SPDX-License-Identifier: Apache-2.0
/** What `npm start` gives: a switch that the stock tools and their twins see alike. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeTempDir, ROOT, removeDir, run, until } from "../harness/processes.js";
import { POLLUX, switchEnv } from "../harness/switch.js";

const dir = makeTempDir();
const env = switchEnv(dir);
let output = "";
let child: ChildProcess;

function start(): ChildProcess {
  output = "";
  const started = spawn(process.execPath, [join(ROOT, "dist/src/cli/quickstart.js")], { env });
  for (const stream of [started.stdout, started.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return started;
}

async function started(): Promise<void> {
  await until(`the start to finish; so far:\n${output}`, () => output.includes("Ctrl-C"), 60_000);
}

async function stop(): Promise<void> {
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGINT");
  await gone;
}

beforeAll(async () => {
  child = start();
  await started();
});

afterAll(async () => {
  await stop();
  removeDir(dir);
});

it("makes br0 with two sockets and prints how a machine uses them", async () => {
  for (const port of ["vm0", "vm1"]) {
    expect(output).toContain(join(dir, `${port}.sock`));
    const type = await run("ovs-vsctl", ["get", "Interface", port, "type"], { env });
    expect(type.stdout.trim()).toBe("dpdkvhostuserclient");
  }
  expect(output).toContain("qemu-system-x86_64");
  expect(output).toContain("share=on");
});

const TWINS: readonly (readonly [stock: string, own: string, ...args: string[]])[] = [
  ["ovs-vsctl", "vsctl", "show"],
  ["ovs-vsctl", "vsctl", "list", "Bridge"],
  ["ovs-vsctl", "vsctl", "list-ports", "br0"],
  ["ovs-ofctl", "ofctl", "show", "br0"],
  ["ovs-ofctl", "ofctl", "dump-tables", "br0"],
  ["ovs-appctl", "appctl", "dpif/show"],
  ["ovs-appctl", "appctl", "dpif-netdev/pmd-rxq-show"],
  ["ovs-appctl", "appctl", "list-commands"],
];

it.each(TWINS)("%s and pollux %s %s answer alike", async (stock, own, ...args) => {
  const theirs = await run(stock, args, { env });
  const ours = await run(process.execPath, [POLLUX, own, ...args], { env });
  expect(theirs.status).toBe(0);
  expect(blank(ours.stdout)).toBe(blank(theirs.stdout));
  expect(ours.status).toBe(theirs.status);
});

/** What differs from one second to the next: transaction ids, cycles. */
function blank(text: string): string {
  return text
    .replace(/\(xid=0x[0-9a-f]+\)/g, "(xid)")
    .replace(/usage: +\d+ %/g, "usage")
    .replace(/overhead: +\d+ %/g, "overhead");
}

it("pmd-stats-show has the same lines from both", async () => {
  const lines = (text: string) => text.replaceAll(/[\d.]+/g, "N");
  const theirs = await run("ovs-appctl", ["dpif-netdev/pmd-stats-show"], { env });
  const args = [POLLUX, "appctl", "dpif-netdev/pmd-stats-show"];
  const ours = await run(process.execPath, args, { env });
  expect(theirs.stdout).toContain("pmd thread numa_id 0 core_id");
  expect(lines(ours.stdout)).toBe(lines(theirs.stdout));
});

it("keeps its bridge and ports over a restart", async () => {
  const before = await run("ovs-vsctl", ["show"], { env });
  await stop();
  child = start();
  await started();
  const after = await run("ovs-vsctl", ["show"], { env });
  expect(after.stdout).toBe(before.stdout);
});
