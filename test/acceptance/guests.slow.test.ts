// SPDX-License-Identifier: Apache-2.0
/** Two virtual machines talk through the switch (Linux under QEMU, then testpmd). */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guestImage } from "../../src/guests/kernel.js";
import { QemuGuest } from "../../src/guests/qemu-guest.js";
import { Testpmd } from "../../src/guests/testpmd.js";
import { portCounts, quiet } from "../harness/openflow-stats.js";
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
    await sw.must("ovs-appctl", "revalidator/wait");
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
    const sockets = await Promise.all(["ga", "gb"].map(addClientPort));
    await sw.must("ovs-ofctl", "del-flows", "br0");
    await sw.must("ovs-ofctl", "add-flow", "br0", "in_port=ga,actions=output:gb");
    await sw.must("ovs-ofctl", "add-flow", "br0", "in_port=gb,actions=output:ga");
    // The guests share a core: long rings carry them over the time slices of the other one.
    const common = {
      ...({ server: true, core: 0, autoStart: false, forward: "io" } as const),
      device: "queue_size=4096",
      extra: ["--rxd=4096", "--txd=4096", "--port-topology=loop"],
    };
    const guests: Testpmd[] = [];
    try {
      for (const [i, socket] of sockets.entries()) {
        guests.push(await Testpmd.start({ ...common, sockets: [socket], prefix: `pollux-g${i}` }));
      }
      for (const name of ["ga", "gb"]) await linkUp(name);
      const [a, b] = guests as [Testpmd, Testpmd];
      await b.startForwarding();
      // A few thousand packets go round and round: nothing can overflow.
      await a.startForwarding("tx_first 120");
      const rx = async (name: string) => (await portCounts(sw, "br0", name)).rx;
      await until("enough packets", async () => (await rx("gb")) >= PACKETS, 240_000);
      await a.stopForwarding();
      await a.command("set fwd rxonly", /rxonly/);
      await a.startForwarding();
      await quiet(() => rx("gb"));
      const [sentA, sentB] = [(await a.ports())[0]!, (await b.ports())[0]!];
      const [pa, pb] = [await portCounts(sw, "br0", "ga"), await portCounts(sw, "br0", "gb")];
      expect(pa.rx).toBe(sentA.tx);
      expect(pb.tx).toBe(pa.rx);
      expect(sentB.rx).toBe(pb.tx);
      expect(pb.rx).toBe(sentB.tx);
      expect(pa.tx).toBe(pb.rx);
      expect(sentA.rx).toBe(pa.tx);
      expect([pa.txDropped, pb.txDropped, pa.rxDropped, pb.rxDropped]).toEqual([0, 0, 0, 0]);
    } finally {
      for (const guest of guests) await guest.quit();
    }
  });
});
