// SPDX-License-Identifier: Apache-2.0
/** A reply of many parts: whole, in order, and not at the expense of others. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { emptyMatch } from "../../../src/openflow/match.js";
import { V13 } from "../../../src/openflow/messages/codec.js";
import { anyFlow } from "../../../src/openflow/messages/flow-stats.js";
import { until } from "../../harness/processes.js";
import { FLOW_MOD } from "./message-samples.js";
import { RawClient } from "./raw-client.js";
import { TestSwitch } from "./test-switch.js";

let sw: TestSwitch;
const open: RawClient[] = [];

function track(client: RawClient): RawClient {
  open.push(client);
  return client;
}

beforeEach(async () => {
  sw = new TestSwitch();
  await sw.ofproto.start();
});

afterEach(() => {
  for (const client of open.splice(0)) client.close();
  sw.stop();
});

describe("a dump of very many flows", () => {
  it("is whole, keeps requests in order and lets others be served", async () => {
    for (let priority = 0; priority < 20_000; priority++) {
      sw.ofproto.flowMod({ ...FLOW_MOD, priority, flags: 0, tableId: 0 });
    }
    const client = track(await RawClient.open(sw.socket, V13));
    const other = track(await RawClient.open(sw.socket, V13));
    const dump = client.send({ type: "flow_stats_request", ...anyFlow(emptyMatch()) });
    const echo = client.send({ type: "echo_request", data: new Uint8Array(0) });
    await other.ask({ type: "features_request" });
    expect(client.received.some((r) => r.xid === echo)).toBe(false);
    await until("the end", () => client.received.some((r) => r.xid === echo));
    expect(client.received.at(-1)?.xid).toBe(echo);
    const parts = client.received.filter((r) => r.xid === dump).map((r) => r.message);
    const flows = parts.flatMap((m) => (m.type === "flow_stats_reply" ? m.flows : []));
    expect(new Set(flows.map((flow) => flow.priority)).size).toBe(20_000);
    expect(parts.map((m) => "more" in m && m.more === true).lastIndexOf(false)).toBe(
      parts.length - 1,
    );
  });
});
