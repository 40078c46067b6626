// SPDX-License-Identifier: Apache-2.0
/** Matches in messages of OpenFlow 1.1 and later: `ofp_match` in the form of the version. */
import { OfpError } from "../errors.js";
import type { Match } from "../match.js";
import { type NxMatchOptions, readOxmMatch, writeOxmMatch } from "../nxm-match.js";
import { OFP11_MATCH_BYTES, readOfp11Match, writeOfp11Match } from "../ofp11-match.js";
import { V11 } from "./codec.js";
import type { WireReader, WireWriter } from "./wire.js";

const TYPE_STANDARD = 0;

/** Reads a match of either form, whatever the version is, as the stock switch does. Throws
 * OfpError. */
export function readMatch(r: WireReader, options: NxMatchOptions = {}): Match {
  if (r.left < 4) throw new OfpError("OFPBMC_BAD_LEN");
  const head = r.peekU32();
  if (head >>> 16 !== TYPE_STANDARD) return readOxmMatch(r, options);
  if ((head & 0xffff) !== OFP11_MATCH_BYTES) throw new OfpError("OFPBMC_BAD_LEN");
  return readOfp11Match(r);
}

/** Writes a match as `version` has it. */
export function writeMatch(w: WireWriter, match: Match, version: number): void {
  if (version === V11) writeOfp11Match(w, match);
  else writeOxmMatch(w, match, version);
}
