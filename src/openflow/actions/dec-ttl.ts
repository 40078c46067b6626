// SPDX-License-Identifier: Apache-2.0
/** `dec_ttl`, `dec_ttl(id,…)`. */
import { OfpError } from "../errors.js";
import { ETH_TYPE, etherType } from "../field-prereqs.js";
import type { WireReader } from "../messages/wire.js";
import type { OfpAct } from "../ofp-actions.js";
import { syntaxError } from "../text/numbers.js";
import {
  action,
  endAction,
  extensible,
  nicira,
  standard,
  startStandard,
  startVendor,
  V,
} from "./codec.js";

const PLAIN: OfpAct = { type: "dec_ttl", controllerIds: [0] };

/** C's atoi, cut to 16 bits. */
function leadingInteger(s: string): number {
  return Number.parseInt(/^\s*[+-]?\d+/.exec(s)?.[0] ?? "0", 10) & 0xffff;
}

function parse(arg: string): OfpAct {
  if (arg === "") return PLAIN;
  const ids = arg.split(/[, ]+/).filter((word) => word !== "");
  if (ids.length === 0) {
    throw syntaxError("dec_ttl_cnt_ids: expected at least one controller id.");
  }
  return { type: "dec_ttl", controllerIds: ids.map(leadingInteger), explicitIds: true };
}

function decodeIds(r: WireReader): OfpAct {
  const count = r.u16();
  if (r.view(4).some((b) => b !== 0)) throw new OfpError("NXBRC_MUST_BE_ZERO");
  if (r.left < 2 * count) throw new OfpError("OFPBAC_BAD_LEN");
  const controllerIds = Array.from({ length: count }, () => r.u16());
  return { type: "dec_ttl", controllerIds, explicitIds: true };
}

export const decTtl = action({
  type: "dec_ttl",
  name: "dec_ttl",
  parse,
  format: (act) => (act.explicitIds ? `dec_ttl(${act.controllerIds.join(",")})` : "dec_ttl"),
  wires: [
    nicira(18, 16, () => PLAIN, [V.OF10, V.OF10]),
    standard(24, [V.OF11, V.OF15], 8, () => PLAIN),
    extensible(nicira(21, 16, decodeIds)),
  ],
  encode(w, act, version) {
    const ids = act.controllerIds;
    if (act.explicitIds || ids.length !== 1 || ids[0] !== 0) {
      const start = startVendor(w, 21);
      w.u16(ids.length).zeros(4);
      for (const id of ids) w.u16(id);
      endAction(w, start);
      return;
    }
    endAction(w, version === V.OF10 ? startVendor(w, 18) : startStandard(w, 24));
  },
  check(_act, c) {
    const type = etherType(c.match.flow);
    if (type !== ETH_TYPE.IP && type !== ETH_TYPE.IPV6) c.consistent = false;
  },
});
