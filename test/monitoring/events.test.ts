// SPDX-License-Identifier: Apache-2.0
/** Events only become more, whatever is cleared or goes. */
import { expect, it } from "vitest";
import type { BridgeManager } from "../../src/bridge/bridge-manager.js";
import { EventCounter } from "../../src/lib/events.js";
import { countEvents } from "../../src/monitoring/event-counts.js";

interface Thread {
  coreId: number;
  counters: { packetsReceived: number; outputPackets: number };
  drops: Record<string, number>;
  restarts: number;
}

const thread = (coreId: number, packets: number, drops = 0): Thread => ({
  ...{ coreId, counters: { packetsReceived: packets, outputPackets: packets } },
  ...{ drops: { datapath_drop_meter: drops }, restarts: 0 },
});

function fakeManager(threads: () => Thread[]): BridgeManager {
  const dpif = { pmds: threads };
  const datapath = { dpif, slowpath: { stats: () => ({ upcalls: 7 }) } };
  return { bridges: new Map(), passes: 1, datapath } as unknown as BridgeManager;
}

it("counts on after the statistics of threads were cleared, and after threads went", () => {
  let threads = [thread(1, 100, 5), thread(2, 10)];
  const manager = fakeManager(() => threads);
  const received = () => countEvents(manager).get("netdev_received");
  expect(received()).toBe(110);
  threads = [thread(1, 30, 5), thread(2, 12)];
  expect(received()).toBe(142);
  threads = [thread(2, 12)];
  expect(received()).toBe(142);
  threads = [thread(1, 500, 0), thread(2, 13)];
  expect(received()).toBe(643);
  expect(countEvents(manager).get("datapath_drop_meter")).toBe(5);
  expect(countEvents(manager).get("xlate_actions")).toBe(7);
});

it("counts what the control plane says that it did", () => {
  const counter = new EventCounter("test_event");
  const manager = fakeManager(() => []);
  expect(countEvents(manager).get("test_event")).toBe(0);
  counter.count += 3;
  expect(countEvents(manager).get("test_event")).toBe(3);
});
