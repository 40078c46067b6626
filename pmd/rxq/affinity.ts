// SPDX-License-Identifier: Apache-2.0
/** `Interface.other_config:pmd-rxq-affinity`: `<queue-id>:<core-id>,…` */

/** Core by queue, or undefined when the list cannot be read: then the stock switch leaves the
 * queues as they are. A queue that is named twice has the last core. */
export function parseRxqAffinity(list: string): ReadonlyMap<number, number> | undefined {
  const cores = new Map<number, number>();
  for (const pair of list.split(/[\s,]+/)) {
    if (pair === "") continue;
    const [, queue, core] = /^([^:=(]*)[:=(]([^)]*)\)?$/.exec(pair) ?? [];
    const queueId = integer(queue);
    const coreId = integer(core);
    if (queueId === undefined || coreId === undefined) return undefined;
    cores.set(queueId, coreId);
  }
  return cores;
}

/** Not negative; decimal, 0x… or 0…, as strtol(3) with base 0 reads them. */
function integer(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^0x[0-9a-f]+$/i.test(text)) return Number.parseInt(text, 16);
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  return /^\d+$/.test(text) && !/^0\d/.test(text) ? Number(text) : undefined;
}
