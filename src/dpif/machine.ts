// SPDX-License-Identifier: Apache-2.0
/** What this machine has: cores, their NUMA nodes, free hugepages. Read from /sys. */
import { readdirSync, readFileSync } from "node:fs";
import type { Native } from "../../native/index.js";
import type { PmdCore } from "../../pmd/rxq/assign.js";
import { parseCoreList, parseCoreMask } from "../lib/cores.js";

const HUGEPAGES = "/sys/kernel/mm/hugepages";
const NODES = "/sys/devices/system/node";

/** Free hugepages of every size, in MiB. */
export function freeHugeMiB(): number {
  let kib = 0;
  for (const folder of entries(HUGEPAGES)) {
    const size = /^hugepages-(\d+)kB$/.exec(folder);
    if (size) kib += Number(size[1]) * Number(text(`${HUGEPAGES}/${folder}/free_hugepages`) || 0);
  }
  return Math.floor(kib / 1024);
}

/** `cores` with their nodes, ascending by core. A core whose node is unknown is on node 0. */
export function coresWithNuma(cores: readonly number[]): PmdCore[] {
  const nodeOf = new Map<number, number>();
  for (const folder of entries(NODES)) {
    const node = /^node(\d+)$/.exec(folder);
    if (!node) continue;
    for (const core of parseCoreList(text(`${NODES}/${folder}/cpulist`))) {
      nodeOf.set(core, Number(node[1]));
    }
  }
  return [...cores]
    .sort((a, b) => a - b)
    .map((coreId) => ({ coreId, numaId: nodeOf.get(coreId) ?? 0 }));
}

/**
 * The cores that run PMDs. Without a mask (null, "", or one that names no core of this machine):
 * one per NUMA node, its last core, so that core 0 stays with the control thread; with dummy
 * devices its first core, as in the stock switch.
 */
export function pmdCores(
  mask: string | null,
  available: readonly PmdCore[],
  isDummy = false,
): PmdCore[] {
  const wanted = mask ? parseCoreMask(mask) : undefined;
  const chosen = available.filter((core) => wanted?.includes(core.coreId));
  if (chosen.length > 0) return chosen;
  const last = new Map<number, PmdCore>();
  for (const core of isDummy ? available.toReversed() : available) last.set(core.numaId, core);
  return [...last.values()].sort((a, b) => a.coreId - b.coreId);
}

/** Cores with their nodes as `--dummy-numa` gives them: the n-th number is the node of core n. */
export function dummyNumaCores(list: string): PmdCore[] {
  return list
    .split(",")
    .map((node, coreId) => ({ coreId, numaId: /^\s*\d+\s*$/.test(node) ? Number(node) : 0 }));
}

/** Everything but the PMDs keeps off their cores, where there are others. */
export function leaveCores(
  native: Pick<Native, "setAffinity">,
  all: readonly number[],
  taken: readonly PmdCore[],
): void {
  const rest = all.filter((core) => !taken.some(({ coreId }) => coreId === core));
  native.setAffinity(rest.length > 0 ? rest : all, true);
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
