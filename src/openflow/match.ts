// SPDX-License-Identifier: Apache-2.0
import { Flow } from "./flow.js";

/** An OpenFlow match: `flow` has no bit set outside `mask`. */
export interface Match {
  readonly flow: Flow;
  readonly mask: Flow;
}

/** A match on everything. */
export function emptyMatch(): Match {
  return { flow: new Flow(), mask: new Flow() };
}
