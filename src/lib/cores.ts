// SPDX-License-Identifier: Apache-2.0
/** Sets of cores as text. */

/** `0-3,8` → 0 1 2 3 8 (cpuset(7), "List format"). */
export function parseCoreList(list: string): number[] {
  const cores: number[] = [];
  for (const part of list.trim().split(",")) {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!range) continue;
    for (let core = Number(range[1]); core <= Number(range[2] ?? range[1]); core++) {
      cores.push(core);
    }
  }
  return cores;
}

/** Cores of a mask in hexadecimal, with or without 0x, lowest bit core 0. Undefined when it is not
 * one. */
export function parseCoreMask(mask: string): number[] | undefined {
  const digits = /^(?:0x)?([0-9a-f]+)$/i.exec(mask.trim())?.[1];
  if (!digits) return undefined;
  const bits = BigInt(`0x${digits}`);
  const cores: number[] = [];
  for (let core = 0; bits >> BigInt(core) > 0n; core++) {
    if ((bits >> BigInt(core)) & 1n) cores.push(core);
  }
  return cores;
}
