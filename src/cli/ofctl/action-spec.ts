// SPDX-License-Identifier: Apache-2.0
import { checkActions } from "../../openflow/actions-check.js";
import { parseInstructions } from "../../openflow/actions-text.js";
import { OfpError } from "../../openflow/errors.js";
import type { FlowMod } from "../../openflow/messages/flow-mod.js";
import type { OfpAct } from "../../openflow/ofp-actions.js";
import { PROTOCOLS } from "../../openflow/protocols.js";
import { CliError } from "../invocation.js";
import type { FlowNames } from "./flow-spec.js";

/** The actions of a flow, and the flow formats (PROTOCOL bits) that can carry them. */
export interface FlowActions {
  readonly actions: readonly OfpAct[];
  readonly usable: number;
}

/** Parses what stands after `actions=` and checks it against the flow's match. */
export function parseFlowActions(text: string, names: FlowNames, flow: FlowMod): FlowActions {
  const { actions, usable } = parseInstructions(text, names);
  try {
    const consistent = checkActions(actions, flow.match, { tableId: flow.tableId });
    // Only OpenFlow 1.0 takes actions that do not fit the match.
    return { actions, usable: consistent ? usable : usable & PROTOCOLS.OF10 };
  } catch (error) {
    if (!(error instanceof OfpError)) throw error;
    throw new CliError(`actions are invalid with specified match (${error.code})`);
  }
}
