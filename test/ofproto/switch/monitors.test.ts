// SPDX-License-Identifier: Apache-2.0
/** Flow monitors: mistakes, and peers that do not read. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { emptyMatch } from "../../../src/openflow/match.js";
import { V10, V13, V14 } from "../../../src/openflow/messages/codec.js";
import type { FlowMonitor } from "../../../src/openflow/messages/flow-monitor.js";
import { GROUP_ANY } from "../../../src/openflow/messages/port-number.js";
import { OFPP } from "../../../src/openflow/ofp-actions.js";
import { sleep, until } from "../../harness/processes.js";
import { FLOW_MOD } from "./message-samples.js";
import { RawClient } from "./raw-client.js";
import { TestSwitch } from "./test-switch.js";

const MONITOR: FlowMonitor = {
  ...{ id: 5, command: 0, flags: 0x3e, outPort: OFPP.NONE, outGroup: GROUP_ANY, tableId: 0xff },
  match: emptyMatch(),
};

let sw: TestSwitch;
let client: RawClient;

beforeEach(async () => {
  sw = new TestSwitch();
  await sw.ofproto.start();
});

afterEach(() => {
  client.close();
  sw.stop();
});

async function errorOf(...monitors: FlowMonitor[]): Promise<unknown> {
  const [answer] = await client.ask({ type: "flow_monitor_request", monitors });
  return answer?.type === "error" ? answer.code : answer?.type;
}

describe("mistakes", () => {
  it.each([V10, V13, V14])("are told apart in version %i", async (version) => {
    client = await RawClient.open(sw.socket, version);
    expect(await errorOf({ ...MONITOR, flags: 0 })).toBe("OFPMOFC_BAD_FLAGS");
    expect(await errorOf(MONITOR, MONITOR)).toBe("OFPMOFC_MONITOR_EXISTS");
    expect(await errorOf(MONITOR)).toBe("flow_monitor_reply");
    expect(await errorOf(MONITOR)).toBe("OFPMOFC_MONITOR_EXISTS");
  });

  it("of OpenFlow 1.4 commands", async () => {
    client = await RawClient.open(sw.socket, V14);
    expect(await errorOf({ ...MONITOR, command: 1 })).toBe("OFPMOFC_UNKNOWN_MONITOR");
    expect(await errorOf({ ...MONITOR, command: 2 })).toBe("OFPMOFC_UNKNOWN_MONITOR");
    expect(await errorOf({ ...MONITOR, command: 9 })).toBe("OFPMOFC_BAD_COMMAND");
  });
});

describe("a peer that does not read", () => {
  it.each([V13, V14])(
    "hears of a pause and of what it missed in version %i",
    async (version) => {
      client = await RawClient.open(sw.socket, version);
      expect(await errorOf(MONITOR)).toBe("flow_monitor_reply");
      client.socket.pause();
      for (let priority = 0; priority < 6_000; priority++) {
        sw.ofproto.flowMod({ ...FLOW_MOD, priority, flags: 0, tableId: 0 });
      }
      await sleep(100);
      client.socket.resume();
      const isEnd = (event: number): boolean =>
        client.received.some(
          ({ message }) =>
            message.type === (event === 5 ? "flow_monitor_paused" : "flow_monitor_resumed") ||
            (message.type === "flow_monitor_reply" &&
              message.updates.some((update) => update.event === event)),
        );
      await until("resumption", () => isEnd(6), 6_000);
      expect(isEnd(5)).toBe(true);
      const told = new Set<number>();
      for (const { message } of client.received) {
        if (message.type !== "flow_monitor_reply") continue;
        for (const update of message.updates) if ("priority" in update) told.add(update.priority);
      }
      expect(told.size).toBe(6_000);
    },
    40_000,
  );
});
