// SPDX-License-Identifier: Apache-2.0
/** A packet thread as a value. */
import type { Native } from "../../native/index.js";
import { rxqKey } from "../../pmd/rxq/assign.js";
import type { PmdInfo } from "./dpif.js";
import type { PacketThread, ServedRxq } from "./packet-thread.js";

/** @param seconds window of the usage percentages. */
export function describeThread(
  native: Native,
  thread: PacketThread,
  isolated: boolean,
  seconds: number,
): PmdInfo {
  const { handle } = thread;
  const { shm } = handle;
  const usage = thread.history.usage(seconds);
  const enabled = ({ device, queue }: ServedRxq) =>
    ((native.deviceInfo(device).rxEnabled >> BigInt(queue)) & 1n) === 1n;
  return {
    pmd: handle.index,
    coreId: handle.coreId,
    numaId: handle.numaId,
    counters: thread.counters(),
    rxqs: [...thread.rxqs.values()].map((rxq) => ({
      port: rxq.port,
      queue: rxq.queue,
      enabled: enabled(rxq),
      usagePercent: usage.rxqPercent(rxqKey(rxq)),
    })),
    isolated,
    overheadPercent: usage.overheadPercent,
    drops: shm.dropsByName(),
    parked: shm.counter("parked"),
    flows: shm.counter("flows"),
    masks: shm.counter("masks"),
    restarts: thread.restarts,
  };
}
