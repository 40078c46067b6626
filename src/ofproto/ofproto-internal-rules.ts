// SPDX-License-Identifier: Apache-2.0
/**
 * The flows of the switch's own table, as the stock switch has them: what happens to a packet that
 * came back without a place to go on at, and to table misses of the three kinds (told apart by
 * reg0). Translation knows what to do without them; they are there to be seen.
 */
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import { FLOW_FIELDS } from "../openflow/flow.js";
import { emptyMatch, type Match } from "../openflow/match.js";
import type { OfpAct } from "../openflow/ofp-actions.js";
import { INTERNAL_TABLE } from "./ofproto-table.js";
import { PACKET_IN_REASON } from "./ofproto-types.js";
import { Rule } from "./rule.js";

function matchU32(offset: number, value: number): Match {
  const match = emptyMatch();
  match.flow.view.setUint32(offset, value);
  match.mask.view.setUint32(offset, 0xffffffff);
  return match;
}

const TO_CONTROLLER: OfpAct = {
  ...{ type: "controller", maxLen: 0xffff, controllerId: 0 },
  reason: PACKET_IN_REASON.IMPLICIT_MISS,
};

/** Fresh rules, in the order of the stock switch's dump. */
export function internalRules(createdMs: number): Rule[] {
  const make = (priority: number, match: Match, actions: readonly OfpAct[]): Rule =>
    new Rule({ tableId: INTERNAL_TABLE, priority, match, actions, createdMs });
  const reg0 = (value: number): Match => matchU32(FLOW_FIELDS.regs.offset, value);
  return [
    make(2, matchU32(KEY_FIELDS.recirc_id.offset, 0), []),
    make(0, reg0(1), [TO_CONTROLLER]),
    make(0, reg0(2), []),
    make(0, reg0(3), []),
  ];
}
