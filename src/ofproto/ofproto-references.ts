// SPDX-License-Identifier: Apache-2.0
/** What actions refer to must be there, and they go with it. */
import { OfpError } from "../openflow/errors.js";
import { FLOW_REMOVED_REASON } from "../openflow/messages/flow-removed.js";
import type { OfpAct } from "../openflow/ofp-actions.js";
import type { Ofproto } from "./ofproto.js";

type Referred = Pick<Ofproto, "flows" | "groups" | "meters">;

/** Throws OfpError when `actions` use a group or a meter that is not there, or what the datapath
 * does not have. */
export function checkReferences(ofproto: Referred, actions: readonly OfpAct[]): void {
  for (let i = 0; i < actions.length; i++) {
    const act = actions[i]!;
    if (act.type === "group") {
      if (!ofproto.groups.get(act.group)) throw new OfpError("OFPBAC_BAD_OUT_GROUP");
    } else if (act.type === "meter") {
      const isKnown = ofproto.meters.dpMeter(act.meter) !== undefined;
      if (!isKnown) throw new OfpError("OFPMMFC_INVALID_METER");
    } else if (act.type === "ct" || (act.type === "resubmit" && act.withCtOrig)) {
      // The datapath has no connection tracker.
      throw new OfpError("NXBAC_CT_DATAPATH_SUPPORT");
    } else if ("actions" in act) {
      checkReferences(ofproto, act.actions);
    }
  }
}

/** Removes the flows that use a meter that has gone. */
export function removeFlowsOfMeter(ofproto: Referred, meterId: number): void {
  const rules = ofproto.flows.references.rulesOfMeter(meterId);
  if (rules.length === 0) return;
  ofproto.flows.transact((transaction) => {
    for (const rule of rules) {
      ofproto.flows.remove(transaction, rule, FLOW_REMOVED_REASON.METER_DELETE);
    }
  });
}
