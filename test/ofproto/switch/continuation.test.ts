// SPDX-License-Identifier: Apache-2.0
/** A paused packet goes to a controller with all that is left to do, and comes back. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PACKET_IN_REASON, type Resume } from "../../../src/ofproto/ofproto-types.js";
import type { FrozenState } from "../../../src/ofproto/recirc.js";
import { FLOW_FIELDS, Flow } from "../../../src/openflow/flow.js";
import { V10, V13, V15 } from "../../../src/openflow/messages/codec.js";
import { installed, run, until } from "../../harness/processes.js";
import { RawClient } from "./raw-client.js";
import { TestSwitch } from "./test-switch.js";

const PACKET = new Uint8Array(60).fill(0xff, 0, 6);

function state(): FrozenState {
  return {
    ...{ bridge: "br0", tableId: 0, ruleCookie: 7n, metadata: new Flow(), conntracked: true },
    stack: [Uint8Array.of(1, 2), Uint8Array.of(3, 4, 5, 6)],
    actions: [
      { type: "unroll", tableId: 3, ruleCookie: 7n },
      { type: "output", port: 2, maxLen: 0 },
      { type: "unroll", tableId: 0, ruleCookie: 9n },
      { type: "output", port: 1, maxLen: 0 },
    ],
    actionSet: [{ type: "output", port: 2, maxLen: 0 }],
  };
}

describe("a continuation", () => {
  let sw: TestSwitch;
  let resumed: Resume[];
  let client: RawClient;

  beforeEach(async () => {
    resumed = [];
    sw = new TestSwitch({ onResume: (resume) => resumed.push(resume) });
    await sw.ofproto.start();
  });

  afterEach(() => {
    client.close();
    sw.stop();
  });

  it.each([V10, V13, V15])(
    "survives the way through a controller in version %i",
    async (version) => {
      client = await RawClient.open(sw.socket, version);
      await client.ask({ type: "set_packet_in_format", format: 2 });
      await client.ask({ type: "set_config", flags: 0, missSendLen: 128 });
      const flow = new Flow();
      flow.view.setUint32(FLOW_FIELDS.in_port.offset, 2);
      sw.ofproto.sendPacketIn({
        ...{ packet: PACKET, reason: PACKET_IN_REASON.ACTION, tableId: 0, cookie: 7n, flow },
        ...{ maxLen: 0xffff, controllerId: 0, continuation: state() },
      });
      const packetIn = await client.wait("nx_packet_in2");
      expect(packetIn.continuation).toBeDefined();
      const { userdata: _, ...rest } = packetIn;
      expect(await client.ask({ ...rest, type: "nx_resume" })).toEqual([]);
      const [resume] = resumed as [Resume];
      expect(resume).toMatchObject({ inPort: 2, packet: PACKET });
      const { metadata: _metadata, ...expected } = state();
      expect(resume.state).toMatchObject(expected);
    },
  );

  it("of another switch is stale", async () => {
    client = await RawClient.open(sw.socket, V13);
    const [error] = await client.ask({
      ...{ type: "nx_resume", bufferId: 0xffffffff, totalLength: 60, reason: 1, data: PACKET },
      ...{ tableId: 0, cookie: 0n, metadata: { flow: new Flow(), mask: new Flow() } },
    });
    expect(error).toMatchObject({ type: "error", code: "NXR_STALE" });
    expect(resumed).toEqual([]);
  });

  it.skipIf(!installed("ovs-ofctl"))("is read by the stock tools", async () => {
    client = await RawClient.open(sw.socket, V13);
    await client.ask({ type: "set_packet_in_format", format: 2 });
    await client.ask({ type: "set_config", flags: 0, missSendLen: 128 });
    sw.ofproto.sendPacketIn({
      ...{ packet: PACKET, reason: PACKET_IN_REASON.ACTION, tableId: 0, cookie: 7n },
      ...{ flow: new Flow(), maxLen: 0xffff, controllerId: 0, continuation: state() },
    });
    await until("packet-in", () => client.received.length > 0);
    const bytes = client.received.find((r) => r.message.type === "nx_packet_in2")?.bytes;
    const { stdout } = await run("ovs-ofctl", [
      "ofp-print",
      Buffer.from(bytes as Uint8Array).toString("hex"),
    ]);
    expect(stdout).toContain("continuation.stack=(top) 0x3040506 0x102 (bottom)");
    expect(stdout).toContain("continuation.conntracked=true");
    expect(stdout).toContain(
      "continuation.actions=unroll_xlate(table=3, cookie=7),output:2,unroll_xlate",
    );
    expect(stdout).toContain("continuation.action_set=output:2");
  });
});
