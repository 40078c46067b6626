// SPDX-License-Identifier: Apache-2.0
/** `sample`: reports a share of the packets to IPFIX collectors. */
import { OfpError } from "../errors.js";
import type { WireReader, WireWriter } from "../messages/wire.js";
import { OFPP, type OfpAct } from "../ofp-actions.js";
import { keyValues } from "../text/key-value.js";
import { parseU16, parseU32, syntaxError } from "../text/numbers.js";
import { formatPort, portFromText, portToOf10 } from "../text/ports.js";
import { action, endAction, nicira, type ParseContext, startVendor } from "./codec.js";
import { portFrom16 } from "./output.js";

type Sample = Extract<OfpAct, { type: "sample" }>;

const DIRECTIONS = ["", "ingress", "egress"] as const;
/** Subtypes of the three wire forms. */
const SUBTYPES = { 1: 29, 2: 38, 3: 41 } as const;

function parseProbability(value: string): number {
  const probability = parseU16(value, "probability");
  if (probability === 0) throw syntaxError(`invalid probability value "${value}"`);
  return probability;
}

function parsePort(value: string, c: ParseContext): number {
  const port = portFromText(value, c.ports);
  if (port === null) throw syntaxError(`${value}: unknown port`);
  return port;
}

function parse(arg: string, c: ParseContext): OfpAct {
  const act: Sample = {
    type: "sample",
    probability: 0,
    collectorSet: 0,
    domain: 0,
    point: 0,
    port: OFPP.NONE,
    direction: "",
  };
  for (const { key, value } of keyValues(arg)) {
    if (key === "probability") act.probability = parseProbability(value);
    else if (key === "collector_set_id") act.collectorSet = parseU32(value);
    else if (key === "obs_domain_id") act.domain = parseU32(value);
    else if (key === "obs_point_id") act.point = parseU32(value);
    else if (key === "sampling_port") act.port = parsePort(value, c);
    else if (key === "ingress" || key === "egress") act.direction = key;
    else throw syntaxError(`invalid key "${key}" in "sample" argument`);
  }
  if (act.probability === 0) {
    throw syntaxError('non-zero "probability" must be specified on sample');
  }
  return act;
}

function decode(r: WireReader, form: 1 | 2 | 3): Sample {
  const probability = r.u16();
  const [collectorSet, domain, point] = [r.u32(), r.u32(), r.u32()];
  const port = form === 1 ? OFPP.NONE : portFrom16(r.u16());
  const code = form === 3 ? r.u8() : 0;
  if (form === 3 && r.view(5).some((b) => b !== 0)) throw new OfpError("NXBRC_MUST_BE_ZERO");
  const direction = DIRECTIONS[code];
  if (direction === undefined || probability === 0) throw new OfpError("OFPBAC_BAD_ARGUMENT");
  const act: Sample = { type: "sample", probability, collectorSet, domain, point, port, direction };
  return form === 1 ? act : { ...act, form };
}

function encode(w: WireWriter, act: Sample): void {
  const isPlain = act.port === OFPP.NONE && act.form !== 2;
  const form = act.form === 3 || act.direction ? 3 : isPlain ? 1 : 2;
  const start = startVendor(w, SUBTYPES[form]);
  w.u16(act.probability).u32(act.collectorSet).u32(act.domain).u32(act.point);
  if (form !== 1) w.u16(portToOf10(act.port)).u8(DIRECTIONS.indexOf(act.direction)).zeros(5);
  endAction(w, start);
}

export const sample = action({
  type: "sample",
  name: "sample",
  parse,
  format(act, { ports }) {
    const parts = [
      `probability=${act.probability}`,
      `collector_set_id=${act.collectorSet}`,
      `obs_domain_id=${act.domain}`,
      `obs_point_id=${act.point}`,
    ];
    if (act.port !== OFPP.NONE) parts.push(`sampling_port=${formatPort(act.port, ports)}`);
    if (act.direction) parts.push(act.direction);
    return `sample(${parts.join(",")})`;
  },
  wires: [
    nicira(SUBTYPES[1], 24, (r) => decode(r, 1)),
    nicira(SUBTYPES[2], 32, (r) => decode(r, 2)),
    nicira(SUBTYPES[3], 32, (r) => decode(r, 3)),
  ],
  encode,
});
