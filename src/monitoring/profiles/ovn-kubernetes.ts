// SPDX-License-Identifier: Apache-2.0
/** The names of the Open vSwitch metrics of ovn-kubernetes. */
import { family, type Metric, single } from "../metric.js";
import type { InterfaceSnapshot, Snapshot } from "../snapshot.js";

const bridge = family(
  ({ bridges }) => bridges,
  ({ name }) => ({ bridge: name }),
);
const datapath = family(
  ({ datapaths }) => datapaths,
  ({ type, name }) => ({ datapath: name, type }),
);

function sum({ interfaces }: Snapshot, value: (of: InterfaceSnapshot) => number): number {
  return interfaces.reduce((total, each) => total + value(each), 0);
}

function total(name: string, help: string, value: (of: InterfaceSnapshot) => number): Metric {
  return single(`ovs_vswitchd_${name}_total`, "gauge", help, (snapshot) => sum(snapshot, value));
}

function statistic(name: string, key: string, help: string): Metric {
  return total(`interface_${name}`, help, ({ statistics }) => statistics[key] ?? 0);
}

const setting = (key: string, snapshot: Snapshot): string | undefined =>
  snapshot.root?.other_config.get(key);
/** Values of the metric tc_policy. */
const TC_POLICIES = ["none", "skip_sw", "skip_hw"];

export const OVN_KUBERNETES: readonly Metric[] = [
  {
    ...{ name: "ovs_build_info", type: "gauge", help: "Version of the switch" },
    read: ({ root }) => [{ labels: { version: root?.ovs_version ?? "" }, value: 1 }],
  },
  single("ovs_vswitchd_bridge_total", "gauge", "Bridges", ({ bridges }) => bridges.length),
  bridge("ovs_vswitchd_bridge", "gauge", "A bridge", () => 1),
  bridge("ovs_vswitchd_bridge_flows_total", "gauge", "OpenFlow rules", ({ flows }) => flows),
  bridge("ovs_vswitchd_bridge_ports_total", "gauge", "Ports", ({ ports }) => ports),
  single("ovs_vswitchd_dp_total", "gauge", "Datapaths", ({ datapaths }) => datapaths.length),
  datapath("ovs_vswitchd_dp", "gauge", "A datapath", () => 1),
  datapath("ovs_vswitchd_dp_if_total", "gauge", "Datapath ports", ({ ports }) => ports),
  datapath("ovs_vswitchd_dp_flows_total", "gauge", "Installed flows", ({ flows }) => flows),
  datapath("ovs_vswitchd_dp_flows_lookup_hit", "gauge", "Passes with a flow", ({ hit }) => hit),
  datapath("ovs_vswitchd_dp_flows_lookup_missed", "gauge", "Passes without one", (of) => of.missed),
  datapath("ovs_vswitchd_dp_flows_lookup_lost", "gauge", "Misses lost", ({ lost }) => lost),
  datapath("ovs_vswitchd_dp_packets_total", "gauge", "Passes", (of) => of.hit + of.missed),
  datapath("ovs_vswitchd_dp_masks_hit", "gauge", "Masks visited", ({ masksHit }) => masksHit),
  datapath("ovs_vswitchd_dp_masks_total", "gauge", "Masks", ({ masks }) => masks),
  datapath("ovs_vswitchd_dp_masks_hit_ratio", "gauge", "Masks visited per packet", (of) => {
    return of.hit + of.missed === 0 ? 0 : of.masksHit / (of.hit + of.missed);
  }),
  single("ovs_vswitchd_handlers_total", "gauge", "Threads that handle misses", ({ memory }) => {
    return memory.get("handlers") ?? 0;
  }),
  single("ovs_vswitchd_revalidators_total", "gauge", "Threads that revalidate", ({ memory }) => {
    return memory.get("revalidators") ?? 0;
  }),
  single("ovs_vswitchd_hw_offload", "gauge", "1: hardware offload is asked for", (snapshot) =>
    Number(setting("hw-offload", snapshot) === "true"),
  ),
  single("ovs_vswitchd_tc_policy", "gauge", "0: none, 1: skip_sw, 2: skip_hw", (snapshot) =>
    Math.max(0, TC_POLICIES.indexOf(setting("tc-policy", snapshot) ?? "none")),
  ),
  single("ovs_vswitchd_interfaces_total", "gauge", "Interfaces", (of) => of.interfaces.length),
  total("interface_resets", "Changes of links", ({ info }) => info?.linkResets ?? 0),
  statistic("rx_dropped", "rx_dropped", "Packets dropped on receipt"),
  statistic("tx_dropped", "tx_dropped", "Packets dropped instead of sent"),
  statistic("rx_errors", "rx_errors", "Packets with errors"),
  statistic("tx_errors", "tx_errors", "Packets that could not be sent"),
  statistic("collisions", "collisions", "Collisions"),
];
