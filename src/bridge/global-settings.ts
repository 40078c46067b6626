// SPDX-License-Identifier: Apache-2.0
/** `Open_vSwitch.other_config`: what concerns the whole datapath. */
import type { DpifSettings } from "../dpif/dpif.js";
import { DEFAULT_SETTINGS, type RevalidatorSettings } from "../slowpath/revalidator.js";
import { configBoolean, configInteger, type StringMap, toRecord } from "./config-values.js";
import type { Datapath } from "./datapath.js";

const EMC_INSERT_INV_PROB_DEFAULT = 100;
const STATS_INTERVAL_MS = 5000;

function dpifSettings(config: StringMap): Omit<DpifSettings, "txFlushUs"> {
  const inverse = configInteger(config, "emc-insert-inv-prob", EMC_INSERT_INV_PROB_DEFAULT);
  const isValid = inverse >= 0 && inverse <= 0xffffffff;
  return {
    emcInsertInvProb: isValid ? inverse : EMC_INSERT_INV_PROB_DEFAULT,
    smcEnable: configBoolean(config, "smc-enable", false),
    vlanLimit: configInteger(config, "vlan-limit", 1, 0, 2),
  };
}

function revalidatorSettings(config: StringMap): RevalidatorSettings {
  const { flowLimit, maxIdleMs, maxRevalidatorMs, minRevalidatePps } = DEFAULT_SETTINGS;
  return {
    flowLimit: configInteger(config, "flow-limit", flowLimit, 0),
    maxIdleMs: configInteger(config, "max-idle", maxIdleMs, 500),
    maxRevalidatorMs: configInteger(config, "max-revalidator", maxRevalidatorMs, 100),
    minRevalidatePps: configInteger(config, "min-revalidate-pps", minRevalidatePps, 1),
  };
}

/** How often statistics are written to the database. */
export function statsIntervalMs(config: StringMap): number {
  return configInteger(config, "stats-update-interval", STATS_INTERVAL_MS, STATS_INTERVAL_MS);
}

export async function applyGlobalSettings(datapath: Datapath, config: StringMap): Promise<void> {
  const { dpif, slowpath, xdatapath } = datapath;
  slowpath.configure(revalidatorSettings(config));
  const settings = dpifSettings(config);
  dpif.setSettings(settings);
  const vlanLimit = settings.vlanLimit === 0 ? 2 : settings.vlanLimit;
  if (vlanLimit !== xdatapath.vlanLimit) {
    xdatapath.vlanLimit = vlanLimit;
    slowpath.changed();
  }
  await dpif.pmdControl.setOtherConfig(toRecord(config));
}
