// SPDX-License-Identifier: Apache-2.0
/** Every counter agrees, to the packet, and a blocked control thread costs nothing. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Testpmd } from "../../src/guests/testpmd.js";
import { flowCounts, pmdStats, portCounts, quiet } from "../harness/openflow-stats.js";
import { ipv4, udpFrame, writePcap } from "../harness/pcap.js";
import { sleep, until } from "../harness/processes.js";
import { Switch } from "../harness/switch.js";

const FLOWS = 1000;
const RULES = 10;
const PACKETS = 10_000_000;
const FRAME_BYTES = 60;

let sw: Switch;
let source: Testpmd;

beforeAll(async () => {
  sw = await Switch.start({ otherConfig: { "dpdk-init": "true", "pmd-cpu-mask": "0x2" } });
  const socket = join(sw.dir, "vm.sock");
  await sw.must("ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
  await sw.must(
    ...["ovs-vsctl", "add-port", "br0", "vm", "--", "set", "Interface", "vm"],
    ...["type=dpdkvhostuserclient", `options:vhost-server-path=${socket}`],
    ...["--", "add-port", "br0", "sink", "--", "set", "Interface", "sink", "type=dpdk"],
    ...['options:dpdk-devargs="net_null1,no-rx=1"'],
  );
  await sw.must("ovs-ofctl", "del-flows", "br0");
  for (let rule = 0; rule < RULES; rule++) {
    const flow = `udp,tp_dst=${1000 + rule},actions=output:sink`;
    await sw.must("ovs-ofctl", "add-flow", "br0", flow);
  }
  const file = join(sw.dir, "flows.pcap");
  const frames = Array.from({ length: FLOWS }, (_, i) =>
    udpFrame({
      ...{ src: ipv4("10.0.0.0") + i, dst: ipv4("10.1.0.1"), srcPort: 5000 + i },
      ...{ dstPort: 1000 + (i % RULES), length: FRAME_BYTES },
    }),
  );
  writePcap(file, frames);
  source = await Testpmd.startFromPcap({ pcap: file, socket, core: 0, prefix: "pollux-src" });
  await until("link", async () => (await sw.get("Interface", "vm", "link_state")) === "up");
});

afterAll(async () => {
  await source?.quit();
  await sw?.stop();
});

it(`${PACKETS} packets of ${FLOWS} flows: hits + misses, ports and rules agree`, async () => {
  await sw.must("ovs-appctl", "dpif-netdev/pmd-stats-clear");
  const [before, flowsBefore] = [await portCounts(sw, "br0", "vm"), await flowCounts(sw, "br0")];
  const sinkBefore = await portCounts(sw, "br0", "sink");
  expect(before.rx).toBe(0);
  expect([...flowsBefore.values()].every((count) => count.packets === 0)).toBe(true);

  await source.startForwarding();
  await until("traffic", async () => (await portCounts(sw, "br0", "vm")).rx >= PACKETS, 120_000);
  await source.stopForwarding();
  await quiet(async () => (await portCounts(sw, "br0", "vm")).rx);

  const sent = (await source.ports())[1]!.tx;
  const [vm, sink] = [await portCounts(sw, "br0", "vm"), await portCounts(sw, "br0", "sink")];
  const stats = await pmdStats(sw);
  const rules = await flowCounts(sw, "br0");
  const hits = ["phwol hits", "mfex opt hits", "simple match hits", "emc hits", "smc hits"]
    .concat(["megaflow hits", "miss with success upcall", "miss with failed upcall"])
    .filter((name) => name !== "mfex opt hits")
    .reduce((sum, name) => sum + (stats.get(name) ?? 0), 0);

  expect(vm.rx).toBe(sent);
  expect(stats.get("packets received")).toBe(vm.rx);
  expect(hits).toBe(vm.rx);
  // Before a flow is there, more packets of it may come than can wait for it: they have a name.
  const lost = stats.get("miss with failed upcall")!;
  expect(sink.tx - sinkBefore.tx + vm.rxDropped + lost).toBe(vm.rx);
  const total = [...rules.values()].reduce((sum, count) => sum + count.packets, 0);
  const bytes = [...rules.values()].reduce((sum, count) => sum + count.bytes, 0);
  expect(total).toBe(vm.rx - lost);
  expect(bytes).toBe((vm.rx - lost) * FRAME_BYTES);
  for (let rule = 0; rule < RULES; rule++) {
    const count = rules.get(`udp,tp_dst=${1000 + rule}`)!;
    expect(Math.abs(count.packets - vm.rx / RULES)).toBeLessThanOrEqual(FLOWS + lost);
  }
});

it("the control thread blocked for 2 s: established flows lose nothing", async () => {
  await source.startForwarding();
  await sleep(500);
  const before = await portCounts(sw, "br0", "vm");
  const lostBefore = (await pmdStats(sw)).get("miss with failed upcall")!;
  const blocked = sw.appctl("debug/block-control", "2000");
  await sleep(200);
  const sentBefore = (await source.ports())[1]!.tx;
  await sleep(1000);
  const sentDuring = (await source.ports())[1]!.tx - sentBefore;
  await blocked;
  await source.stopForwarding();
  await quiet(async () => (await portCounts(sw, "br0", "vm")).rx);
  const vm = await portCounts(sw, "br0", "vm");
  const sink = await portCounts(sw, "br0", "sink");
  expect(vm.rx).toBe((await source.ports())[1]!.tx);
  const lost = (await pmdStats(sw)).get("miss with failed upcall")!;
  expect(lost).toBe(lostBefore);
  expect(sink.tx + lost).toBe(vm.rx);
  expect(vm.rxDropped).toBe(0);
  expect(vm.rx - before.rx).toBeGreaterThan(sentDuring);
  expect(sentDuring).toBeGreaterThan(100_000);
});
