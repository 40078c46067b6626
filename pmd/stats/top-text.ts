// SPDX-License-Identifier: Apache-2.0
/** `pollux top`, drawn for a terminal of 80 columns. */
import { type ThreadRates, TOP_CACHES, type TopFrame } from "./top.js";
import type { RxqUsage } from "./types.js";

const BAR = 14;

/** @param oldestMs how far back there are readings, milliseconds since the epoch. */
export function drawTop(frame: TopFrame, oldestMs: number): string {
  const time = new Date(frame.atMs).toISOString().slice(11, 19);
  const minutes = Math.floor(Math.max(0, frame.atMs - oldestMs) / 60_000);
  const lines = [
    `${time} UTC, rates over ${frame.seconds.toFixed(1)} s, ${minutes} min of history before it`,
    "",
    "CORE NUMA  BUSY                     RX pps   TX pps CYC/PKT PREEMPT/s   STALLS",
    "                                                               host/switch",
    ...frame.threads.map(threadLine),
    "",
    `CORE ${TOP_CACHES.map((name) => name.padStart(9)).join("")}   FLOWS MASKS PARKED`,
    ...frame.threads.map(cacheLine),
    ...queueLines(frame),
    ...dropLines(frame),
    ...stallLines(frame),
  ];
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function threadLine(pmd: ThreadRates): string {
  const { busy, cyclesPerPacket: cycles, hostStalls, switchStalls } = pmd;
  const load = busy === undefined ? "   -" : `${Math.round(busy)} %`.padStart(5);
  const columns = [
    `${name(pmd)} ${String(pmd.numaId).padStart(4)} ${load.padEnd(5)} ${bar(busy)}`,
    rate(pmd.rx).padStart(8),
    rate(pmd.tx).padStart(8),
    (cycles === undefined ? "-" : cycles.toFixed(0)).padStart(7),
    rate(pmd.involuntarySwitches).padStart(9),
    `${hostStalls}/${switchStalls}`.padStart(8),
  ];
  return `${columns.join(" ")}${pmd.isolated ? " isolated" : ""}`;
}

function cacheLine(pmd: ThreadRates): string {
  const shares = pmd.caches.map((share) => `${share.toFixed(1)} %`.padStart(9)).join("");
  const counts = [
    String(pmd.flows).padStart(7),
    String(pmd.masks).padStart(5),
    String(pmd.parked).padStart(6),
  ];
  return `${name(pmd)} ${shares} ${counts.join(" ")}`;
}

function queueLines({ threads }: TopFrame): string[] {
  const lines = threads.flatMap((pmd) =>
    [...pmd.rxqs].sort(byPort).map((rxq) => {
      const { port, queue, enabled, usagePercent: usage } = rxq;
      const load = usage === undefined ? "  ? %" : `${usage} %`.padStart(5);
      const state = enabled ? "" : "   disabled";
      const where = `${port.padEnd(24)} ${String(queue).padStart(5)} ${name(pmd)}`;
      return `${where} ${load}  ${bar(usage)}${state}`;
    }),
  );
  if (lines.length === 0) return [];
  return ["", `${"RX QUEUE OF".padEnd(24)} QUEUE CORE  LOAD of the last 5 s`, ...lines];
}

function dropLines({ drops }: TopFrame): string[] {
  if (drops.length === 0) return ["", "No packet was lost."];
  const head = `${"LOST, BY REASON".padEnd(44)} ${"per s".padStart(10)} ${"in all".padStart(12)}`;
  return [
    ...["", head],
    ...drops.map(({ reason, perSecond, total }) => {
      return `${reason.padEnd(44)} ${rate(perSecond).padStart(10)} ${String(total).padStart(12)}`;
    }),
  ];
}

function stallLines({ threads }: TopFrame): string[] {
  const stuck = threads
    .filter(({ stuckMs }) => stuckMs > 0)
    .map((pmd) => `core ${pmd.coreId} is STUCK for ${(pmd.stuckMs / 1000).toFixed(1)} s`);
  const stalled = threads
    .filter(({ lastStall }) => lastStall !== "")
    .map((pmd) => `core ${pmd.coreId}: ${pmd.lastStall}`);
  const restarted = threads
    .filter(({ restarts }) => restarts > 0)
    .map((pmd) => `core ${pmd.coreId} was started again ${pmd.restarts} times`);
  const lines = [...stuck, ...restarted, ...stalled];
  return lines.length === 0 ? [] : ["", "LAST STALLS", ...lines];
}

function name({ coreId }: ThreadRates): string {
  return coreId < 0 ? "main" : String(coreId).padStart(4);
}

function bar(percent: number | undefined): string {
  if (percent === undefined) return " ".repeat(BAR);
  const filled = Math.min(BAR, Math.round((percent * BAR) / 100));
  return `${"#".repeat(filled)}${".".repeat(BAR - filled)}`;
}

/** 0 … 999, 1.23k, 45.6k, 789k, 1.23M … */
function rate(value: number): string {
  for (const [unit, size] of [
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ] as const) {
    if (value >= size * 0.9995) return `${digits(value / size)}${unit}`;
  }
  return value > 0 && value < 10 ? value.toFixed(1) : value.toFixed(0);
}

function digits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

function byPort(a: RxqUsage, b: RxqUsage): number {
  return a.port === b.port ? a.queue - b.queue : a.port < b.port ? -1 : 1;
}
