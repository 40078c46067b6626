// SPDX-License-Identifier: Apache-2.0
/** The fixed setters of OpenFlow 1.0 and 1.1 (`mod_dl_src`, `mod_nw_tos` …), which later versions
 * write as Set-Field. */
import { KEY_FIELDS } from "../../../pmd/shm/flow-key.js";
import { OfpError } from "../errors.js";
import { ETH_TYPE, etherType, IP_PROTO } from "../field-prereqs.js";
import type { WireReader } from "../messages/wire.js";
import type { OfpAct } from "../ofp-actions.js";
import { formatMac, parseIpv4, parseMac } from "../text/addresses.js";
import { parseU8, parseU16 } from "../text/numbers.js";
import {
  type ActionCodec,
  action,
  type CheckContext,
  checkBits,
  endAction,
  standard,
  startStandard,
  V,
  type WireForm,
} from "./codec.js";
import { putLoad, putSetField } from "./set-field.js";

/** A standard action with one number in OpenFlow 1.0 and another one from 1.1 on. */
function twice(type10: number, type11: number, bytes: number, decode: WireForm["decode"]) {
  return [
    standard(type10, [V.OF10, V.OF10], bytes, decode),
    standard(type11, [V.OF11, V.OF15], bytes, decode),
  ];
}

function argument(value: number, mask: number): number {
  if (value & ~mask) throw new OfpError("OFPBAC_BAD_ARGUMENT");
  return value;
}

function requireIp(_act: OfpAct, c: CheckContext): void {
  const type = etherType(c.match.flow);
  if (type !== ETH_TYPE.IP && type !== ETH_TYPE.IPV6) c.consistent = false;
}

function requireIpv4(_act: OfpAct, c: CheckContext): void {
  if (etherType(c.match.flow) !== ETH_TYPE.IP) c.consistent = false;
}

function ethernet(type: "set_eth_src" | "set_eth_dst", type10: number): ActionCodec {
  const name = type === "set_eth_src" ? "mod_dl_src" : "mod_dl_dst";
  return action({
    type,
    name,
    parse: (arg) => ({ type, mac: parseMac(arg) }),
    format: (act) => `${name}:${formatMac(act.mac)}`,
    wires: twice(type10, type10 - 1, 16, (r) => ({ type, mac: r.take(6) })),
    encode(w, act, version) {
      if (version >= V.OF12) {
        putSetField(w, type === "set_eth_src" ? "eth_src" : "eth_dst", act.mac, version);
        return;
      }
      const start = startStandard(w, version === V.OF10 ? type10 : type10 - 1);
      w.append(act.mac).zeros(6);
      endAction(w, start);
    },
  });
}

export const setEthSrc = ethernet("set_eth_src", 4);
export const setEthDst = ethernet("set_eth_dst", 5);

function quad(ip: number): string {
  return [ip >>> 24, (ip >>> 16) & 0xff, (ip >>> 8) & 0xff, ip & 0xff].join(".");
}

function ipv4(type: "set_ipv4_src" | "set_ipv4_dst", type10: number): ActionCodec {
  const name = type === "set_ipv4_src" ? "mod_nw_src" : "mod_nw_dst";
  return action({
    type,
    name,
    parse(arg) {
      const bytes = parseIpv4(arg);
      return { type, ip: new DataView(bytes.buffer).getUint32(0) };
    },
    format: (act) => `${name}:${quad(act.ip)}`,
    wires: twice(type10, type10 - 1, 8, (r) => ({ type, ip: r.u32() })),
    encode(w, act, version) {
      if (version >= V.OF12) {
        putSetField(w, type === "set_ipv4_src" ? "ip_src" : "ip_dst", act.ip, version);
        return;
      }
      const start = startStandard(w, version === V.OF10 ? type10 : type10 - 1);
      w.u32(act.ip);
      endAction(w, start);
    },
    check: requireIpv4,
  });
}

export const setIpv4Src = ipv4("set_ipv4_src", 6);
export const setIpv4Dst = ipv4("set_ipv4_dst", 7);

export const setIpDscp = action({
  type: "set_ip_dscp",
  name: "mod_nw_tos",
  parse: (arg) => ({
    type: "set_ip_dscp",
    dscp: checkBits(arg, parseU8(arg, "TOS"), 0xfc, "TOS"),
  }),
  format: (act) => `mod_nw_tos:${act.dscp}`,
  wires: twice(8, 7, 8, (r) => ({ type: "set_ip_dscp", dscp: argument(r.u8(), 0xfc) })),
  encode(w, act, version) {
    if (version >= V.OF12) {
      putSetField(w, "ip_dscp", act.dscp >> 2, version);
      return;
    }
    const start = startStandard(w, version === V.OF10 ? 8 : 7);
    w.u8(act.dscp);
    endAction(w, start);
  },
  check: requireIp,
});

export const setIpEcn = action({
  type: "set_ip_ecn",
  name: "mod_nw_ecn",
  parse: (arg) => ({
    type: "set_ip_ecn",
    ecn: checkBits(arg, parseU8(arg, "ECN"), 3, "ECN"),
  }),
  format: (act) => `mod_nw_ecn:${act.ecn}`,
  wires: [
    standard(8, [V.OF11, V.OF15], 8, (r) => ({ type: "set_ip_ecn", ecn: argument(r.u8(), 3) })),
  ],
  encode(w, act, version) {
    if (version >= V.OF12) {
      putSetField(w, "nw_ecn", act.ecn, version);
    } else if (version === V.OF10) {
      putLoad(w, "nw_ecn", BigInt(act.ecn));
    } else {
      const start = startStandard(w, 8);
      w.u8(act.ecn);
      endAction(w, start);
    }
  },
  check: requireIp,
});

export const setIpTtl = action({
  type: "set_ip_ttl",
  name: "mod_nw_ttl",
  parse: parseTtl,
  aliases: { set_nw_ttl: parseTtl },
  format: (act) => `mod_nw_ttl:${act.ttl}`,
  wires: [standard(23, [V.OF11, V.OF15], 8, (r) => ({ type: "set_ip_ttl", ttl: r.u8() }))],
  encode(w, act, version) {
    if (version === V.OF10) {
      putLoad(w, "nw_ttl", BigInt(act.ttl));
      return;
    }
    const start = startStandard(w, 23);
    w.u8(act.ttl);
    endAction(w, start);
  },
  check: requireIp,
});

function parseTtl(arg: string): OfpAct {
  return { type: "set_ip_ttl", ttl: parseU8(arg, "TTL") };
}

const L4_PREFIX: Record<number, string> = {
  [IP_PROTO.TCP]: "tcp",
  [IP_PROTO.UDP]: "udp",
  [IP_PROTO.SCTP]: "sctp",
};
const FRAG_LATER = 2;

function checkL4(act: { flowProto?: number } & OfpAct, c: CheckContext): void {
  requireIp(act, c);
  const { view } = c.match.flow;
  const proto = view.getUint8(KEY_FIELDS.nw_proto.offset);
  const isLater = view.getUint8(KEY_FIELDS.nw_frag.offset) & FRAG_LATER;
  if (!L4_PREFIX[proto] || isLater) c.consistent = false;
  act.flowProto = proto;
}

function l4Port(type: "set_l4_src_port" | "set_l4_dst_port", type10: number): ActionCodec {
  const isSource = type === "set_l4_src_port";
  const name = isSource ? "mod_tp_src" : "mod_tp_dst";
  const decode = (r: WireReader): OfpAct => ({ type, port: r.u16() });
  return action({
    type,
    name,
    parse: (arg) => ({
      type,
      port: parseU16(arg, isSource ? "source port" : "destination port"),
    }),
    format: (act) => `${name}:${act.port}`,
    wires: [standard(type10, [V.OF10, V.OF15], 8, decode)],
    encode(w, act, version) {
      const prefix = L4_PREFIX[act.flowProto ?? 0];
      if (version >= V.OF12 && prefix) {
        putSetField(w, `${prefix}_${isSource ? "src" : "dst"}`, act.port, version);
        return;
      }
      const start = startStandard(w, type10);
      w.u16(act.port);
      endAction(w, start);
    },
    check: checkL4,
  });
}

export const setL4SrcPort = l4Port("set_l4_src_port", 9);
export const setL4DstPort = l4Port("set_l4_dst_port", 10);
