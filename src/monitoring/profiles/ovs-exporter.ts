// SPDX-License-Identifier: Apache-2.0
/** The names, labels and meanings of ovs_exporter (greenpau): interfaces by UUID. */
import { hostname } from "node:os";
import type { PortInfo } from "../../dpif/dpif.js";
import { family, type Labels, type Metric, type Sample } from "../metric.js";
import type { InterfaceSnapshot, Snapshot } from "../snapshot.js";

const COMPONENT = "ovs-vswitchd";

function systemId({ root }: Snapshot): string {
  return root?.external_ids.get("system-id") ?? "";
}

/** A thing together with the system's name, which is in every label set. */
type Of<T> = T & { readonly systemId: string };

function withSystem<T extends object>(snapshot: Snapshot, things: readonly T[]): Of<T>[] {
  const id = systemId(snapshot);
  return things.map((thing) => ({ ...thing, systemId: id }));
}

const remembered = new WeakMap<Snapshot, Of<InterfaceSnapshot>[]>();

function interfacesOf(snapshot: Snapshot): Of<InterfaceSnapshot>[] {
  const known = remembered.get(snapshot);
  if (known) return known;
  const rows = snapshot.interfaces.filter(({ row }) => row !== undefined);
  const made = withSystem(snapshot, rows);
  remembered.set(snapshot, made);
  return made;
}

const iface = family(interfacesOf, (of) => ({ system_id: of.systemId, uuid: of.row!._uuid }));
const datapath = family(
  (snapshot) => withSystem(snapshot, snapshot.datapaths),
  (of) => ({ system_id: of.systemId, datapath: `${of.type}@${of.name}` }),
);

function gauge(
  name: string,
  help: string,
  value: (of: InterfaceSnapshot) => number | undefined,
): Metric {
  return iface(`ovs_interface_${name}`, "gauge", help, value);
}

function device(name: string, help: string, value: (info: PortInfo) => number): Metric {
  return gauge(name, help, ({ info }) => (info ? value(info) : undefined));
}

function statistic(name: string, help: string): Metric {
  return iface(`ovs_interface_${name}`, "counter", help, ({ statistics }) => statistics[name] ?? 0);
}

/** Down 0, up 1, other 2. */
function state({ info, error }: InterfaceSnapshot, isUp: (info: PortInfo) => boolean): number {
  if (info) return Number(isUp(info));
  return error === undefined ? 1 : 2;
}

/** A sample of value 1 per interface and pair of one of its columns. */
function pairs(
  name: string,
  help: string,
  column: (of: InterfaceSnapshot) => Iterable<readonly [string, string]>,
): Metric {
  return {
    ...{ name: `ovs_interface_${name}`, help, type: "gauge" },
    *read(snapshot): Iterable<Sample> {
      for (const each of interfacesOf(snapshot)) {
        const labels = { system_id: each.systemId, uuid: each.row!._uuid };
        for (const [key, value] of column(each)) {
          yield { labels: { ...labels, key, value }, value: 1 };
        }
      }
    },
  };
}

/** Metrics that are one sample, or one per entry of a map. */
function listed(
  name: string,
  type: "counter" | "gauge",
  help: string,
  list: (snapshot: Snapshot) => Iterable<readonly [Labels, number]>,
): Metric {
  return {
    ...{ name, type, help },
    *read(snapshot): Iterable<Sample> {
      const system_id = systemId(snapshot);
      for (const [labels, value] of list(snapshot)) {
        yield { labels: { system_id, ...labels }, value };
      }
    },
  };
}

const SYSTEM: readonly Metric[] = [
  { name: "ovs_up", type: "gauge", help: "1", read: () => [{ labels: {}, value: 1 }] },
  listed("ovs_info", "gauge", "What this is", ({ root }) => {
    const { system_type = "", system_version = "", ovs_version = "", db_version = "" } = root ?? {};
    const versions = { system_type, system_version, ovs_version, db_version };
    const rundir = process.env.OVS_RUNDIR ?? "/var/run/openvswitch";
    return [[{ rundir, hostname: hostname(), ...versions }, 1]];
  }),
  listed("ovs_pid", "gauge", "Process", () => {
    return [[{ component: COMPONENT, user: "root", group: "root" }, process.pid]];
  }),
  listed("ovs_coverage_total", "counter", "Events since the start", ({ events }) =>
    [...events].map(([event, count]) => [{ component: COMPONENT, event }, count] as const),
  ),
  listed("ovs_memory_usage", "gauge", "How much of what the switch holds", ({ memory }) =>
    [...memory].map(([facility, count]) => [{ component: COMPONENT, facility }, count] as const),
  ),
];

const DATAPATH: readonly Metric[] = [
  listed("ovs_dp_if", "gauge", "Interfaces of the datapath", ({ datapaths, interfaces }) =>
    interfaces.map((of) => {
      const dp = datapaths[0] ? `${datapaths[0].type}@${datapaths[0].name}` : "";
      const { bridge, name, ofport, type } = of;
      const index = of.info?.portNo ?? "none";
      return [{ datapath: dp, bridge, name, ofport, index, port_type: type }, 1] as const;
    }),
  ),
  listed("ovs_dp_br_if_total", "gauge", "Interfaces of a bridge", ({ datapaths, bridges }) =>
    bridges.map(({ name, interfaces }) => {
      const dp = datapaths[0] ? `${datapaths[0].type}@${datapaths[0].name}` : "";
      return [{ datapath: dp, bridge: name }, interfaces] as const;
    }),
  ),
  datapath("ovs_dp_flows", "gauge", "Installed flows", ({ flows }) => flows),
  datapath("ovs_dp_lookups_hit", "counter", "Passes that found a flow", ({ hit }) => hit),
  datapath("ovs_dp_lookups_missed", "counter", "Passes that found none", ({ missed }) => missed),
  datapath("ovs_dp_lookups_lost", "counter", "Misses that were lost", ({ lost }) => lost),
  datapath("ovs_dp_masks_hit", "counter", "Masks visited", ({ masksHit }) => masksHit),
  datapath("ovs_dp_masks_total", "gauge", "Masks", ({ masks }) => masks),
  datapath("ovs_dp_masks_hit_ratio", "gauge", "Masks visited per packet", (of) => {
    return of.hit + of.missed === 0 ? 0 : of.masksHit / (of.hit + of.missed);
  }),
];

const INTERFACES: readonly Metric[] = [
  listed("ovs_interface", "gauge", "An interface", (snapshot) =>
    interfacesOf(snapshot).map(({ row, name }) => [{ uuid: row!._uuid, name }, 1] as const),
  ),
  gauge("admin_state", "Down 0, up 1, other 2", (of) => state(of, (info) => info.adminUp)),
  gauge("link_state", "Down 0, up 1, other 2", (of) => state(of, (info) => info.linkUp)),
  gauge("ingress_policing_burst", "kbit", ({ row }) => row!.ingress_policing_burst),
  gauge("ingress_policing_rate", "kbps", ({ row }) => row!.ingress_policing_rate),
  listed("ovs_interface_mac_in_use", "gauge", "Ethernet address", (snapshot) =>
    interfacesOf(snapshot).map(({ row }) => {
      return [{ uuid: row!._uuid, mac_address: row!.mac_in_use ?? "" }, 1] as const;
    }),
  ),
  device("mtu", "Maximum transmission unit", ({ mtu }) => mtu),
  device("duplex", "Other 0, half 1, full 2", (of) => {
    return of.linkSpeed === 0 ? 0 : of.fullDuplex ? 2 : 1;
  }),
  gauge("of_port", "OpenFlow port", ({ ofport }) => ofport),
  device("if_index", "Interface index", ({ ifindex }) => ifindex),
  device("local_index", "Datapath port", ({ portNo }) => portNo),
  ...["rx_crc_err", "rx_dropped", "rx_frame_err", "rx_over_err", "rx_errors"].map((name) =>
    statistic(name, "Packets that were not received"),
  ),
  statistic("rx_missed_errors", "Packets that the device had no room for"),
  statistic("rx_packets", "Packets received"),
  statistic("rx_bytes", "Bytes received"),
  statistic("rx_multicast_packets", "Multicast packets received"),
  statistic("tx_packets", "Packets sent"),
  statistic("tx_bytes", "Bytes sent"),
  statistic("tx_dropped", "Packets dropped instead of sent"),
  statistic("tx_errors", "Packets that could not be sent"),
  statistic("collisions", "Collisions"),
  iface("ovs_interface_link_resets", "counter", "Changes of the link", ({ info }) => {
    return info?.linkResets ?? 0;
  }),
  device("link_speed", "Bits per second", ({ linkSpeed }) => linkSpeed),
  pairs("status", "Pairs of the column status", ({ info }) => Object.entries(info?.status ?? {})),
  pairs("options", "Pairs of the column options", ({ row }) => row!.options),
  pairs("external_ids", "Pairs of the column external_ids", ({ row }) => row!.external_ids),
];

export const OVS_EXPORTER: readonly Metric[] = [...SYSTEM, ...DATAPATH, ...INTERFACES];
