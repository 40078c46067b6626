// SPDX-License-Identifier: Apache-2.0
/** Two virtual machines talk through the switch (Linux under QEMU, then testpmd). */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestImage } from "../../src/guests/kernel.js";
import { QemuGuest } from "../../src/guests/qemu-guest.js";
import { Testpmd } from "../../src/guests/testpmd.js";
import { pmdStats, portCounts, quiet } from "../harness/openflow-stats.js";
import { ROOT, until } from "../harness/processes.js";
import { Switch } from "../harness/switch.js";

const PINGS = 100;
const PACKETS = 10_000_000;

let sw: Switch;

beforeAll(async () => {
  sw = await Switch.start({ otherConfig: { "dpdk-init": "true", "pmd-cpu-mask": "0x2" } });
  await sw.must("ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
});

afterAll(async () => {
  await sw?.stop();
});

async function addClientPort(name: string): Promise<string> {
  const socket = join(sw.dir, `${name}.sock`);
  await sw.must(
    ...["ovs-vsctl", "add-port", "br0", name, "--", "set", "Interface", name],
    ...["type=dpdkvhostuserclient", `options:vhost-server-path=${socket}`],
  );
  return socket;
}

async function linkUp(name: string): Promise<void> {
  await until(`link of ${name}`, async () => {
    return (await sw.get("Interface", name, "link_state")) === "up";
  });
}

describe("two Linux guests", () => {
  const guests: QemuGuest[] = [];

  beforeAll(async () => {
    const image = guestImage(join(ROOT, ".cache/guest"));
    const boots = [0, 1].map(async (i) => {
      const socket = await addClientPort(`vm${i}`);
      return QemuGuest.start(image, [{ socket, mac: `52:54:00:00:00:0${i + 1}`, server: true }]);
    });
    guests.push(...(await Promise.all(boots)));
    for (const [i, guest] of guests.entries()) {
      await linkUp(`vm${i}`);
      await guest.run(`ip addr add 10.0.0.${i + 1}/24 dev eth0; ip link set eth0 up`);
    }
  }, 300_000);

  afterAll(async () => {
    for (const guest of guests) await guest.kill();
  });

  async function pingAll(): Promise<string> {
    const { output } = await guests[0]!.run(`ping -c ${PINGS} -i 0.02 -W 5 10.0.0.2`, 120_000);
    return /(\d+ packets transmitted, \d+ packets received)/.exec(output)?.[1] ?? output;
  }
  const ALL = `${PINGS} packets transmitted, ${PINGS} packets received`;

  it("through NORMAL", async () => {
    expect(await pingAll()).toBe(ALL);
  });

  it("through NORMAL across access VLANs", async () => {
    await sw.must(
      "ovs-vsctl",
      "set",
      "Port",
      "vm0",
      "tag=10",
      "--",
      "set",
      "Port",
      "vm1",
      "tag=10",
    );
    expect(await pingAll()).toBe(ALL);
    await sw.must("ovs-vsctl", "set", "Port", "vm1", "tag=20");
    const { output } = await guests[0]!.run("ping -c 3 -i 0.2 -W 1 10.0.0.2");
    expect(output).toContain("3 packets transmitted, 0 packets received");
    await sw.must("ovs-vsctl", "clear", "Port", "vm0", "tag", "--", "clear", "Port", "vm1", "tag");
  });

  it("through explicit flows", async () => {
    await sw.must("ovs-ofctl", "del-flows", "br0");
    await sw.must("ovs-ofctl", "add-flow", "br0", "in_port=vm0,actions=output:vm1");
    await sw.must("ovs-ofctl", "add-flow", "br0", "in_port=vm1,actions=output:vm0");
    expect(await pingAll()).toBe(ALL);
  });

  it("through explicit flows that tag and untag", async () => {
    await sw.must("ovs-ofctl", "del-flows", "br0");
    const flows = [
      "in_port=vm0,actions=push_vlan:0x8100,set_field:4196->vlan_vid,resubmit(,1)",
      "in_port=vm1,actions=push_vlan:0x8100,set_field:4196->vlan_vid,resubmit(,1)",
      "table=1,in_port=vm0,dl_vlan=100,actions=pop_vlan,output:vm1",
      "table=1,in_port=vm1,dl_vlan=100,actions=pop_vlan,output:vm0",
    ];
    for (const flow of flows) await sw.must("ovs-ofctl", "-OOpenFlow13", "add-flow", "br0", flow);
    expect(await pingAll()).toBe(ALL);
  });
});

describe("two testpmd guests", () => {
  it(`forward ${PACKETS} packets and every count agrees`, async () => {
    const [a, b0, b1] = await Promise.all(["ga", "gb0", "gb1"].map(addClientPort));
    await sw.must("ovs-ofctl", "del-flows", "br0");
    await sw.must("ovs-ofctl", "add-flow", "br0", "in_port=ga,actions=output:gb0");
    await sw.must("ovs-ofctl", "add-flow", "br0", "in_port=gb1,actions=drop");
    const common = { server: true, core: 0, autoStart: false } as const;
    const guests: Testpmd[] = [];
    try {
      const receiver = await Testpmd.start({
        ...{ ...common, sockets: [b0!, b1!], forward: "io", prefix: "pollux-b" },
      });
      guests.push(receiver);
      const sender = await Testpmd.start({
        ...{ ...common, sockets: [a!], forward: "txonly", prefix: "pollux-a" },
      });
      guests.push(sender);
      for (const name of ["ga", "gb0", "gb1"]) await linkUp(name);
      await sw.must("ovs-appctl", "dpif-netdev/pmd-stats-clear");
      await receiver.startForwarding();
      await sender.startForwarding();
      await until("enough packets", async () => (await sender.ports())[0]!.tx >= PACKETS, 240_000);
      await sender.stopForwarding();
      await quiet(async () => (await portCounts(sw, "br0", "gb1")).rx);
      const sent = (await sender.ports())[0]!;
      const got = await receiver.ports();
      const [pa, p0, p1] = await Promise.all(
        ["ga", "gb0", "gb1"].map((name) => portCounts(sw, "br0", name)),
      );
      expect(pa!.rx).toBe(sent.tx);
      // Before the first flow is there, more packets may come than can wait for it.
      const lost = (await pmdStats(sw)).get("miss with failed upcall")!;
      expect(p0!.tx + p0!.txDropped + lost).toBe(pa!.rx);
      expect(got[0]!.rx).toBe(p0!.tx);
      expect(p1!.rx).toBe(got[1]!.tx);
      expect(p0!.tx).toBeGreaterThan(PACKETS / 20);
    } finally {
      for (const guest of guests) await guest.quit();
    }
  });
});
