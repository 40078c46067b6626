// SPDX-License-Identifier: Apache-2.0
/** The names, labels and meanings of openstack-network-exporter. */
import type { PmdCounters } from "../../../pmd/stats/types.js";
import type { PortInfo } from "../../dpif/dpif.js";
import { COVERAGE_NAMES } from "../coverage-names.js";
import { family, type Metric, type Sample, single } from "../metric.js";
import type { InterfaceSnapshot, PmdSnapshot, Snapshot } from "../snapshot.js";

const bridge = family(
  ({ bridges }) => bridges,
  ({ name, datapathType }) => ({ bridge: name, datapath_type: datapathType }),
);
const datapath = family(
  ({ datapaths }) => datapaths,
  ({ type, name }) => ({ type, name }),
);
const INTERFACE_LABELS = ({ bridge: br, port, name, type }: InterfaceSnapshot) => {
  return { bridge: br, port, interface: name, type };
};
const iface = family(({ interfaces }) => interfaces, INTERFACE_LABELS);
const PMD_LABELS = ({ info }: PmdSnapshot) => ({ numa: info.numaId, cpu: info.coreId });
const pmd = family(({ pmds }) => pmds, PMD_LABELS);

/** Up 1, down 0, unknown -1. Patch ports are up, ports that do not exist are unknown. */
function state({ info, error }: InterfaceSnapshot, isUp: (info: PortInfo) => boolean): number {
  if (info) return Number(isUp(info));
  return error === undefined ? 1 : -1;
}

function counter(name: string, help: string, value: (counters: PmdCounters) => number): Metric {
  return pmd(`ovs_pmd_${name}`, "counter", help, ({ info }) => value(info.counters));
}

function statistic(name: string, help: string, keys: readonly string[]): Metric {
  return iface(`ovs_interface_${name}`, "counter", help, ({ statistics }) => {
    // The first one that says anything: devices differ in where they count.
    const used = keys.find((key) => (statistics[key] ?? 0) > 0);
    return used === undefined ? 0 : statistics[used];
  });
}

/** A statistic that devices keep by queue: `rx_q0_good_packets`. */
function queueStatistic(direction: "rx" | "tx", what: string): Metric {
  const pattern = new RegExp(`^${direction}_q(\\d+)_${what}$`);
  return {
    name: `ovs_interface_${direction}_${what}`,
    type: "counter",
    help: `${what.replaceAll("_", " ")} of a queue`,
    *read({ interfaces }): Iterable<Sample> {
      for (const each of interfaces) {
        for (const [name, value] of Object.entries(each.statistics)) {
          const queue = pattern.exec(name)?.[1];
          if (queue !== undefined) yield { labels: { ...INTERFACE_LABELS(each), queue }, value };
        }
      }
    },
  };
}

function rxq(
  name: string,
  help: string,
  value: (rxq: PmdSnapshot["info"]["rxqs"][number]) => number | undefined,
): Metric {
  return {
    ...{ name, type: "gauge", help },
    *read({ pmds }: Snapshot): Iterable<Sample> {
      for (const each of pmds) {
        for (const queue of each.info.rxqs) {
          const number = value(queue);
          if (number === undefined) continue;
          const labels = { ...PMD_LABELS(each), interface: queue.port, rxq: queue.queue };
          yield { labels, value: number };
        }
      }
    },
  };
}

const memory = (name: string, key: string, help: string): Metric =>
  single(`ovs_memory_${name}_total`, "gauge", help, (of) => of.memory.get(key) ?? 0);

const coverage = (name: string): Metric =>
  single(
    `ovs_coverage_${name}_total`,
    "counter",
    `${name} coverage counter`,
    ({ events }) => events.get(name) ?? 0,
  );

const GLOBAL: readonly Metric[] = [
  {
    ...{ name: "ovs_build_info", type: "gauge", help: "Version of the switch and of its parts" },
    read: ({ root }) => {
      const { ovs_version = "", dpdk_version = "", db_version = "" } = root ?? {};
      return [{ labels: { ovs_version, dpdk_version, db_version }, value: 1 }];
    },
  },
  single("ovs_dpdk_initialized", "gauge", "Whether DPDK is initialized", ({ root }) =>
    Number(root?.dpdk_initialized ?? false),
  ),
  bridge("ovs_bridge_port_count", "gauge", "Ports of a bridge", ({ ports }) => ports),
  bridge("ovs_bridge_flow_count", "gauge", "OpenFlow rules of a bridge", ({ flows }) => flows),
  datapath("ovs_datapath_flows_total", "gauge", "Installed datapath flows", (dp) => dp.flows),
  datapath("ovs_datapath_lookup_hits_total", "counter", "Passes that found a flow", (dp) => dp.hit),
  datapath(
    "ovs_datapath_lookup_missed_total",
    "counter",
    "Passes that found no flow",
    (dp) => dp.missed,
  ),
  datapath(
    "ovs_datapath_lookup_lost_total",
    "counter",
    "Misses that were lost on the way to the control thread",
    (dp) => dp.lost,
  ),
  memory("handlers", "handlers", "Threads that handle misses"),
  memory("ports", "ports", "Ports"),
  memory("revalidators", "revalidators", "Threads that revalidate flows"),
  memory("rules", "rules", "OpenFlow rules"),
  memory("keys", "udpif keys", "Datapath flows under revalidation"),
];

const INTERFACES: readonly Metric[] = [
  iface(
    "ovs_interface_admin_state",
    "gauge",
    "Administrative state: up 1, down 0, unknown -1",
    (of) => state(of, (info) => info.adminUp),
  ),
  iface("ovs_interface_link_state", "gauge", "Link: up 1, down 0, unknown -1", (of) =>
    state(of, (info) => info.linkUp),
  ),
  iface("ovs_interface_link_resets", "counter", "Changes of the link", ({ info }) => {
    return info?.linkResets ?? 0;
  }),
  iface("ovs_interface_link_speed_bps", "gauge", "Bits per second", ({ info }) => {
    return info?.linkSpeed ?? 0;
  }),
  iface("ovs_interface_mtu_bytes", "gauge", "Maximum transmission unit", ({ info }) => {
    return info?.mtu ?? 0;
  }),
  statistic("rx_packets", "Packets received", ["rx_packets"]),
  statistic("rx_bytes", "Bytes received", ["rx_bytes"]),
  statistic("rx_errors", "Invalid packets received", ["rx_errors"]),
  statistic("rx_dropped", "Packets lost before the switch saw them", [
    ...["rx_missed_errors", "rx_dropped"],
  ]),
  statistic("tx_packets", "Packets sent", ["tx_packets"]),
  statistic("tx_bytes", "Bytes sent", ["tx_bytes"]),
  statistic("tx_errors", "Packets that could not be sent", ["ovs_tx_failure_drops", "tx_errors"]),
  statistic("tx_retries", "Attempts to send again to a full queue", ["ovs_tx_retries"]),
  ...(["rx", "tx"] as const).flatMap((direction) => [
    queueStatistic(direction, "guest_notifications"),
    queueStatistic(direction, "good_packets"),
    queueStatistic(direction, "multicast_packets"),
  ]),
];

const PMDS: readonly Metric[] = [
  counter("total_iterations", "Iterations", (c) => c.idleIterations + c.busyIterations),
  counter("idle_iterations", "Iterations without a packet", (c) => c.idleIterations),
  counter("busy_iterations", "Iterations with packets", (c) => c.busyIterations),
  counter("sleep_iterations", "Iterations that ended in sleep", (c) => c.sleepIterations),
  pmd("ovs_pmd_sleep_microseconds", "counter", "Time asleep", ({ info, perf }) => {
    return perf ? Math.round((info.counters.sleepCycles * 1e6) / perf.tscHz) : 0;
  }),
  counter("rx_packets", "Packets received", (c) => c.packetsReceived),
  counter("datapath_passes", "Passes through the tables", (c) => {
    return c.packetsReceived + c.recirculations;
  }),
  counter("phwol_hits", "Passes that the device had classified", (c) => c.phwolHits),
  counter("mfex_opt_hits", "Packets of the optimised parser", (c) => c.mfexOptHits),
  counter("simple_match_hits", "Passes of simple matches", (c) => c.simpleMatchHits),
  counter("emc_hits", "Passes that hit the exact match cache", (c) => c.emcHits),
  counter("smc_hits", "Passes that hit the signature match cache", (c) => c.smcHits),
  counter("megaflow_hits", "Passes that hit a megaflow", (c) => c.megaflowHits),
  counter("total_upcalls", "Misses that were answered", (c) => c.upcallsSucceeded),
  counter("lost_upcalls", "Misses that were lost", (c) => c.upcallsFailed),
  counter("tx_packets", "Packets handed to ports", (c) => c.outputPackets),
  counter("tx_batches", "Batches handed to ports", (c) => c.outputBatches),
  pmd("ovs_pmd_cpu_isolated", "gauge", "1: polls pinned queues only", ({ info }) =>
    Number(info.isolated),
  ),
  pmd("ovs_pmd_cpu_overhead", "gauge", "Percent of cycles on no queue", ({ info }) => {
    return info.overheadPercent;
  }),
  pmd("ovs_pmd_context_switches", "counter", "Voluntary context switches", (each) => {
    return each.switches?.voluntary;
  }),
  pmd("ovs_pmd_nonvol_context_switches", "counter", "Involuntary context switches", (each) => {
    return each.switches?.involuntary;
  }),
  rxq("ovs_pmd_rxq_usage", "Percent of the core's cycles for a queue", (of) => of.usagePercent),
  rxq("ovs_pmd_rxq_enabled", "1: the guest has enabled the queue", (of) => Number(of.enabled)),
];

export const OPENSTACK_NETWORK_EXPORTER: readonly Metric[] = [
  ...GLOBAL,
  ...INTERFACES,
  ...PMDS,
  ...COVERAGE_NAMES.map(coverage),
];
