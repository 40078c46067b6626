// SPDX-License-Identifier: Apache-2.0
/** The names of ovs-dpdk-telemetry-exporter (nfvri). Its counters end in `_total`: the library that
 * it uses appends that. */
import type { PmdCounters } from "../../../pmd/stats/types.js";
import type { PmdInfo } from "../../dpif/dpif.js";
import { family, type Metric } from "../metric.js";
import type { InterfaceSnapshot, Snapshot } from "../snapshot.js";

const datapath = family(
  ({ datapaths }) => datapaths,
  ({ type, name }) => ({ datapath: `${type}@${name}` }),
);
type Port = InterfaceSnapshot & { readonly datapath: string };
const made = new WeakMap<Snapshot, Port[]>();

/** Interfaces that the datapath knows, each with its name. */
function portsOf(snapshot: Snapshot): Port[] {
  const known = made.get(snapshot);
  if (known) return known;
  const [dp] = snapshot.datapaths;
  const name = dp ? `${dp.type}@${dp.name}` : "";
  const ports = snapshot.interfaces.filter(({ info }) => info !== undefined);
  const all = ports.map((port) => ({ ...port, datapath: name }));
  made.set(snapshot, all);
  return all;
}

const port = family(portsOf, ({ datapath: dp, info, name }) => ({
  ...{ datapath: dp, port_id: info!.portNo, interface: name, interface_type: info!.displayType },
}));
const thread = family(
  ({ threads }) => threads,
  ({ coreId, numaId }) => ({
    thread_type: coreId < 0 ? "main" : "pmd",
    ...{ numa_id: coreId < 0 ? -1 : numaId, core_id: coreId },
  }),
);

const PREFIX = "ovs_dpdk_telemetry";

function statistic(name: string, key: string): Metric {
  const help = `${key} of a port`;
  return port(`${PREFIX}_datapath_port_${name}_total`, "counter", help, ({ statistics }) => {
    return statistics[key] ?? 0;
  });
}

/** What `dpctl/show` says of a port: a number, or a truth. */
function setting(name: string): Metric {
  return port(`${PREFIX}_datapath_port_${name}`, "gauge", `${name} of a port`, ({ info }) => {
    const value = name === "mtu" ? String(info!.mtu) : info!.config[name];
    if (value === undefined) return undefined;
    return value === "true" || value === "false" ? Number(value === "true") : Number(value);
  });
}

function counter(name: string, help: string, value: (counters: PmdCounters) => number): Metric {
  const full = `${PREFIX}_pmd_threads_${name}_total`;
  return thread(full, "counter", help, ({ counters }) => value(counters));
}

function gauge(name: string, help: string, value: (c: PmdCounters) => number): Metric {
  return thread(`${PREFIX}_pmd_threads_${name}`, "gauge", help, ({ counters }: PmdInfo) => {
    const number = value(counters);
    return Number.isFinite(number) ? number : 0;
  });
}

const cycles = (c: PmdCounters): number => c.idleCycles + c.busyCycles;

export const OVS_DPDK_TELEMETRY_EXPORTER: readonly Metric[] = [
  datapath(`${PREFIX}_datapath_flows`, "gauge", "Installed flows", ({ flows }) => flows),
  datapath(
    `${PREFIX}_datapath_lookups_hit_total`,
    "counter",
    "Passes with a flow",
    ({ hit }) => hit,
  ),
  datapath(
    `${PREFIX}_datapath_lookups_missed_total`,
    "counter",
    "Passes without",
    (of) => of.missed,
  ),
  datapath(`${PREFIX}_datapath_lookups_lost_total`, "counter", "Misses lost", ({ lost }) => lost),
  datapath(`${PREFIX}_datapath_masks_hit_total`, "counter", "Masks visited", (of) => of.masksHit),
  datapath(`${PREFIX}_datapath_masks_total`, "gauge", "Masks", ({ masks }) => masks),
  datapath(`${PREFIX}_datapath_masks_hit_per_packet`, "gauge", "Masks per packet", (of) => {
    return of.hit + of.missed === 0 ? 0 : of.masksHit / (of.hit + of.missed);
  }),
  ...["packets", "bytes", "errors", "dropped"].flatMap((what) => [
    statistic(`rx_${what}`, `rx_${what}`),
    statistic(`tx_${what}`, `tx_${what}`),
  ]),
  statistic("tx_aborted", "tx_aborted_errors"),
  statistic("tx_carrier", "tx_carrier_errors"),
  statistic("rx_overruns", "rx_over_err"),
  statistic("rx_frame", "rx_frame_err"),
  statistic("collisions", "collisions"),
  ...["requested", "configured"].flatMap((state) =>
    ["rx_queues", "tx_queues", "rxq_descriptors", "txq_descriptors"].map((what) =>
      setting(`${state}_${what}`),
    ),
  ),
  ...["mtu", "lsc_interrupt_mode", "rx_csum_offload", "tx_tso_offload"].map(setting),
  counter("packets_received", "Packets received", (c) => c.packetsReceived),
  counter("packet_recirculations", "Recirculations", (c) => c.recirculations),
  gauge("avg_datapath_passes_per_packet", "Passes per packet", (c) => {
    return (c.packetsReceived + c.recirculations) / c.packetsReceived;
  }),
  counter("emc_hits", "Hits of the exact match cache", (c) => c.emcHits),
  counter("smc_hits", "Hits of the signature match cache", (c) => c.smcHits),
  counter("megaflow_hits", "Hits of megaflows", (c) => c.megaflowHits),
  gauge("avg_subtable_lookups_per_megaflow_hit", "Tables per megaflow hit", (c) => {
    return c.subtableLookups / c.megaflowHits;
  }),
  counter("miss_with_success_upcall", "Misses answered", (c) => c.upcallsSucceeded),
  counter("miss_with_failed_upcall", "Misses lost", (c) => c.upcallsFailed),
  gauge("avg_packets_per_output_batch", "Packets per batch", (c) => {
    return c.outputPackets / c.outputBatches;
  }),
  counter("idle_cycles", "TSC cycles without packets", (c) => c.idleCycles),
  gauge("idle_cycles_percentage", "Of all cycles", (c) => (100 * c.idleCycles) / cycles(c)),
  counter("processing_cycles", "TSC cycles with packets", (c) => c.busyCycles),
  gauge("processing_cycles_percentage", "Of all cycles", (c) => (100 * c.busyCycles) / cycles(c)),
  gauge("avg_cycles_per_packet", "Cycles per packet", (c) => cycles(c) / c.packetsReceived),
  gauge("avg_processing_cycles_per_packet", "Busy cycles per packet", (c) => {
    return c.busyCycles / c.packetsReceived;
  }),
];
