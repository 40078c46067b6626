// SPDX-License-Identifier: Apache-2.0
/** The walk-throughs of the field's manuals, command by command, by the stock tools; virtual
 * devices stand in for the NICs. */
import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { guestImage } from "../../src/guests/kernel.js";
import { QemuGuest } from "../../src/guests/qemu-guest.js";
import { Testpmd } from "../../src/guests/testpmd.js";
import { Namespace, vethInto } from "../harness/namespaces.js";
import { pmdStats, portCounts, quiet } from "../harness/openflow-stats.js";
import { ipv4, udpFrame, writePcap } from "../harness/pcap.js";
import { ROOT, until } from "../harness/processes.js";
import { Switch } from "../harness/switch.js";

const FRAMES = 5000;

let sw: Switch;

/** Runs shell text as printed in a manual, with the switch's environment. */
function shell(script: string): string {
  const text = script.replaceAll("$DIR", sw.dir);
  return execFileSync("bash", ["-e", "-c", text], { env: sw.env, encoding: "utf8" });
}

function capture(name: string, first: string): string {
  const path = join(sw.dir, name);
  const frames = Array.from({ length: FRAMES }, (_, i) =>
    udpFrame({ src: ipv4(first) + (i % 250), dst: ipv4("10.9.0.1"), srcPort: i, dstPort: 9 }),
  );
  writePcap(path, frames);
  return path;
}

beforeEach(async () => {
  sw = await Switch.start({ otherConfig: { "dpdk-init": "true", "pmd-cpu-mask": "0x2" } });
});

afterEach(async () => {
  await sw?.stop();
});

/** Two NICs: each receives the packets of a capture once, and writes what it sends to a file. */
function addPhyPorts(): void {
  capture("phy0.pcap", "10.0.0.0");
  capture("phy1.pcap", "10.1.0.0");
  shell(`
ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev
ovs-ofctl del-flows br0
for i in 0 1; do
  ovs-vsctl add-port br0 phy$i -- set Interface phy$i type=dpdk \
    'options:dpdk-devargs="net_pcap'$i',rx_pcap=$DIR/phy'$i'.pcap,tx_pcap=$DIR/out'$i'.pcap"' \
    ofport_request=$((i + 1))
done`);
}

function framesIn(name: string): number {
  const path = join(sw.dir, name);
  const text = execFileSync("tshark", ["-r", path, "-T", "fields", "-e", "frame.number"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return text.split("\n").filter((line) => line !== "").length;
}

describe("PHY-PHY", () => {
  it("what comes in one port goes out of the other", async () => {
    // Flows first: the captures are read once, from the moment the ports exist.
    shell(`
ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev
ovs-ofctl del-flows br0
ovs-ofctl add-flow br0 in_port=1,action=output:2
ovs-ofctl add-flow br0 in_port=2,action=output:1
ovs-vsctl del-br br0`);
    addPhyPorts();
    shell(`
ovs-ofctl del-flows br0
ovs-ofctl add-flow br0 in_port=1,action=output:2
ovs-ofctl add-flow br0 in_port=2,action=output:1`);
    await quiet(async () => (await portCounts(sw, "br0", "phy1")).rx);
    const [p0, p1] = [await portCounts(sw, "br0", "phy0"), await portCounts(sw, "br0", "phy1")];
    expect([p0.rx, p1.rx]).toEqual([FRAMES, FRAMES]);
    shell("ovs-vsctl del-br br0");
    // Packets that came before the flows were dropped by them; none is sent twice.
    expect(framesIn("out1.pcap")).toBe(p1.tx);
    expect(framesIn("out0.pcap")).toBe(p0.tx);
  });
});

describe("PHY-VM-PHY", () => {
  it("packets pass the machine and come out of the other port", async () => {
    capture("phy0.pcap", "10.0.0.0");
    shell(`
ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev
ovs-vsctl add-port br0 dpdkvhostclient0 \
    -- set Interface dpdkvhostclient0 type=dpdkvhostuserclient \
       options:vhost-server-path=$DIR/dpdkvhostclient0 ofport_request=3
ovs-vsctl add-port br0 dpdkvhostclient1 \
    -- set Interface dpdkvhostclient1 type=dpdkvhostuserclient \
       options:vhost-server-path=$DIR/dpdkvhostclient1 ofport_request=4
ovs-ofctl del-flows br0
ovs-ofctl add-flow br0 in_port=1,action=output:3
ovs-ofctl add-flow br0 in_port=3,action=output:1
ovs-ofctl add-flow br0 in_port=4,action=output:2
ovs-ofctl add-flow br0 in_port=2,action=output:4
ovs-ofctl dump-flows br0`);
    const sockets = ["dpdkvhostclient0", "dpdkvhostclient1"].map((name) => join(sw.dir, name));
    const vm = await Testpmd.start({
      ...{ sockets, server: true, forward: "io", core: 0, prefix: "pollux-pvp" },
    });
    try {
      for (const name of ["dpdkvhostclient0", "dpdkvhostclient1"]) {
        await until("link", async () => (await sw.get("Interface", name, "link_state")) === "up");
      }
      shell(`
ovs-vsctl add-port br0 phy1 -- set Interface phy1 type=dpdk \
  'options:dpdk-devargs="net_null1,no-rx=1"' ofport_request=2
ovs-vsctl add-port br0 phy0 -- set Interface phy0 type=dpdk \
  'options:dpdk-devargs="net_pcap0,rx_pcap=$DIR/phy0.pcap,tx_pcap=$DIR/out0.pcap"' \
  ofport_request=1`);
      await quiet(async () => (await portCounts(sw, "br0", "phy0")).rx);
      const ports = await vm.ports();
      const counts = Object.fromEntries(
        await Promise.all(
          // By number: OpenFlow cuts names at 15 characters.
          ["phy0", "phy1", "dpdkvhostclient0", "dpdkvhostclient1"].map(
            async (name, i) => [name, await portCounts(sw, "br0", String(i + 1))] as const,
          ),
        ),
      );
      expect(counts.phy0!.rx).toBe(FRAMES);
      const toVm = counts.dpdkvhostclient0!;
      const lost = (await pmdStats(sw)).get("miss with failed upcall")!;
      expect(toVm.tx + toVm.txDropped + lost).toBe(FRAMES);
      expect(ports[0]!.rx).toBe(toVm.tx);
      expect(counts.dpdkvhostclient1!.rx).toBe(ports[1]!.tx);
      expect(counts.phy1!.tx).toBe(counts.dpdkvhostclient1!.rx);
      expect(counts.phy1!.tx).toBeGreaterThan(0);
    } finally {
      await vm.quit();
    }
  });
});

describe("KVM", () => {
  it("a guest's tap device joins the bridge by its ifup script", async () => {
    const ns = new Namespace();
    const image = guestImage(join(ROOT, ".cache/guest"));
    let guest: QemuGuest | undefined;
    try {
      vethInto(ns, "pollux-eth0", "eth0", "10.0.0.2/24");
      const [ifup, ifdown] = [join(sw.dir, "ovs-ifup"), join(sw.dir, "ovs-ifdown")];
      writeFileSync(
        ifup,
        "#!/bin/sh\nswitch='br0'\nip link set $1 up\novs-vsctl add-port $switch $1\n",
      );
      writeFileSync(
        ifdown,
        "#!/bin/sh\nswitch='br0'\nip addr flush dev $1\nip link set $1 down\n" +
          "ovs-vsctl del-port $switch $1\n",
      );
      for (const script of [ifup, ifdown]) chmodSync(script, 0o755);
      shell("ovs-vsctl add-br br0; ovs-vsctl add-port br0 pollux-eth0");
      guest = await QemuGuest.startWith(
        image,
        [
          ...["-netdev", `tap,id=n0,ifname=pollux-tap0,script=${ifup},downscript=${ifdown}`],
          ...["-device", "virtio-net-pci,netdev=n0,mac=00:11:22:EE:EE:EE,romfile=,vectors=0"],
        ],
        { env: sw.env },
      );
      await guest.run("ip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up");
      const { output } = await guest.run("ping -c 20 -i 0.1 -W 5 10.0.0.2");
      expect(output).toContain("20 packets transmitted, 20 packets received");
      expect(shell("ovs-ofctl show br0")).toContain("(pollux-tap0)");
      expect(shell("ovs-appctl dpctl/show")).toContain("pollux-tap0");
      await guest.powerOff();
      await until("the port to leave", async () => !shell("ovs-vsctl show").includes("tap0"));
    } finally {
      await guest?.kill();
      ns.remove();
    }
  });
});
