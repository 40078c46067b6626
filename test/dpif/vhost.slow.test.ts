// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Dpif, isFailure } from "../../src/dpif/dpif.js";
import { startTestpmd, type Testpmd } from "../harness/testpmd.js";
import { fromPort, udpFrame } from "./packets.js";
import { addPort, eventually, openTestDpif } from "./test-dpif.js";

const dir = mkdtempSync(join(tmpdir(), "pollux-vhost-"));
let dpif: Dpif;
let guest: Testpmd | undefined;
let inject: number;
let collect: number;
/** The guest's two ports. */
let v: [number, number];
const names = ["vh0", "vh1"] as const;
const paths = names.map((name) => join(dir, name)) as [string, string];

beforeAll(async () => {
  dpif = await openTestDpif({ rundir: dir });
  inject = await addPort(dpif, "inject", "dummy-pmd");
  collect = await addPort(dpif, "collect", "dummy-pmd");
  dpif.onUpcalls((batch) => {
    for (const { pmd, slot, inPort, keyClass } of batch) {
      const wires = new Map([
        [inject, v[0]],
        [v[1], collect],
      ]);
      const port = wires.get(inPort);
      const actions = port === undefined ? [] : [{ type: "output", port } as const];
      const flowId = dpif.flowPut(pmd, { ...fromPort(inPort, actions), keyClass })!;
      dpif.resolve(pmd, slot, { flowId });
    }
  });
});
afterEach(async () => {
  await guest?.kill();
  guest = undefined;
  await dpif.flowFlush();
  for (const port of v) await dpif.portDel(port);
});
afterAll(async () => {
  await dpif?.close();
  rmSync(dir, { recursive: true });
});

const connected = () => v.every((port) => dpif.port(port)?.linkUp);

/** Sends `count` packets through the guest in bursts that it can take; all must come back. */
async function through(count: number): Promise<void> {
  let back = 0;
  for (let sent = 0; sent < count; ) {
    for (let i = 0; i < 32 && sent < count; i++, sent++) {
      expect(dpif.dummyReceive(inject, udpFrame(sent & 0xffff, 60 + (sent % 1000)))).toBe(true);
    }
    await eventually(() => {
      back += dpif.dummyTransmitted(collect).length;
      return back === sent;
    });
  }
}

describe.each(["dpdkvhostuserclient", "dpdkvhostuser"])("%s", (type) => {
  const client = type === "dpdkvhostuserclient";
  const options = (i: number): Record<string, string> =>
    client ? { "vhost-server-path": paths[i] } : {};
  const addPorts = async () => {
    v = [
      await addPort(dpif, names[0], type, options(0)),
      await addPort(dpif, names[1], type, options(1)),
    ];
  };

  test("packets pass a guest and every one is counted", async () => {
    await addPorts();
    expect(dpif.port(v[0])).toMatchObject({
      mtu: 0,
      linkUp: false,
      status: { mode: client ? "client" : "server", status: "disconnected" },
    });
    guest = startTestpmd(paths, client);
    await guest.forwarding;
    await eventually(connected);
    await through(3000);
    const [to, from] = v.map((port) => dpif.portStatistics(port));
    expect(to).toMatchObject({ tx_packets: 3000, tx_dropped: 0, rx_packets: 0 });
    expect(from).toMatchObject({ rx_packets: 3000, tx_packets: 0 });
    expect(from.rx_bytes).toBe(to.tx_bytes);
    expect(dpif.port(v[0])).toMatchObject({
      mtu: 1500,
      status: { status: "connected", socket: paths[0], num_of_vrings: "2", vring_0_size: "256" },
    });
  });

  test("a guest that is killed and started again is served again, 5 times of 5", async () => {
    await addPorts();
    for (let life = 0; life < 5; life++) {
      guest = startTestpmd(paths, client);
      await guest.forwarding;
      await eventually(connected);
      await through(64);
      await guest.kill();
      await eventually(() => v.every((port) => !dpif.port(port)?.linkUp));
      // Nobody is there: a named drop, not a wait.
      const before = dpif.portStatistics(v[0]).tx_dropped;
      dpif.dummyReceive(inject, udpFrame(1));
      await eventually(() => dpif.portStatistics(v[0]).tx_dropped === before + 1);
    }
  });

  test("a guest with two queue pairs", async () => {
    await addPorts();
    guest = startTestpmd(paths, client, 2);
    await guest.forwarding;
    await eventually(() => connected() && v.every((port) => dpif.port(port)?.rxQueues === 2));
    await eventually(() => dpif.pmds()[0].rxqs.filter((rxq) => rxq.port === "vh1").length === 2);
    await through(200);
    expect(dpif.portStatistics(v[1]).rx_packets).toBe(200);
  });
});

test("a guest that was there before the switch is found", async () => {
  guest = startTestpmd(paths, true);
  await eventually(() => existsSync(paths[0]));
  const option = (i: number) => ({ "vhost-server-path": paths[i] });
  v = [
    await addPort(dpif, names[0], "dpdkvhostuserclient", option(0)),
    await addPort(dpif, names[1], "dpdkvhostuserclient", option(1)),
  ];
  await guest.forwarding;
  await eventually(connected);
  await through(64);
});

test("a socket that a dead process left behind is replaced, one that is alive is not", async () => {
  v = [0, 0];
  const path = join(dir, "stale");
  const serve = `.listen(${JSON.stringify(path)}, () => console.log("up"))`;
  const listen = `require("node:net").createServer()${serve}`;
  const holder = spawn(process.execPath, ["-e", listen]);
  await once(holder.stdout, "data");
  const refused = await dpif.portAdd({ name: "stale", type: "dpdkvhostuser", options: {} });
  expect(refused).toEqual({ error: `vhost-user socket '${path}' could not be created` });
  holder.kill("SIGKILL");
  await once(holder, "exit");
  const port = await addPort(dpif, "stale", "dpdkvhostuser");
  await dpif.portDel(port);
  expect(existsSync(path)).toBe(false);
});

test("paths that cannot be", async () => {
  v = [0, 0];
  const long = join(dir, "x".repeat(110));
  const add = (name: string, path: string) =>
    dpif.portAdd({ name, type: "dpdkvhostuserclient", options: { "vhost-server-path": path } });
  const tooLong = await add("long", long);
  expect(isFailure(tooLong) && tooLong.error).toContain("at most 107");
  const nowhere = await add("nowhere", join(dir, "none", "sock"));
  if (isFailure(nowhere)) throw new Error(nowhere.error);
  expect(dpif.port(nowhere.portNo)?.problem).toContain(
    `folder '${join(dir, "none")}' does not exist`,
  );
  await dpif.portDel(nowhere.portNo);
  expect(await dpif.portAdd({ name: "a/b", type: "dpdkvhostuser", options: {} })).toMatchObject({
    error: "could not open network device a/b (Invalid argument)",
  });
});
