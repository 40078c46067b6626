// SPDX-License-Identifier: Apache-2.0
/** Numbers out of the stock tools' texts. */
import type { Switch } from "./switch.js";

export interface PortCounts {
  readonly rx: number;
  readonly rxBytes: number;
  readonly rxDropped: number;
  readonly tx: number;
  readonly txBytes: number;
  readonly txDropped: number;
}

/** Counters of one port by `ovs-ofctl dump-ports`. */
export async function portCounts(sw: Switch, bridge: string, port: string): Promise<PortCounts> {
  const text = await sw.must("ovs-ofctl", "dump-ports", bridge, port);
  const line = (kind: string) => {
    const match = new RegExp(`${kind} pkts=(\\d+), bytes=(\\d+), drop=(\\d+)`).exec(text);
    if (!match) throw new Error(`no ${kind} counters of ${port} in:\n${text}`);
    return match.slice(1).map(Number) as [number, number, number];
  };
  const [rx, rxBytes, rxDropped] = line("rx");
  const [tx, txBytes, txDropped] = line("tx");
  return { rx, rxBytes, rxDropped, tx, txBytes, txDropped };
}

/** n_packets and n_bytes of every flow, by its match text. */
export async function flowCounts(
  sw: Switch,
  bridge: string,
): Promise<Map<string, { packets: number; bytes: number }>> {
  const text = await sw.must("ovs-ofctl", "dump-flows", bridge);
  const counts = new Map<string, { packets: number; bytes: number }>();
  const line = /n_packets=(\d+), n_bytes=(\d+),(?: \w+=[\d.]+,)* (.*) actions=/g;
  for (const match of text.matchAll(line)) {
    counts.set(match[3]!, { packets: Number(match[1]), bytes: Number(match[2]) });
  }
  return counts;
}

/** The numbers of `dpif-netdev/pmd-stats-show`, summed over its threads. */
export async function pmdStats(sw: Switch): Promise<Map<string, number>> {
  const text = await sw.must("ovs-appctl", "dpif-netdev/pmd-stats-show");
  const sums = new Map<string, number>();
  for (const match of text.matchAll(/^ {2}([\w .]+): (\d+)(?: \(|$)/gm)) {
    sums.set(match[1]!, (sums.get(match[1]!) ?? 0) + Number(match[2]));
  }
  return sums;
}

/** Waits until a counter has stood still for half a second, and returns it. */
export async function quiet(read: () => Promise<number>, timeoutMs = 60_000): Promise<number> {
  const deadline = Date.now() + timeoutMs;
  let last = await read();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const now = await read();
    if (now === last) return now;
    if (Date.now() > deadline) throw new Error(`still counting after ${timeoutMs} ms: ${now}`);
    last = now;
  }
}
