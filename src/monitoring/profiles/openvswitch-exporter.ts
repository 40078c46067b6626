// SPDX-License-Identifier: Apache-2.0
/** The names of openvswitch_exporter (digitalocean). */
import { family, type Metric } from "../metric.js";

const datapath = family(
  ({ datapaths }) => datapaths,
  ({ name }) => ({ datapath: name }),
);

export const OPENVSWITCH_EXPORTER: readonly Metric[] = [
  datapath("openvswitch_datapath_info", "gauge", "A datapath", () => 1),
  datapath(
    "openvswitch_datapath_stats_hits_total",
    "counter",
    "Passes with a flow",
    (of) => of.hit,
  ),
  datapath("openvswitch_datapath_stats_misses_total", "counter", "Passes without one", (of) => {
    return of.missed;
  }),
  datapath("openvswitch_datapath_stats_lost_total", "counter", "Misses that were lost", (of) => {
    return of.lost;
  }),
  datapath("openvswitch_datapath_stats_flows", "gauge", "Installed flows", (of) => of.flows),
  datapath(
    "openvswitch_datapath_megaflow_stats_mask_hits_total",
    "counter",
    "Masks visited",
    (of) => {
      return of.masksHit;
    },
  ),
  datapath("openvswitch_datapath_megaflow_stats_masks", "gauge", "Masks", (of) => of.masks),
];
