// SPDX-License-Identifier: Apache-2.0
/** What of a Bridge row configures the switch itself, rather than its ports. */
import { OperatorError } from "../lib/errors.js";
import { RateLimit, vlog } from "../lib/log.js";
import { MAC_AGING_DEFAULT_S, MAC_TABLE_DEFAULT } from "../ofproto/mac-learning.js";
import { INTERNAL_TABLE } from "../ofproto/ofproto-table.js";
import type { XPort } from "../ofproto/ports.js";
import type { Subfield } from "../openflow/ofp-actions.js";
import { parseSubfield } from "../openflow/subfield.js";
import type { Bridge } from "./bridge.js";
import { configBoolean, configInteger } from "./config-values.js";
import { controllerConfigs, failMode, protocolVersions } from "./controllers.js";
import { bundleConfig } from "./vlan-config.js";

const log = vlog("bridge");
const limit = new RateLimit(60, 5);

/** Applies fail mode, protocols, controllers, table and MAC learning settings. */
export function applyBridgeSettings(bridge: Bridge): void {
  const { row, ofproto, xbridge } = bridge;
  const { other_config: config } = row;
  ofproto.setProtocols(protocolVersions(row));
  ofproto.setFailMode(failMode(row));
  ofproto.setControllers(controllerConfigs(row));
  ofproto.description.dpDesc = config.get("dp-desc") ?? "None";
  ofproto.description.serialDesc = config.get("dp-sn") ?? "None";
  for (let table = 0; table < INTERNAL_TABLE; table++) {
    const settings = row.flow_tables.get(table);
    ofproto.setTableConfig(table, {
      ...(settings?.name === undefined ? {} : { name: settings.name }),
      maxFlows: settings?.flow_limit ?? null,
      evicts: settings?.overflow_policy === "evict",
      groups: evictionGroups(bridge.name, settings?.groups),
    });
  }
  const learning = xbridge.macLearning;
  learning.setAgingTime(configInteger(config, "mac-aging-time", MAC_AGING_DEFAULT_S));
  learning.setMaxEntries(configInteger(config, "mac-table-size", MAC_TABLE_DEFAULT));
  const forwardBpdu = configBoolean(config, "forward-bpdu", false);
  if (forwardBpdu !== xbridge.forwardBpdu) {
    xbridge.forwardBpdu = forwardBpdu;
    xbridge.changed();
  }
}

/** `Flow_Table.groups`. One that is no part of a field is left out, and said so. */
function evictionGroups(bridge: string, groups: readonly string[] | undefined): Subfield[] {
  const fields: Subfield[] = [];
  for (const text of groups ?? []) {
    try {
      fields.push(parseSubfield(text));
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      log.warn(`bridge ${bridge}: error parsing "groups" ${text}: ${error.message}`, limit);
    }
  }
  return fields;
}

/** Makes the ports' VLAN configuration that of the database. */
export function applyBundles(bridge: Bridge): void {
  const { row, xbridge } = bridge;
  const wanted = new Set(row.ports.map(({ name }) => name));
  wanted.add(bridge.name);
  for (const name of [...xbridge.bundles.keys()]) {
    if (!wanted.has(name)) xbridge.removeBundle(name);
  }
  for (const port of row.ports) {
    const members = port.interfaces.flatMap(({ name }) => {
      const active = bridge.interfaces.get(name);
      return active ? [active.xport] : [];
    });
    setBundle(bridge, bundleConfig(port), members);
  }
  const local = bridge.interfaces.get(bridge.name);
  if (local && local.wanted.port === undefined) {
    setBundle(bridge, { name: bridge.name }, [local.xport]);
  }
}

/** Leaves a bundle alone that is as it should be: to set it again would start a revalidation. */
function setBundle(
  { xbridge }: Bridge,
  config: Parameters<Bridge["xbridge"]["setBundle"]>[0],
  members: readonly XPort[],
): void {
  const old = xbridge.bundles.get(config.name);
  if (members.length === 0) {
    if (old) xbridge.removeBundle(config.name);
    return;
  }
  const isSame =
    old !== undefined &&
    old.ports.length === members.length &&
    members.every((port) => old.ports.includes(port)) &&
    Object.entries(config).every(([key, value]) =>
      sameValue(old[key as keyof typeof config], value),
    );
  if (!isSame) xbridge.setBundle(config, members);
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a instanceof Set && b instanceof Set) {
    return a.size === b.size && [...a].every((value) => b.has(value));
  }
  return a === b;
}

/** Joins patch ports with their peers, over all bridges. Returns what is wrong, by interface. */
export function connectPatches(bridges: Iterable<Bridge>): Map<string, string> {
  const patches = new Map<string, { bridge: Bridge; xport: XPort; peer: string | undefined }>();
  for (const bridge of bridges) {
    for (const active of bridge.interfaces.values()) {
      if (!active.xport.isPatch) continue;
      const peer = active.wanted.row?.options.get("peer");
      patches.set(active.name, { bridge, xport: active.xport, peer });
    }
  }
  const errors = new Map<string, string>();
  for (const [name, { bridge, xport, peer }] of patches) {
    const other = peer === undefined ? undefined : patches.get(peer);
    const isPaired = other !== undefined && other.peer === name && other.xport !== xport;
    bridge.xbridge.setPeer(xport, isPaired ? other.xport : null);
    if (peer === undefined) errors.set(name, `${name}: patch type requires valid 'peer' argument`);
    else if (peer === name) errors.set(name, `${name}: patch peer must not be self`);
    else if (!isPaired) {
      errors.set(name, `No usable peer '${peer}' exists in 'netdev' datapath.`);
    }
  }
  return errors;
}
