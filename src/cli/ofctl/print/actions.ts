// SPDX-License-Identifier: Apache-2.0
import { formatActions } from "../../../openflow/actions-text.js";
import type { OfpAct } from "../../../openflow/ofp-actions.js";
import type { PortNames } from "../../../openflow/text/ports.js";

/** Actions with ports by name where `ports` knows one; `drop` when there are none. */
export function actionsText(actions: readonly OfpAct[], ports: PortNames | undefined): string {
  return formatActions(actions, { ports });
}
