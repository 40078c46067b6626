// SPDX-License-Identifier: Apache-2.0
/** What the Open_vSwitch row says about the host and the program. */
import { readFileSync } from "node:fs";
import { COMPATIBLE_VERSION } from "../cli/version.js";
import type { Dpif } from "../dpif/dpif.js";
import type { RowValues } from "../ovsdb/schema/database.js";

/** Types of interfaces that Interface.type may name. */
export const IFACE_TYPES: readonly string[] = [
  "dpdk",
  "dpdkvhostuser",
  "dpdkvhostuserclient",
  "internal",
  "patch",
  "system",
  "tap",
];

/** os-release(5), from which the stock start scripts take it, too. */
function osRelease(): { type: string; version: string } {
  let text = "";
  try {
    text = readFileSync("/etc/os-release", "utf8");
  } catch {
    // A system without the file is of unknown type.
  }
  const value = (key: string): string =>
    new RegExp(`^${key}="?([^"\\n]*)"?$`, "m").exec(text)?.[1] || "unknown";
  return { type: value("ID"), version: value("VERSION_ID") };
}

/** Columns that hold from the start until the end. */
export function programColumns(dbVersion: string, withDummy: boolean): RowValues<"Open_vSwitch"> {
  const { type, version } = osRelease();
  const dummies = withDummy ? ["dummy", "dummy-internal", "dummy-pmd"] : [];
  return {
    ovs_version: COMPATIBLE_VERSION,
    db_version: dbVersion,
    system_type: type,
    system_version: version,
    datapath_types: ["netdev", "system", ...(withDummy ? ["dummy"] : [])],
    iface_types: [...IFACE_TYPES, ...dummies].sort(),
  };
}

/** What is known of DPDK: nothing before the datapath is open. */
export function dpdkColumns(dpif: Dpif | undefined): RowValues<"Open_vSwitch"> {
  return {
    dpdk_initialized: dpif?.dpdkInitialized ?? false,
    dpdk_version: dpif?.dpdkInitialized ? dpif.dpdkVersion : "none",
  };
}
