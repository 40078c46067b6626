// SPDX-License-Identifier: Apache-2.0
/** Cores, queues and load, drawn for a terminal of 80 columns. */
import type { NodeEstimate } from "./auto-lb.js";
import type { CoreLayout, PlacedRxq, RxqLayout, RxqMove } from "./layout.js";

const BAR = 24;

/** What the drawing says of its numbers. */
export interface LayoutTitle {
  readonly algorithm: string;
  /** Seconds over which loads were measured; 0: nothing yet. */
  readonly seconds: number;
}

/** A layout: a line per core, and under it one per queue. */
export function drawLayout(layout: RxqLayout, title: LayoutTitle): string {
  const lines = [`Receive queues, assigned by ${title.algorithm}; ${measured(title.seconds)}`];
  for (const core of layout.cores) lines.push(...coreLines(core));
  if (layout.cores.length === 0) lines.push("No PMD thread: no port is polled.");
  for (const { port, queue } of layout.unpolled) lines.push(`NOT POLLED: ${port} queue ${queue}`);
  return `${lines.join("\n")}\n`;
}

/** Both layouts side by side, what moves, and what it is worth. */
export function drawPlan(
  before: RxqLayout,
  after: RxqLayout,
  moves: readonly RxqMove[],
  nodes: readonly NodeEstimate[],
  title: LayoutTitle,
): string {
  const lines = [`Plan: assign by ${title.algorithm}; ${measured(title.seconds)}`, ""];
  lines.push(`${"".padEnd(16)}${"now".padEnd(BAR + 8)}planned`);
  const ids = [...before.cores, ...after.cores].map(({ coreId }) => coreId);
  for (const id of [...new Set(ids)].sort((a, b) => a - b)) {
    const now = before.cores.find(({ coreId }) => coreId === id);
    const then = after.cores.find(({ coreId }) => coreId === id);
    const numa = (then ?? now)!.numaId;
    lines.push(`core ${pad(id, 3)} numa ${numa}  ${half(now)} ${half(then)}`.trimEnd());
  }
  lines.push("");
  for (const core of after.cores) lines.push(...coreLines(core, marksOf(moves)));
  for (const { port, queue } of after.unpolled) lines.push(`NOT POLLED: ${port} queue ${queue}`);
  const queues = after.cores.reduce((sum, { rxqs }) => sum + rxqs.length, 0);
  lines.push("", `${moves.length} of ${queues} queues move.`);
  for (const { numaId, currentVariance, estimatedVariance, improvement } of nodes) {
    lines.push(
      `numa ${numaId}: variance of loads ${currentVariance} now, ${estimatedVariance} planned: ` +
        `improvement ${improvement} %`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function measured(seconds: number): string {
  return seconds > 0 ? `load over the last ${seconds} s` : "load not measured yet";
}

function half(core: CoreLayout | undefined): string {
  if (!core) return "-".padEnd(BAR + 7);
  return `${percent(core.load)} ${bar(core.load)}`.padEnd(BAR + 7);
}

function coreLines(core: CoreLayout, marks?: (rxq: PlacedRxq) => string): string[] {
  const { coreId, numaId, isolated, load, rxqs } = core;
  const name = `core ${pad(coreId, 3)} numa ${numaId}`.padEnd(34);
  const lines = [`${name}${percent(load)} ${bar(load)}${isolated ? " isolated" : ""}`];
  for (const rxq of rxqs) {
    const what = `   ${rxq.port.padEnd(16)} queue ${pad(rxq.queue, 3)}`.padEnd(34);
    const words = [
      ...(rxq.pinned ? ["pinned"] : []),
      ...(rxq.crossNuma ? ["CROSS-NUMA"] : []),
      ...(marks?.(rxq) ? [marks(rxq)] : []),
    ];
    lines.push(`${what}${percent(rxq.load)} ${bar(rxq.load)} ${words.join(" ")}`.trimEnd());
  }
  return lines;
}

function marksOf(moves: readonly RxqMove[]): (rxq: PlacedRxq) => string {
  return ({ port, queue }) => {
    const move = moves.find((each) => each.port === port && each.queue === queue);
    if (!move) return "";
    return move.from === undefined ? "new" : `from core ${move.from}`;
  };
}

function percent(load: number | undefined): string {
  return load === undefined ? "  ? %" : `${pad(Math.round(load), 3)} %`;
}

function bar(load: number | undefined): string {
  const filled = Math.min(BAR, Math.round(((load ?? 0) * BAR) / 100));
  return `${"#".repeat(filled)}${".".repeat(BAR - filled)}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width);
}
