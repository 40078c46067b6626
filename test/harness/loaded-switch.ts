// SPDX-License-Identifier: Apache-2.0
/** The switch under load: an endless source of packets, a sink, one PMD. */
import { join } from "node:path";
import { ipv4, udpFrame, writePcap } from "./pcap.js";
import { until } from "./processes.js";
import { Switch } from "./switch.js";

/** Ports `src` and `dst` on bridge `br0`; the packets of `FLOWS` connections go from one to the
 * other as fast as the PMD on core 1 forwards them, some are dropped by a rule. */
export async function startLoadedSwitch(
  otherConfig: Readonly<Record<string, string>> = {},
): Promise<Switch> {
  const dpdk = { "dpdk-init": "true", "pmd-cpu-mask": "0x2" };
  const sw = await Switch.start({ otherConfig: { ...dpdk, ...otherConfig } });
  try {
    const file = join(sw.dir, "flows.pcap");
    writePcap(
      file,
      Array.from({ length: FLOWS }, (_, i) => frame(i)),
    );
    await sw.must(
      ...["ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev"],
      ...["--", "add-port", "br0", "src", "--", "set", "Interface", "src", "type=dpdk"],
      `options:dpdk-devargs="net_pcap0,rx_pcap=${file},infinite_rx=1"`,
      ...["--", "add-port", "br0", "dst", "--", "set", "Interface", "dst", "type=dpdk"],
      'options:dpdk-devargs="net_null1,no-rx=1"',
    );
    await sw.must("ovs-ofctl", "add-flow", "br0", "in_port=src,actions=output:dst");
    await sw.must("ovs-ofctl", "add-flow", "br0", "priority=40000,udp,tp_dst=7,actions=drop");
    await until("traffic", async () => {
      const stats = await sw.must("ovs-appctl", "dpif-netdev/pmd-stats-show");
      return /packets received: [1-9]/.test(stats);
    });
    return sw;
  } catch (error) {
    await sw.stop();
    throw error;
  }
}

const FLOWS = 64;

function frame(i: number): Uint8Array {
  return udpFrame({
    ...{ src: ipv4("10.0.0.0") + i, dst: ipv4("10.1.0.1"), srcPort: 5000 + i },
    ...{ dstPort: i % 8 === 7 ? 7 : 1000, length: 60 },
  });
}
