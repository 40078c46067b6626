// SPDX-License-Identifier: Apache-2.0
/** `controller`: NXAST_CONTROLLER and NXAST_CONTROLLER2 (`ovs-actions(7)`). */
import { OfpError } from "../errors.js";
import type { WireReader, WireWriter } from "../messages/wire.js";
import { OFPP, type OfpAct } from "../ofp-actions.js";
import { keyValues } from "../text/key-value.js";
import { parseU16, parseU32, syntaxError } from "../text/numbers.js";
import {
  action,
  endAction,
  extensible,
  formatHexPairs,
  nicira,
  parseHexPairs,
  startVendor,
} from "./codec.js";

type Controller = Extract<OfpAct, { type: "controller" }>;

const REASONS = ["no_match", "action", "invalid_ttl", "action_set", "group", "packet_out"];
const REASON_ACTION = 1;
const WHOLE_PACKET = 0xffff;
const NO_METER = 0xffffffff;

/** Properties of NXAST_CONTROLLER2. */
const PROP = { MAX_LEN: 0, CONTROLLER_ID: 1, REASON: 2, USERDATA: 3, PAUSE: 4, METER: 5 } as const;

function defaults(): Controller {
  return { type: "controller", maxLen: WHOLE_PACKET, controllerId: 0, reason: REASON_ACTION };
}

function isPlain(act: Controller): boolean {
  const isExtended = act.userdata?.length || act.pause || act.meterId !== undefined;
  return act.reason === REASON_ACTION && act.controllerId === 0 && !isExtended;
}

function parseKey(act: Controller, key: string, value: string): void {
  switch (key) {
    case "reason":
      act.reason = REASONS.indexOf(value.toLowerCase());
      if (act.reason < 0) throw syntaxError(`unknown reason "${value}"`);
      break;
    case "max_len":
      act.maxLen = parseU16(value, "max_len");
      break;
    case "id":
      act.controllerId = parseU16(value, "id");
      break;
    case "userdata": {
      const bytes = parseHexPairs(value);
      if (!bytes) throw syntaxError("bad hex digit in `controller' action `userdata'");
      act.userdata = bytes;
      break;
    }
    case "pause":
      act.pause = true;
      break;
    case "meter_id": {
      const meter = parseU32(value);
      if (meter !== NO_METER) act.meterId = meter;
      break;
    }
    default:
      throw syntaxError(`unknown key "${key}" parsing controller action`);
  }
}

function parse(arg: string): OfpAct {
  const act = defaults();
  if (/^[0-9]+$/.test(arg)) act.maxLen = parseU16(arg, "max_len");
  else for (const { key, value } of keyValues(arg)) parseKey(act, key, value);
  const { maxLen } = act;
  // Even an empty `userdata` asks for the extended action.
  const isOutput = isPlain(act) && act.userdata === undefined;
  return isOutput ? { type: "output", port: OFPP.CONTROLLER, maxLen } : act;
}

function format(act: Controller): string {
  if (isPlain(act)) return `CONTROLLER:${act.maxLen}`;
  const parts: string[] = [];
  if (act.reason !== REASON_ACTION) {
    parts.push(`reason=${REASONS[act.reason] ?? (act.reason < 8 ? "" : act.reason)}`);
  }
  if (act.maxLen !== WHOLE_PACKET) parts.push(`max_len=${act.maxLen}`);
  if (act.controllerId) parts.push(`id=${act.controllerId}`);
  if (act.userdata?.length) parts.push(`userdata=${formatHexPairs(act.userdata)}`);
  if (act.pause) parts.push("pause");
  if (act.meterId !== undefined) parts.push(`meter_id=${act.meterId}`);
  return `controller(${parts.join(",")})`;
}

function decodeProperty(act: Controller, type: number, r: WireReader): void {
  const need = (bytes: number): void => {
    if (r.left < bytes) throw new OfpError("OFPBPC_BAD_LEN");
  };
  switch (type) {
    case PROP.MAX_LEN:
      need(2);
      act.maxLen = r.u16();
      break;
    case PROP.CONTROLLER_ID:
      need(2);
      act.controllerId = r.u16();
      break;
    case PROP.REASON:
      need(1);
      act.reason = r.u8();
      break;
    case PROP.USERDATA:
      act.userdata = r.rest();
      break;
    case PROP.PAUSE:
      act.pause = true;
      break;
    case PROP.METER: {
      need(4);
      const meter = r.u32();
      if (meter !== NO_METER) act.meterId = meter;
      break;
    }
    default:
      throw new OfpError("OFPBPC_BAD_TYPE");
  }
}

function decodeProperties(r: WireReader): Controller {
  if (r.view(6).some((b) => b !== 0)) throw new OfpError("NXBRC_MUST_BE_ZERO");
  const act = defaults();
  while (r.left > 0) {
    const start = r.at;
    if (r.left < 4) throw new OfpError("OFPBPC_BAD_LEN");
    const type = r.u16();
    const length = r.u16();
    const padded = Math.ceil(length / 8) * 8;
    if (length < 4 || padded - 4 > r.left) throw new OfpError("OFPBPC_BAD_LEN");
    if (type === 0xffff) throw new OfpError("OFPBPC_BAD_EXPERIMENTER");
    decodeProperty(act, type, r.sub(length - 4));
    r.skip(start + padded - r.at);
  }
  return act;
}

function putProperty(w: WireWriter, type: number, write: (w: WireWriter) => void): void {
  const start = w.length;
  w.u16(type).u16(0);
  write(w);
  w.setU16(start + 2, w.length - start);
  w.pad(8, start);
}

function encodeProperties(w: WireWriter, act: Controller): void {
  const start = startVendor(w, 37);
  w.zeros(6);
  const { maxLen, controllerId, reason, userdata, meterId } = act;
  if (maxLen !== WHOLE_PACKET) putProperty(w, PROP.MAX_LEN, (p) => p.u16(maxLen));
  if (controllerId) putProperty(w, PROP.CONTROLLER_ID, (p) => p.u16(controllerId));
  if (reason !== REASON_ACTION) putProperty(w, PROP.REASON, (p) => p.u8(reason));
  if (userdata?.length) putProperty(w, PROP.USERDATA, (p) => p.append(userdata));
  if (act.pause) putProperty(w, PROP.PAUSE, () => {});
  if (meterId !== undefined) putProperty(w, PROP.METER, (p) => p.u32(meterId));
  endAction(w, start);
}

export const controller = action({
  type: "controller",
  name: "controller",
  parse,
  format,
  wires: [
    nicira(20, 16, (r) => {
      const maxLen = r.u16();
      const controllerId = r.u16();
      return { type: "controller", maxLen, controllerId, reason: r.u8() };
    }),
    extensible(nicira(37, 16, decodeProperties)),
  ],
  encode(w, act) {
    if (act.userdata?.length || act.pause || act.meterId !== undefined) {
      encodeProperties(w, act);
      return;
    }
    const start = startVendor(w, 20);
    w.u16(act.maxLen).u16(act.controllerId).u8(act.reason);
    endAction(w, start);
  },
});
