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
  ({ name }) => ({ datapath: name }),
);
const typedDatapath = family(
  ({ datapaths }) => datapaths,
  ({ type, name }) => ({ datapath: name, type }),
);

/** Coverage counters that it has under their own names. */
const COUNTERS = `
  netlink_sent netlink_received netlink_recv_jumbo netlink_overflow rconn_sent rconn_queued
  rconn_discarded rconn_overflow vconn_open vconn_sent vconn_received pstream_open stream_open
  txn_success txn_error txn_uncommitted txn_unchanged txn_incomplete txn_aborted txn_try_again
  dpif_port_add dpif_port_del dpif_flow_flush dpif_flow_get dpif_flow_put dpif_flow_del
  dpif_execute bridge_reconfigure xlate_actions xlate_actions_oversize
  xlate_actions_too_many_output ofproto_dpif_expired ofproto_flush ofproto_packet_out
  ofproto_recv_openflow ofproto_reinit_ports upcall_flow_limit_kill upcall_flow_limit_hit
`
  .trim()
  .split(/\s+/);

function counter(name: string, event: string): Metric {
  return single(`ovs_vswitchd_${name}`, "gauge", `${event} of coverage`, ({ events }) => {
    return events.get(event) ?? 0;
  });
}

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
  typedDatapath("ovs_vswitchd_dp", "gauge", "A datapath", () => 1),
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
  ...COUNTERS.map((name) => counter(name, name)),
  counter("packet_in", "flow_extract"),
  counter("packet_in_drop", "packet_in_overflow"),
];
