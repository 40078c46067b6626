// SPDX-License-Identifier: Apache-2.0
/** The text of `dpif-netdev/pmd-stats-show`, as the stock switch 3.1 prints it. */
import type { PmdCounters, PmdThread } from "./types.js";

/** `pmd thread numa_id 0 core_id 1:` or `main thread:`. */
export function threadTitle(thread: PmdThread): string {
  if (thread.coreId < 0) return "main thread:";
  return `pmd thread numa_id ${thread.numaId} core_id ${thread.coreId}:`;
}

/** One thread's block, every line ended by a newline. */
export function statsShow(thread: PmdThread, c: PmdCounters): string {
  const passes = c.packetsReceived + c.recirculations;
  const lines = [
    threadTitle(thread),
    `  packets received: ${c.packetsReceived}`,
    `  packet recirculations: ${c.recirculations}`,
    `  avg. datapath passes per packet: ${ratio(passes, c.packetsReceived)}`,
    `  phwol hits: ${c.phwolHits}`,
    `  mfex opt hits: ${c.mfexOptHits}`,
    `  simple match hits: ${c.simpleMatchHits}`,
    `  emc hits: ${c.emcHits}`,
    `  smc hits: ${c.smcHits}`,
    `  megaflow hits: ${c.megaflowHits}`,
    `  avg. subtable lookups per megaflow hit: ${ratio(c.subtableLookups, c.megaflowHits)}`,
    `  miss with success upcall: ${c.upcallsSucceeded}`,
    `  miss with failed upcall: ${c.upcallsFailed}`,
    `  avg. packets per output batch: ${ratio(c.outputPackets, c.outputBatches)}`,
    ...cycleLines(c),
  ];
  return `${lines.join("\n")}\n`;
}

function cycleLines(c: PmdCounters): string[] {
  const cycles = c.idleCycles + c.busyCycles;
  if (cycles === 0) return [];
  const percent = (part: number) => ((part / cycles) * 100).toFixed(2);
  const lines = [
    `  idle cycles: ${c.idleCycles} (${percent(c.idleCycles)}%)`,
    `  processing cycles: ${c.busyCycles} (${percent(c.busyCycles)}%)`,
  ];
  const packets = c.packetsReceived;
  if (packets === 0) return lines;
  const per = (sum: number) => `${(sum / packets).toFixed(2)} (${sum}/${packets})`;
  lines.push(`  avg cycles per packet: ${per(cycles)}`);
  lines.push(`  avg processing cycles per packet: ${per(c.busyCycles)}`);
  return lines;
}

function ratio(sum: number, count: number): string {
  return (count > 0 ? sum / count : 0).toFixed(2);
}
