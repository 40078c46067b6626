// SPDX-License-Identifier: Apache-2.0
/** Controllers in both directions, their roles, what they are told, and what they cannot do. */
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PACKET_IN_REASON, type PacketInEvent } from "../../../src/ofproto/ofproto-types.js";
import { FLOW_FIELDS, Flow } from "../../../src/openflow/flow.js";
import type { SetAsync } from "../../../src/openflow/messages/async-config.js";
import { V10, V13 } from "../../../src/openflow/messages/codec.js";
import { encodeMessage } from "../../../src/openflow/messages/messages.js";
import { sleep, until } from "../../harness/processes.js";
import { FLOW_MOD } from "./message-samples.js";
import { RawClient } from "./raw-client.js";
import { TestSwitch } from "./test-switch.js";

function packetIn(patch: Partial<PacketInEvent> = {}): PacketInEvent {
  const flow = new Flow();
  flow.view.setUint32(FLOW_FIELDS.in_port.offset, 1);
  flow.view.setUint32(FLOW_FIELDS.regs.offset + 4, 77);
  return {
    ...{ packet: new Uint8Array(200).fill(7), reason: PACKET_IN_REASON.ACTION, tableId: 3 },
    ...{ cookie: 5n, flow, maxLen: 0xffff, controllerId: 0, ...patch },
  };
}

/** A controller that listens on a Unix socket; resolves with each connection. */
class Listening {
  readonly clients: RawClient[] = [];
  private constructor(
    readonly server: Server,
    readonly path: string,
  ) {}

  static async open(path: string, version: number): Promise<Listening> {
    const server = createServer((socket: Socket) => {
      listening.clients.push(RawClient.on(socket, version));
    });
    const listening = new Listening(server, path);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return listening;
  }

  async client(): Promise<RawClient> {
    const client = await until("connection", () => this.clients.shift());
    await client.wait("hello");
    return client;
  }

  close(): void {
    for (const client of this.clients) client.close();
    this.server.close();
  }
}

let sw: TestSwitch;
const open: { close(): void }[] = [];

function track<T extends { close(): void }>(thing: T): T {
  open.push(thing);
  return thing;
}

beforeEach(async () => {
  sw = new TestSwitch();
  await sw.ofproto.start();
});

afterEach(() => {
  for (const thing of open.splice(0)) thing.close();
  sw.stop();
});

/** A controller of type primary, connected. */
async function primary(version: number, name = "c1", config = {}): Promise<RawClient> {
  const target = `unix:${sw.dir}/${name}`;
  const listening = track(await Listening.open(`${sw.dir}/${name}`, version));
  const others = sw.ofproto.controllerStatus().map((status) => ({ target: status.target }));
  sw.ofproto.setControllers([...others, { target, ...config }]);
  const client = track(await listening.client());
  await until("connected", () =>
    sw.ofproto.controllerStatus().find((s) => s.target === target && s.isConnected),
  );
  return client;
}

describe("negotiation", () => {
  it.each([
    [[1], 1],
    [[1, 4], 4],
    [[1, 2, 3, 4, 5, 6], 6],
    [[2, 3], 3],
    [[2], 2],
    [[5, 9], 5],
    [[1, 7], 1],
  ])("of %j gives %i", async (versions, expected) => {
    const client = track(await RawClient.silent(sw.socket, 6));
    client.send({ type: "hello", versions });
    await client.wait("hello");
    await until("version", () => sw.ofproto.connections.connections()[0]?.version === expected);
  });

  it("refuses peers that speak nothing known", async () => {
    const client = track(await RawClient.silent(sw.socket, 5));
    client.send({ type: "hello", versions: [7, 9] });
    const error = await client.wait("error");
    expect(error.code).toBe("OFPHFC_INCOMPATIBLE");
    expect(Buffer.from(error.data).toString()).toContain("no common versions");
    await until("close", () => client.closed);
  });

  it("keeps to the allowed protocols", async () => {
    sw.ofproto.setProtocols([V10]);
    const client = track(await RawClient.silent(sw.socket, V13));
    client.send({ type: "hello", versions: [V13] });
    expect((await client.wait("error")).code).toBe("OFPHFC_INCOMPATIBLE");
  });

  it("hangs up on who does not greet", async () => {
    const client = track(await RawClient.silent(sw.socket, V13));
    client.send({ type: "features_request" });
    await until("close", () => client.closed);
  });
});

describe("bad peers", () => {
  it("are cut off for a header that is too short; others are served", async () => {
    const bad = track(await RawClient.open(sw.socket, V10));
    const good = track(await RawClient.open(sw.socket, V10));
    bad.sendRaw(Buffer.from("0101000300000001", "hex"));
    await until("close", () => bad.closed);
    expect((await good.ask({ type: "features_request" }))[0]?.type).toBe("features_reply");
  });

  it("may send messages in any number of pieces", async () => {
    const client = track(await RawClient.open(sw.socket, V10));
    const bytes = Buffer.from(`0105000800000077${"0102000c0000007801020304"}`, "hex");
    for (const byte of bytes) {
      client.socket.write(Uint8Array.of(byte));
      await sleep(1);
    }
    await client.wait("features_reply");
    expect((await client.wait("echo_reply")).data).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  it("that leave in the middle of a message leave nothing behind", async () => {
    const client = track(await RawClient.open(sw.socket, V10));
    client.socket.write(Buffer.from("010e0048", "hex"));
    client.close();
    await until("gone", () => sw.ofproto.connections.connections().length === 0);
  });
});

describe("an active controller", () => {
  it("is reported connected, and in back-off when it is gone", async () => {
    const client = await primary(V13);
    const [status] = sw.ofproto.controllerStatus();
    expect(status).toMatchObject({ isConnected: true, role: "other", state: "ACTIVE" });
    for (const thing of open.splice(0)) thing.close();
    client.close();
    await until("disconnect", () => sw.ofproto.controllerStatus()[0]?.isConnected === false);
    await until("last_error", () => sw.ofproto.controllerStatus()[0]?.lastError);
    expect(sw.ofproto.controllerStatus()[0]?.lastError).toMatch(/No such file|End of file|refused/);
  });

  it("that cannot be reached says why", async () => {
    sw.ofproto.setControllers([{ target: `unix:${sw.dir}/nobody` }]);
    await until("error", () => sw.ofproto.controllerStatus()[0]?.lastError);
    const [status] = sw.ofproto.controllerStatus();
    expect(status).toMatchObject({
      ...{ isConnected: false, state: "BACKOFF", lastError: "No such file or directory" },
    });
  });

  it("is connected to again", async () => {
    const listening = track(await Listening.open(`${sw.dir}/again`, V10));
    sw.ofproto.setControllers([{ target: `unix:${sw.dir}/again`, maxBackoffMs: 1000 }]);
    (await listening.client()).close();
    const second = track(await listening.client());
    expect((await second.ask({ type: "features_request" }))[0]?.type).toBe("features_reply");
  });

  it("is probed and given up when it stays silent", async () => {
    const client = await primary(V10, "quiet", { inactivityProbeMs: 100 });
    client.socket.pause();
    await until("give up", () => sw.ofproto.controllerStatus()[0]?.isConnected === false, 5000);
    expect(sw.ofproto.controllerStatus()[0]?.lastError).toBe("Connection timed out");
  });

  it("stays when it answers probes", async () => {
    await primary(V10, "polite", { inactivityProbeMs: 50 });
    await sleep(400);
    expect(sw.ofproto.controllerStatus()[0]?.isConnected).toBe(true);
  });
});

describe("a passive controller", () => {
  it("serves several peers", async () => {
    const target = `punix:${sw.dir}/listen`;
    sw.ofproto.setControllers([{ target }]);
    const clients = await until("listening", async () => {
      try {
        const path = `${sw.dir}/listen`;
        return [await RawClient.open(path, V10), await RawClient.open(path, V13)];
      } catch {
        return undefined;
      }
    });
    for (const client of clients) track(client);
    for (const client of clients) await client.ask({ type: "features_request" });
    expect(sw.ofproto.controllerStatus()[0]).toMatchObject({ target, isConnected: true });
    sw.ofproto.setControllers([]);
    for (const client of clients) await until("close", () => client.closed);
  });
});

describe("roles", () => {
  it("a new master makes a slave of the old one", async () => {
    const a = await primary(V13, "a");
    const b = await primary(V13, "b");
    await a.ask({ type: "role_request", role: 2, generationId: 1n });
    expect(sw.ofproto.controllerStatus().map((s) => s.role)).toEqual(["master", "other"]);
    await b.ask({ type: "role_request", role: 2, generationId: 2n });
    expect(sw.ofproto.controllerStatus().map((s) => s.role)).toEqual(["slave", "master"]);
    const [refused] = await a.ask({ ...FLOW_MOD, tableId: 0, flags: 0 });
    expect(refused).toMatchObject({ type: "error", code: "OFPBRC_IS_SECONDARY" });
    const [stale] = await a.ask({ type: "role_request", role: 2, generationId: 1n });
    expect(stale).toMatchObject({ type: "error", code: "OFPRRFC_STALE" });
  });

  it("slaves get port changes but neither packets nor removed flows", async () => {
    const client = await primary(V13);
    await client.ask({ type: "role_request", role: 3, generationId: 1n });
    sw.ofproto.sendPacketIn(packetIn());
    sw.ofproto.updatePort(1, { state: 1 });
    await client.wait("port_status");
    expect(client.received.map((r) => r.message.type)).not.toContain("packet_in");
  });
});

describe("packet-ins", () => {
  it("go to primaries at once, to management peers when asked for", async () => {
    const controller = await primary(V13);
    const tool = track(await RawClient.open(sw.socket, V10));
    sw.ofproto.sendPacketIn(packetIn());
    const message = await controller.wait("packet_in");
    expect(message).toMatchObject({ inPort: 1, reason: 1, tableId: 3, cookie: 5n });
    expect(message.data).toHaveLength(200);
    const reg1 = FLOW_FIELDS.regs.offset + 4;
    expect(message.metadata.flow.view.getUint32(reg1)).toBe(77);
    await tool.ask({ type: "set_config", flags: 0, missSendLen: 128 });
    expect(tool.received).toHaveLength(0);
    sw.ofproto.sendPacketIn(packetIn());
    expect((await tool.wait("packet_in")).inPort).toBe(1);
  });

  it("are whole, because nothing is buffered", async () => {
    const client = await primary(V10);
    sw.ofproto.sendPacketIn(packetIn({ maxLen: 60 }));
    const action = await client.wait("packet_in");
    expect(action).toMatchObject({ totalLength: 200, reason: 1, bufferId: 0xffffffff });
    expect(action.data).toHaveLength(200);
    sw.ofproto.sendPacketIn(packetIn({ reason: PACKET_IN_REASON.IMPLICIT_MISS }));
    expect(await client.wait("packet_in")).toMatchObject({ totalLength: 200, reason: 0 });
  });

  it("come in the format asked for", async () => {
    const client = await primary(V10);
    await client.ask({ type: "set_packet_in_format", format: 1 });
    sw.ofproto.sendPacketIn(packetIn());
    expect((await client.wait("nx_packet_in")).tableId).toBe(3);
    await client.ask({ type: "set_packet_in_format", format: 2 });
    sw.ofproto.sendPacketIn(packetIn({ userdata: Uint8Array.of(1, 2) }));
    expect((await client.wait("nx_packet_in2")).userdata).toEqual(Uint8Array.of(1, 2));
  });

  it("go by controller id", async () => {
    const client = await primary(V13);
    sw.ofproto.sendPacketIn(packetIn({ controllerId: 9 }));
    await client.ask({ type: "set_controller_id", controllerId: 9 });
    expect(client.received).toHaveLength(0);
    sw.ofproto.sendPacketIn(packetIn({ controllerId: 9 }));
    await client.wait("packet_in");
  });

  it("of implicit misses are for old versions only", async () => {
    const client = await primary(V13);
    expect(sw.ofproto.wantsPacketInOnMiss()).toBe(false);
    sw.ofproto.sendPacketIn(packetIn({ reason: PACKET_IN_REASON.IMPLICIT_MISS }));
    sw.ofproto.sendPacketIn(packetIn({ reason: PACKET_IN_REASON.EXPLICIT_MISS }));
    expect((await client.wait("packet_in")).reason).toBe(0);
    await client.ask({ type: "barrier_request" });
    expect(client.received.filter((r) => r.message.type === "packet_in")).toHaveLength(0);
    await primary(V10, "old");
    expect(sw.ofproto.wantsPacketInOnMiss()).toBe(true);
  });

  it("obey the asynchronous configuration", async () => {
    const client = await primary(V13);
    const masks: SetAsync["masks"] = { packetIn: [4, 0], portStatus: [0, 0], flowRemoved: [0, 0] };
    await client.ask({ type: "set_async", masks });
    sw.ofproto.sendPacketIn(packetIn());
    sw.ofproto.updatePort(1, { state: 1 });
    sw.ofproto.sendPacketIn(packetIn({ reason: PACKET_IN_REASON.INVALID_TTL }));
    expect((await client.wait("packet_in")).reason).toBe(2);
    expect(client.received).toHaveLength(0);
  });

  it("are limited in rate", async () => {
    const client = await primary(V10, "slow", { rateLimit: 100, burstLimit: 25 });
    for (let i = 0; i < 1000; i++) sw.ofproto.sendPacketIn(packetIn());
    await sleep(300);
    const count = client.received.filter((r) => r.message.type === "packet_in").length;
    // 25 at once, 25 that wait, and no more.
    expect(count).toBeGreaterThanOrEqual(25);
    expect(count).toBeLessThanOrEqual(51);
  });

  it("for a stalled controller are dropped and hold nobody up", async () => {
    const stalled = await primary(V10, "stalled", { inactivityProbeMs: 0 });
    const healthy = await primary(V10, "healthy");
    stalled.socket.pause();
    const packet = new Uint8Array(9000);
    // What the kernel takes is beyond our control; what waits behind that is bounded.
    for (let i = 0; i < 1000; i++) sw.ofproto.sendPacketIn(packetIn({ packet }));
    const connection = sw.ofproto.connections
      .connections()
      .find((c) => c.name.endsWith("/stalled"));
    expect(connection?.counters.packetInsDropped).toBeGreaterThan(0);
    expect(connection?.stream.backlogBytes).toBeLessThan(4 << 20);
    expect((await healthy.ask({ type: "features_request" }))[0]?.type).toBe("features_reply");
  });
});

describe("a peer that asks without reading", () => {
  it("is not served ahead of what it reads, and gets everything in the end", async () => {
    const client = track(await RawClient.open(sw.socket, V13));
    client.socket.pause();
    const xids: number[] = [];
    for (let i = 0; i < 60; i++)
      xids.push(client.send({ type: "table_features_request", command: 0, tables: [] }));
    await sleep(300);
    const backlog = sw.ofproto.connections.connections()[0]?.stream.backlogBytes ?? 0;
    expect(backlog).toBeLessThan(8 << 20);
    client.socket.resume();
    await until("last answer", () => client.received.some((r) => r.xid === xids.at(-1)), 30_000);
  });
});

describe("a peer that floods", () => {
  it("has its turns, and others have theirs between", async () => {
    const flooder = track(await RawClient.open(sw.socket, V13));
    const other = track(await RawClient.open(sw.socket, V13));
    const [bytes] = encodeMessage({ ...FLOW_MOD, flags: 0, tableId: 0 }, V13, 1);
    const flood = Buffer.concat(Array.from({ length: 40_000 }, () => bytes as Uint8Array));
    flooder.socket.write(flood);
    const last = flooder.send({ type: "barrier_request" });
    const isDone = (): boolean => flooder.received.some((r) => r.xid === last);
    let answers = 0;
    while (!isDone()) {
      await other.ask({ type: "features_request" });
      answers++;
    }
    // One turn of the flooder is a small part of what it sent.
    expect(answers).toBeGreaterThan(5);
  }, 60_000);
});

describe("port changes", () => {
  it("are told to everybody but who asked for them", async () => {
    const a = await primary(V10, "a");
    const b = await primary(V13, "b");
    const port = sw.ofproto.ports.get(1);
    const answers = await a.ask({
      ...{ type: "port_mod", port: 1, hwAddr: port?.hwAddr ?? new Uint8Array(6) },
      ...{ config: 0x10, mask: 0x10, advertise: 0 },
    });
    expect(answers).toEqual([]);
    expect(port?.config).toBe(0x10);
    expect((await b.wait("port_status")).reason).toBe(2);
    expect(a.received.filter((r) => r.message.type === "port_status")).toHaveLength(0);
    sw.ofproto.removePort(2);
    expect(await a.wait("port_status")).toMatchObject({ reason: 1, port: { name: "p2" } });
  });
});
