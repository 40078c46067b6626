// SPDX-License-Identifier: Apache-2.0
/** Ports whose other end is a Linux kernel: TAP and AF_PACKET, against the stacks of namespaces. */
import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Dpif, isFailure, type Upcall } from "../../src/dpif/dpif.js";
import type { OdpAction } from "../../src/odp/actions.js";
import { fromPort, udpFrame } from "./packets.js";
import { addPort, eventually, openTestDpif } from "./test-dpif.js";

const id = process.pid % 100000;
const ns = [`plxa${id}`, `plxb${id}`];
/** Not the synchronous kind: this thread answers the misses meanwhile. */
const run = promisify(execFile);
const ip = async (...args: string[]) => (await run("ip", args)).stdout;
const inNs = (which: number, ...args: string[]) => ip("netns", "exec", ns[which], ...args);
let dpif: Dpif;
let observe: ((upcall: Upcall) => void) | undefined;
/** Where packets from a port go. */
const wires = new Map<number, readonly OdpAction[]>();

beforeAll(async () => {
  for (const name of ns) await ip("netns", "add", name);
  dpif = await openTestDpif({ otherConfig: {} });
  dpif.onUpcalls((batch) => {
    for (const upcall of batch) {
      if (observe) {
        observe(upcall);
        dpif.resolve(upcall.pmd, upcall.slot, { actions: [] });
        continue;
      }
      const actions = wires.get(upcall.inPort) ?? [];
      const flow = fromPort(upcall.inPort, actions);
      flow.mask[20] = flow.mask[21] = 0xff;
      const key = upcall.key.slice();
      const flowId = dpif.flowPut(upcall.pmd, { ...flow, keyClass: upcall.keyClass, key });
      dpif.resolve(upcall.pmd, upcall.slot, { flowId: flowId! });
    }
  });
});
afterAll(async () => {
  await dpif?.close();
  for (const name of ns) await ip("netns", "del", name);
});

async function veth(which: number): Promise<number> {
  const name = `plx${id}v${which}`;
  await ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", ns[which]);
  await ip("link", "set", name, "up");
  await inNs(which, "ip", "addr", "add", `10.77.0.${which + 1}/24`, "dev", "eth0");
  await inNs(which, "ip", "link", "set", "eth0", "up");
  return addPort(dpif, name, "");
}

test("two namespaces ping and talk TCP over AF_PACKET ports", async () => {
  const [a, b] = [await veth(0), await veth(1)];
  wires.set(a, [{ type: "output", port: b }]);
  wires.set(b, [{ type: "output", port: a }]);
  expect(dpif.port(a)).toMatchObject({ polled: false, linkUp: true, mtu: 1500 });
  const pinged = await inNs(0, "ping", "-c", "100", "-i", "0.01", "-W", "2", "10.77.0.2");
  expect(pinged).toContain("100 received");

  // Without segmentation offload frames fit the MTU; checksums are left to a wire that has none.
  for (const which of [0, 1]) await inNs(which, "ip", "link", "set", "eth0", "gso_max_segs", "1");
  const text = "tcp over pollux\n".repeat(20_000);
  const script = `
    const net = require("node:net");
    const server = net.createServer((socket) => {
      let bytes = 0;
      socket.on("data", (data) => { bytes += data.length; });
      socket.on("end", () => { console.log(bytes); server.close(); });
    }).listen(7777, "10.77.0.2", () => console.error("ready"));
  `;
  const server = spawn("ip", ["netns", "exec", ns[1], process.execPath, "-e", script]);
  let received = "";
  server.stdout.on("data", (data) => {
    received += data;
  });
  await new Promise((resolve) => server.stderr.once("data", resolve));
  const client = `
    require("node:net").connect(7777, "10.77.0.2", function () {
      this.end(${JSON.stringify("tcp over pollux\n")}.repeat(20000));
    });
  `;
  await inNs(0, process.execPath, "-e", client);
  await eventually(() => received !== "");
  expect(Number(received)).toBe(text.length);
  for (const port of [a, b]) await dpif.portDel(port);
  await dpif.flowFlush();
});

test("tags that the kernel takes off are put back; what is sent is not heard", async () => {
  const names = [`plx${id}p`, `plx${id}q`];
  await ip("link", "add", names[0], "type", "veth", "peer", "name", names[1]);
  for (const name of names) await ip("link", "set", name, "up");
  const [out, back] = [await addPort(dpif, names[0], ""), await addPort(dpif, names[1], "")];
  const heard: { inPort: number; frame: string }[] = [];
  observe = (upcall) => {
    // The kernel's own chatter (router solicitations and such) is not of interest.
    const frame = Buffer.from(dpif.packetData(upcall.pmd, upcall.slot)).toString("hex");
    if (frame.startsWith("020000000002")) heard.push({ inPort: upcall.inPort, frame });
  };
  for (const tag of ["81000007", "88a86064"]) {
    const plain = Buffer.from(udpFrame(5)).toString("hex");
    const frame = plain.slice(0, 24) + tag + plain.slice(24);
    const packet = Buffer.from(frame, "hex");
    dpif.execute({ packet, inPort: 0xffffffff, actions: [{ type: "output", port: out }] });
    await eventually(() => heard.length > 0);
    expect(heard.splice(0)).toEqual([{ inPort: back, frame }]);
  }
  observe = undefined;
  for (const port of [out, back]) await dpif.portDel(port);
  await ip("link", "del", names[0]);
});

test("an internal port has the MAC and MTU it was given, and counts exactly", async () => {
  const name = `plx${id}i`;
  const mac = Uint8Array.from([2, 0, 0, 9, 9, 9]);
  const added = await dpif.portAdd({ name, type: "internal", options: {}, mac, mtuRequest: 1400 });
  if (isFailure(added)) throw new Error(added.error);
  const { portNo } = added;
  expect([...dpif.port(portNo)!.mac]).toEqual([...mac]);
  expect(dpif.port(portNo)).toMatchObject({ mtu: 1400, displayType: "tap", adminUp: false });
  const changes: string[] = [];
  dpif.onPortChange((port, change) => changes.push(`${port} ${change}`));
  await ip("link", "set", name, "up");
  await eventually(() => changes.includes(`${portNo} changed`));
  expect(dpif.port(portNo)).toMatchObject({ adminUp: true, linkUp: true });
  for (let i = 0; i < 10; i++) {
    const packet = Buffer.concat([Buffer.from(mac), Buffer.alloc(54)]);
    dpif.execute({ packet, inPort: 0xffffffff, actions: [{ type: "output", port: portNo }] });
  }
  await dpif.sync();
  expect(dpif.portStatistics(portNo).tx_packets).toBe(10);
  await dpif.portDel(portNo);
});

test("the stock texts for kernel devices that cannot be", async () => {
  expect(await dpif.portAdd({ name: "nokern", type: "", options: {} })).toEqual({
    error: "could not open network device nokern (No such device)",
  });
  expect(await dpif.portAdd({ name: "p", type: "dpdk", options: {} })).toMatchObject({
    error: "could not open network device p (Address family not supported by protocol)",
  });
});
