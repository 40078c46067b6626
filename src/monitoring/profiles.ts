// SPDX-License-Identifier: Apache-2.0
/** Under whose names metrics are shown. A new profile is a file and a line here. */
import type { Metric } from "./metric.js";
import { OPENSTACK_NETWORK_EXPORTER } from "./profiles/openstack-network-exporter.js";

export const PROFILES: ReadonlyMap<string, readonly Metric[]> = new Map([
  ["openstack-network-exporter", OPENSTACK_NETWORK_EXPORTER],
]);
export const DEFAULT_PROFILE = "openstack-network-exporter";
