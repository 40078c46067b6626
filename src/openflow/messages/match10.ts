// SPDX-License-Identifier: Apache-2.0
/** OpenFlow 1.0 matches in messages. */
import type { Match } from "../match.js";
import { normalizeMatch } from "../match-normalize.js";
import { readOfp10Match } from "../ofp10-match.js";
import type { WireReader } from "./wire.js";

export { writeOfp10Match as writeMatch10 } from "../ofp10-match.js";

/** All of `ofp_flow_wildcards`. */
const WILDCARDS_ALL = (1 << 22) - 1;

/** Reads a 40-byte match. Fields whose prerequisites are missing are ignored (§3.4). */
export function readMatch10(r: WireReader): Match {
  const match = readOfp10Match(r);
  normalizeMatch(match);
  return match;
}

/** Whether the match that comes next has no wildcards at all. */
export function nextIsExact(r: WireReader): boolean {
  return r.left >= 4 && (r.peekU32() & WILDCARDS_ALL) === 0;
}
