// SPDX-License-Identifier: Apache-2.0
/** `output`, with its forms `output:NXM_…[]` (output_reg) and `output(port=…,max_len=…)`. */
import { OfpError } from "../errors.js";
import { headerFor } from "../fields.js";
import { readFieldHeader, readShortHeader, writeFieldHeader } from "../nxm.js";
import { OFPP, type OfpAct, type Subfield } from "../ofp-actions.js";
import { checkSource, formatSubfield, parseSubfield } from "../subfield.js";
import { keyValues } from "../text/key-value.js";
import { parseU32, syntaxError } from "../text/numbers.js";
import { formatPort, portFromText, portToOf10 } from "../text/ports.js";
import {
  action,
  endAction,
  expectZeros,
  nicira,
  type ParseContext,
  standard,
  startStandard,
  startVendor,
  V,
} from "./codec.js";
import { decodeRange, encodeRange } from "./range.js";

const WHOLE_PACKET = 0xffff;
/** Shortest packet: an Ethernet header. */
const TRUNC_MIN = 14;
const SPECIAL: ReadonlySet<number> = new Set([
  OFPP.IN_PORT,
  OFPP.TABLE,
  OFPP.NORMAL,
  OFPP.FLOOD,
  OFPP.ALL,
  OFPP.CONTROLLER,
  OFPP.LOCAL,
]);
/** First number that is no switch port in OpenFlow 1.0. */
export const PORTS_END = 0xff00;

/** Throws unless packets can be sent to `port` on a switch with ports below `maxPorts`. */
export function checkOutputPort(port: number, maxPorts: number): void {
  if (!SPECIAL.has(port) && port >= maxPorts) throw new OfpError("OFPBAC_BAD_OUT_PORT");
}

/** A 16-bit port of the wire in the 32-bit form. */
export function portFrom16(port: number): number {
  return port >= PORTS_END ? port + 0xffff0000 : port;
}

/** A 32-bit port of the wire, which must have a 16-bit twin. */
export function portFrom32(port: number): number {
  if (port >= PORTS_END && port < OFPP.MAX) throw new OfpError("OFPBAC_BAD_OUT_PORT");
  return port;
}

function parseTruncated(arg: string, c: ParseContext): OfpAct {
  let port = 0;
  let maxLen = 0;
  for (const { key, value } of keyValues(arg)) {
    if (key === "port") {
      const found = portFromText(value, c.ports);
      if (found === null) throw syntaxError(`output to unknown truncate port: ${value}`);
      if (found > PORTS_END && found !== OFPP.LOCAL && found !== OFPP.IN_PORT) {
        throw syntaxError(`output to unsupported truncate port: ${value}`);
      }
      port = found;
    } else if (key === "max_len") {
      maxLen = parseU32(value);
      if (maxLen < TRUNC_MIN) {
        throw syntaxError(`max_len ${maxLen} is less than the minimum value ${TRUNC_MIN}`);
      }
    } else {
      throw syntaxError(`invalid key '${key}' in output_trunc argument`);
    }
  }
  return { type: "output_trunc", port, maxLen };
}

function parseOutput(arg: string, c: ParseContext): OfpAct {
  if (arg.includes("port") && arg.includes("max_len")) return parseTruncated(arg, c);
  const port = portFromText(arg, c.ports);
  if (port !== null) {
    return { type: "output", port, maxLen: port === OFPP.CONTROLLER ? WHOLE_PACKET : 0 };
  }
  let src: Subfield;
  try {
    src = parseSubfield(arg);
  } catch {
    throw syntaxError(`${arg}: output to unknown port`);
  }
  return { type: "output_reg", src, maxLen: WHOLE_PACKET };
}

export const output = action({
  type: "output",
  name: "output",
  parse: parseOutput,
  format(act, { ports }) {
    const prefix = act.port < PORTS_END ? "output:" : "";
    const suffix = act.port === OFPP.CONTROLLER ? `:${act.maxLen}` : "";
    return `${prefix}${formatPort(act.port, ports)}${suffix}`;
  },
  wires: [
    standard(0, [V.OF10, V.OF10], 8, (r) => {
      const port = portFrom16(r.u16());
      checkOutputPort(port, PORTS_END);
      return { type: "output", port, maxLen: r.u16() };
    }),
    standard(0, [V.OF11, V.OF15], 16, (r) => {
      const port = portFrom32(r.u32());
      checkOutputPort(port, PORTS_END);
      return { type: "output", port, maxLen: r.u16() };
    }),
  ],
  encode(w, act, version) {
    const start = startStandard(w, 0);
    if (version === V.OF10) w.u16(portToOf10(act.port));
    else w.u32(act.port);
    w.u16(act.maxLen);
    endAction(w, start);
  },
  check: (act, c) => checkOutputPort(act.port, c.maxPorts),
});

export const outputReg = action({
  type: "output_reg",
  name: "output_reg",
  parse: parseOutput,
  format: (act) => `output:${formatSubfield(act.src)}`,
  wires: [
    nicira(15, 24, (r) => {
      const range = decodeRange(r.u16());
      const src = { field: readShortHeader(r), ...range };
      const maxLen = r.u16();
      expectZeros(r, "OFPBAC_BAD_ARGUMENT");
      checkSource(src, null);
      return { type: "output_reg", src, maxLen };
    }),
    nicira(32, 24, (r) => {
      const range = decodeRange(r.u16());
      const maxLen = r.u16();
      const src = { field: readFieldHeader(r), ...range };
      expectZeros(r, "NXBRC_MUST_BE_ZERO");
      checkSource(src, null);
      return { type: "output_reg", src, maxLen };
    }),
  ],
  encode(w, act) {
    const { src } = act;
    const needsLongHeader = (headerFor(src.field, 0)?.experimenter ?? 0) !== 0;
    const start = startVendor(w, needsLongHeader ? 32 : 15);
    w.u16(encodeRange(src));
    if (needsLongHeader) w.u16(act.maxLen);
    writeFieldHeader(w, src.field, 0);
    if (!needsLongHeader) w.u16(act.maxLen).zeros(6);
    endAction(w, start);
  },
  check: (act, c) => checkSource(act.src, c.match),
});

export const outputTrunc = action({
  type: "output_trunc",
  name: "output_trunc",
  parse(arg) {
    // Only `output(port=…,max_len=…)` makes one.
    throw syntaxError(`unknown action ${arg}`);
  },
  format: (act, { ports }) => `output(port=${formatPort(act.port, ports)},max_len=${act.maxLen})`,
  wires: [
    nicira(39, 16, (r) => {
      const port = portFrom16(r.u16());
      const maxLen = r.u32();
      if (maxLen < TRUNC_MIN) throw new OfpError("OFPBAC_BAD_ARGUMENT");
      return { type: "output_trunc", port, maxLen };
    }),
  ],
  encode(w, act) {
    const start = startVendor(w, 39);
    w.u16(portToOf10(act.port)).u32(act.maxLen);
    endAction(w, start);
  },
  check: (act, c) => checkOutputPort(act.port, c.maxPorts),
});
