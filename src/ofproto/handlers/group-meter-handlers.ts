// SPDX-License-Identifier: Apache-2.0
/** Groups and meters: what a switch that has room for none says. */
import { OfpError } from "../../openflow/errors.js";
import { GROUP_COMMAND } from "../../openflow/messages/groups.js";
import { METER_ALL, METER_COMMAND } from "../../openflow/messages/meters.js";
import type { Handler } from "./handler.js";

const NOTHING = new Uint8Array(0);

export const groupMod: Handler<"group_mod"> = (_request, message) => {
  switch (message.command) {
    case GROUP_COMMAND.ADD:
      throw new OfpError("OFPGMFC_OUT_OF_GROUPS");
    case GROUP_COMMAND.MODIFY:
      throw new OfpError("OFPGMFC_UNKNOWN_GROUP");
    case GROUP_COMMAND.DELETE:
      return;
    default:
      throw new OfpError("OFPGMFC_BAD_COMMAND");
  }
};

export const groupStats: Handler<"group_stats_request"> = (request) => {
  request.reply({ type: "group_stats_reply", entries: NOTHING });
};

export const groupDesc: Handler<"group_desc_request"> = (request) => {
  request.reply({ type: "group_desc_reply", entries: NOTHING });
};

export const groupFeatures: Handler<"group_features_request"> = (request) => {
  request.reply({
    ...{ type: "group_features_reply", types: 0, capabilities: 0 },
    ...{ maxGroups: [0, 0, 0, 0], actions: [0, 0, 0, 0] },
  });
};

export const meterMod: Handler<"meter_mod"> = (_request, message) => {
  switch (message.command) {
    case METER_COMMAND.ADD:
      throw new OfpError("OFPMMFC_OUT_OF_METERS");
    case METER_COMMAND.MODIFY:
      throw new OfpError("OFPMMFC_UNKNOWN_METER");
    case METER_COMMAND.DELETE:
      return;
    default:
      throw new OfpError("OFPMMFC_BAD_COMMAND");
  }
};

/** Asking for one meter that does not exist is a mistake, asking for all is not. */
function checkMeter(meterId: number): void {
  if (meterId !== METER_ALL) throw new OfpError("OFPMMFC_UNKNOWN_METER");
}

export const meterStats: Handler<"meter_stats_request"> = (request, message) => {
  checkMeter(message.meterId);
  request.reply({ type: "meter_stats_reply", entries: NOTHING });
};

export const meterConfig: Handler<"meter_config_request"> = (request, message) => {
  checkMeter(message.meterId);
  request.reply({ type: "meter_config_reply", entries: NOTHING });
};

export const meterFeatures: Handler<"meter_features_request"> = (request) => {
  request.reply({
    ...{ type: "meter_features_reply", maxMeters: 0, bandTypes: 0 },
    ...{ capabilities: 0, maxBands: 0, maxColor: 0 },
  });
};
