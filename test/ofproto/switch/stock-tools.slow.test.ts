// SPDX-License-Identifier: Apache-2.0
/** Stock programs that stay connected: monitor, snoop, the test controller. */
import { type ChildProcess, spawn } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { extractKey } from "../../../src/odp/extract-key.js";
import { PACKET_IN_REASON, type PacketOut } from "../../../src/ofproto/ofproto-types.js";
import { FLOW_FIELDS, Flow } from "../../../src/openflow/flow.js";
import { installed, until } from "../../harness/processes.js";
import { TestSwitch } from "./test-switch.js";

/** A broadcast from, or a unicast to, host `n`. */
function frame(to: number | null, from: number): Uint8Array {
  const bytes = new Uint8Array(60);
  if (to === null) bytes.fill(0xff, 0, 6);
  else bytes.set([2, 0, 0, 0, 0, to], 0);
  bytes.set([2, 0, 0, 0, 0, from], 6);
  bytes.set([0x12, 0x34], 12);
  return bytes;
}

describe.skipIf(!installed("ovs-ofctl"))("stock tools", () => {
  let sw: TestSwitch;
  let packetOuts: PacketOut[];
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    packetOuts = [];
    sw = new TestSwitch({ onPacketOut: (packetOut) => packetOuts.push(packetOut) });
    await sw.ofproto.start();
  });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill();
    sw.stop();
  });

  /** Starts a program; returns what it has said so far. */
  function start(command: string, ...args: string[]): () => string {
    const env = { ...process.env, OVS_RUNDIR: sw.dir, OVS_LOGDIR: sw.dir };
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    let said = "";
    const listen = (chunk: Buffer): void => {
      said += chunk.toString();
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    return () => said;
  }

  function packetIn(packet: Uint8Array, inPort: number): void {
    const flow = new Flow();
    extractKey(packet, flow.bytes);
    flow.view.setUint32(FLOW_FIELDS.in_port.offset, inPort);
    sw.ofproto.sendPacketIn({
      ...{ packet, reason: PACKET_IN_REASON.EXPLICIT_MISS, tableId: 0, flow },
      ...{ cookie: 0xffffffffffffffffn, maxLen: 0xffff, controllerId: 0 },
    });
  }

  it.each(["OpenFlow10", "OpenFlow13"])("ovs-ofctl monitor by %s", async (version) => {
    const said = start("ovs-ofctl", "-O", version, "monitor", "br0", "100");
    await until("connection", () =>
      sw.ofproto.connections.connections().some((c) => c.missSendLen === 100),
    );
    sw.ofproto.updatePort(1, { state: 1 });
    await until("port status", () => said().includes("OFPT_PORT_STATUS"));
    await sw.ofctl(["add-flow", "br0", "send_flow_rem,priority=3,actions=drop"]);
    await sw.ofctl(["del-flows", "br0"]);
    await until("flow removed", () => /FLOW_REMOVED.*priority=3 reason=delete/.test(said()));
    const reason = PACKET_IN_REASON.ACTION;
    const flow = new Flow();
    flow.view.setUint32(FLOW_FIELDS.in_port.offset, 2);
    sw.ofproto.sendPacketIn({
      ...{ packet: frame(1, 2), reason, tableId: 0, cookie: 0n, flow },
      ...{ maxLen: 0xffff, controllerId: 0 },
    });
    await until("packet-in", () => /PACKET_IN.*in_port=2/.test(said()));
    expect(said()).not.toContain("decode error");
  });

  it("ovs-testcontroller makes a learning switch", async () => {
    start("ovs-testcontroller", `punix:${sw.dir}/test`, "-vconsole:off");
    sw.ofproto.setControllers([{ target: `unix:${sw.dir}/test` }]);
    await until("connected", () => sw.ofproto.controllerStatus()[0]?.isConnected);
    const snooped = start("ovs-ofctl", "snoop", "br0");
    packetIn(frame(null, 1), 1);
    const [flood] = await until("packet-out", () => packetOuts.length > 0 && packetOuts);
    expect(flood).toMatchObject({ inPort: 1, actions: [{ type: "output", port: 0xfffffffb }] });
    packetIn(frame(1, 2), 2);
    const learned = () => [...sw.ofproto.flows.all()].filter((rule) => rule.idleTimeout > 0);
    const [rule] = await until("flow", () => learned().length > 0 && learned());
    expect(rule).toMatchObject({ idleTimeout: 60, actions: [{ type: "output", port: 1 }] });
    await until("snoop", async () => {
      packetIn(frame(1, 2), 2);
      return /PACKET_IN/.test(snooped()) && /FLOW_MOD/.test(snooped());
    });
  });
});
