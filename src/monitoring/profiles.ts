// SPDX-License-Identifier: Apache-2.0
/** Under whose names metrics are shown. A new profile is a file and a line here. */
import type { Metric } from "./metric.js";
import { OPENSTACK_NETWORK_EXPORTER } from "./profiles/openstack-network-exporter.js";
import { OPENVSWITCH_EXPORTER } from "./profiles/openvswitch-exporter.js";
import { OVN_KUBERNETES } from "./profiles/ovn-kubernetes.js";
import { OVS_DPDK_TELEMETRY_EXPORTER } from "./profiles/ovs-dpdk-telemetry-exporter.js";
import { OVS_EXPORTER } from "./profiles/ovs-exporter.js";
import { OVS_EXPORTER_PMD } from "./profiles/ovs-exporter-pmd.js";
import { OVSDP_EXPORTER } from "./profiles/ovsdp-exporter.js";

export const PROFILES: ReadonlyMap<string, readonly Metric[]> = new Map([
  ["openstack-network-exporter", OPENSTACK_NETWORK_EXPORTER],
  ["ovs_exporter", OVS_EXPORTER],
  ["ovs_exporter-pmd", OVS_EXPORTER_PMD],
  ["openvswitch_exporter", OPENVSWITCH_EXPORTER],
  ["ovn-kubernetes", OVN_KUBERNETES],
  ["ovsdp-exporter", OVSDP_EXPORTER],
  ["ovs-dpdk-telemetry-exporter", OVS_DPDK_TELEMETRY_EXPORTER],
]);
export const DEFAULT_PROFILE = "openstack-network-exporter";
