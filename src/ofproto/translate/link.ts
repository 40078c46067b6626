// SPDX-License-Identifier: Apache-2.0
/** `multipath` and `bundle`: a link or a port chosen by a hash of the packet. */
import { HASH_FIELDS } from "../../openflow/actions/hash-fields.js";
import { OFPP, type OfpAct } from "../../openflow/ofp-actions.js";
import { portToOf10 } from "../../openflow/text/ports.js";
import { PORT_STATE } from "../ofproto-port.js";
import { hashWord } from "../stock-hash.js";
import type { XlateContext } from "./context.js";
import { output } from "./execute.js";
import { hashFields, markHashFields } from "./link-hash.js";
import { loadSubfield } from "./set-field.js";

type Multipath = Extract<OfpAct, { type: "multipath" }>;
type Bundle = Extract<OfpAct, { type: "bundle" }>;

const U32 = 0xffffffff;
/** Beyond this many links, weighing all of them takes too long. */
const WEIGHED_MAX = 64;

function highestWeight(hash: number, links: number): number {
  let best = 0;
  let bestWeight = hashWord(hash, 0);
  for (let link = 1; link < links; link++) {
    const weight = hashWord(hash, link);
    if (weight > bestWeight) [best, bestWeight] = [link, weight];
  }
  return best;
}

/** Hashes again until the result is a link. */
function iterate(hash: number, links: number, wanted: number): number {
  const isUsable = wanted >= links && Math.floor(wanted / 2) <= links;
  const modulo = isUsable ? wanted : 2 ** Math.ceil(Math.log2(links));
  for (let i = 0; ; i++) {
    const link = hashWord(hash, i) % modulo;
    if (link < links) return link;
  }
}

function linkOf(hash: number, { algorithm, links, arg }: Multipath): number {
  switch (algorithm) {
    case "modulo_n":
      return hash % links;
    case "hash_threshold":
      return links === 1 ? 0 : Math.floor(hash / (Math.floor(U32 / links) + 1));
    case "hrw":
      return links <= WEIGHED_MAX ? highestWeight(hash, links) : iterate(hash, links, 0);
    case "iter_hash":
      return iterate(hash, links, arg);
  }
}

const bytesOf = (n: number): Uint8Array => Uint8Array.of(n >> 8, n & 0xff);

export function executeMultipath(ctx: XlateContext, act: Multipath): void {
  const fields = HASH_FIELDS[act.fields];
  const link = linkOf(hashFields(ctx.flow, fields, act.basis), act);
  markHashFields(ctx.flow, ctx.wc, fields);
  loadSubfield(ctx, act.dst, bytesOf(link));
  if (ctx.trace) ctx.detail(ctx.trace.subfieldText(act.dst, ctx.flow));
}

const ALWAYS_UP: readonly number[] = [
  OFPP.IN_PORT,
  OFPP.TABLE,
  OFPP.NORMAL,
  OFPP.FLOOD,
  OFPP.ALL,
  OFPP.NONE,
];

function isUp(ctx: XlateContext, ofpPort: number): boolean {
  if (ALWAYS_UP.includes(ofpPort)) return true;
  const port = ctx.bridge.ports.get(ofpPort);
  return port !== undefined && !(port.of.state & PORT_STATE.LINK_DOWN);
}

function memberOf(ctx: XlateContext, act: Bundle): number {
  const { members } = act;
  if (act.algorithm === "active_backup") {
    return members.find((port) => isUp(ctx, port)) ?? OFPP.NONE;
  }
  const fields = HASH_FIELDS[act.fields];
  if (members.length > 1) markHashFields(ctx.flow, ctx.wc, fields);
  const hash = hashFields(ctx.flow, fields, act.basis);
  let best: number = OFPP.NONE;
  let bestWeight = -1;
  for (const [i, port] of members.entries()) {
    const weight = isUp(ctx, port) ? hashWord(i, hash) : -1;
    if (weight > bestWeight) [best, bestWeight] = [port, weight];
  }
  return best;
}

export function executeBundle(ctx: XlateContext, act: Bundle): void {
  const port = memberOf(ctx, act);
  if (!act.dst) {
    output(ctx, port, 0, false);
    return;
  }
  loadSubfield(ctx, act.dst, bytesOf(portToOf10(port)));
  if (ctx.trace) ctx.detail(ctx.trace.subfieldText(act.dst, ctx.flow));
}
