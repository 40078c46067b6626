// SPDX-License-Identifier: Apache-2.0
/** Messages about meters. */
import { FORWARD_REASON } from "../../openflow/messages/request-forward.js";
import { forwardRequest } from "./forward-request.js";
import type { Handler } from "./handler.js";

export const meterMod: Handler<"meter_mod"> = (request, message) => {
  const { ofproto } = request;
  ofproto.meters.apply(message);
  forwardRequest(request, message, FORWARD_REASON.METER_MOD);
  ofproto.hooks.onConfigChanged?.();
};

export const meterStats: Handler<"meter_stats_request"> = (request, message) => {
  const { ofproto } = request;
  const uses = (meterId: number): number => ofproto.flows.references.meterUses(meterId);
  const meters = ofproto.meters.stats(message.meterId, uses);
  request.reply({ type: "meter_stats_reply", meters });
};

export const meterConfig: Handler<"meter_config_request"> = (request, message) => {
  const meters = request.ofproto.meters.configs(message.meterId);
  request.reply({ type: "meter_config_reply", meters });
};

export const meterFeatures: Handler<"meter_features_request"> = (request) => {
  const { maxMeters, maxBands, bandTypes, flags } = request.ofproto.meters.features;
  request.reply({
    ...{ type: "meter_features_reply", maxMeters, bandTypes },
    ...{ capabilities: flags, maxBands, maxColor: 0 },
  });
};
