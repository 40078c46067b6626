// SPDX-License-Identifier: Apache-2.0
/** Fields that are not in the packet: tunnel, registers, conntrack, ports. Order and properties:
 * `ovs-fields(7)`. */
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import { FLOW_FIELDS } from "./flow.js";
import {
  type FieldRow,
  nxmNx,
  nxmOf,
  nxOxm,
  onf13,
  oxm12,
  oxm13,
  oxm15,
  pktReg,
  row,
} from "./mf-field.js";

const K = KEY_FIELDS;
const F = FLOW_FIELDS;
/** Masks allowed, actions may write it. */
const MASK_WRITE = { maskable: true, writable: true } as const;
const HEX = "hexadecimal";

const IDENTITY: readonly FieldRow[] = [
  row("dp_hash", K.dp_hash, {
    maskable: true,
    format: HEX,
    // The last one of equal versions is the one to send.
    headers: [nxOxm("DP_HASH", 0), nxmNx("DP_HASH", 35)],
  }),
  row("recirc_id", K.recirc_id, { headers: [nxmNx("RECIRC_ID", 36)] }),
  row("packet_type", K.packet_type, {
    format: "packet_type",
    headers: [oxm15("PACKET_TYPE", 44)],
  }),
  row("conj_id", F.conj_id, { headers: [nxmNx("CONJ_ID", 37)] }),
];

const TUNNEL: readonly FieldRow[] = [
  row("tun_id", K.tun_id, {
    ...MASK_WRITE,
    alias: "tunnel_id",
    format: HEX,
    headers: [nxmNx("TUN_ID", 16), oxm13("TUNNEL_ID", 38)],
  }),
  row("tun_src", K.tun_src, {
    ...MASK_WRITE,
    format: "ipv4",
    headers: [nxmNx("TUN_IPV4_SRC", 31)],
  }),
  row("tun_dst", K.tun_dst, {
    ...MASK_WRITE,
    format: "ipv4",
    headers: [nxmNx("TUN_IPV4_DST", 32)],
  }),
  row("tun_ipv6_src", K.tun_ipv6_src, {
    ...MASK_WRITE,
    format: "ipv6",
    headers: [nxmNx("TUN_IPV6_SRC", 109)],
  }),
  row("tun_ipv6_dst", K.tun_ipv6_dst, {
    ...MASK_WRITE,
    format: "ipv6",
    headers: [nxmNx("TUN_IPV6_DST", 110)],
  }),
  row("tun_flags", K.tun_flags, {
    ...MASK_WRITE,
    bits: 1,
    format: "tnl_flags",
    headers: [nxmNx("TUN_FLAGS", 104)],
  }),
  row("tun_ttl", K.tun_ttl, {}),
  row("tun_tos", K.tun_tos, {}),
  row("tun_gbp_id", K.tun_gbp_id, { ...MASK_WRITE, headers: [nxmNx("TUN_GBP_ID", 38)] }),
  row("tun_gbp_flags", K.tun_gbp_flags, {
    ...MASK_WRITE,
    format: HEX,
    headers: [nxmNx("TUN_GBP_FLAGS", 39)],
  }),
  row("tun_erspan_idx", K.tun_erspan_idx, {
    ...MASK_WRITE,
    bits: 20,
    storedMask: 0xffffffff,
    format: HEX,
    headers: [nxOxm("ERSPAN_IDX", 11)],
  }),
  row("tun_erspan_ver", K.tun_erspan_ver, {
    ...MASK_WRITE,
    bits: 4,
    storedMask: 0xff,
    headers: [nxOxm("ERSPAN_VER", 12)],
  }),
  row("tun_erspan_dir", K.tun_erspan_dir, {
    ...MASK_WRITE,
    bits: 1,
    storedMask: 0xff,
    headers: [nxOxm("ERSPAN_DIR", 13)],
  }),
  row("tun_erspan_hwid", K.tun_erspan_hwid, {
    ...MASK_WRITE,
    bits: 6,
    storedMask: 0xff,
    format: HEX,
    headers: [nxOxm("ERSPAN_HWID", 14)],
  }),
  row("tun_gtpu_flags", K.tun_gtpu_flags, {
    maskable: true,
    format: HEX,
    headers: [nxOxm("GTPU_FLAGS", 15)],
  }),
  row("tun_gtpu_msgtype", K.tun_gtpu_msgtype, {
    maskable: true,
    headers: [nxOxm("GTPU_MSGTYPE", 16)],
  }),
];

const PORTS: readonly FieldRow[] = [
  row("metadata", F.metadata, { ...MASK_WRITE, format: HEX, headers: [oxm12("METADATA", 2)] }),
  row("in_port", F.in_port, {
    bytes: 2,
    writable: true,
    format: "ofport",
    headers: [nxmOf("IN_PORT", 0)],
  }),
  row("in_port_oxm", F.in_port, {
    writable: true,
    format: "ofport32",
    headers: [oxm12("IN_PORT", 0)],
  }),
  row("actset_output", F.actset_output, {
    format: "ofport32",
    headers: [onf13("ACTSET_OUTPUT", 43)],
  }),
  row("skb_priority", K.skb_priority, { format: HEX }),
  row("pkt_mark", K.pkt_mark, { ...MASK_WRITE, format: HEX, headers: [nxmNx("PKT_MARK", 33)] }),
];

const CONNTRACK: readonly FieldRow[] = [
  row("ct_state", K.ct_state, {
    bytes: 4,
    storedMask: 0xff,
    maskable: true,
    format: "ct_state",
    headers: [nxmNx("CT_STATE", 105)],
  }),
  row("ct_zone", K.ct_zone, { format: HEX, headers: [nxmNx("CT_ZONE", 106)] }),
  row("ct_mark", K.ct_mark, { ...MASK_WRITE, format: HEX, headers: [nxmNx("CT_MARK", 107)] }),
  row("ct_label", K.ct_label, { ...MASK_WRITE, format: HEX, headers: [nxmNx("CT_LABEL", 108)] }),
  row("ct_nw_proto", K.ct_nw_proto, { prereq: "ct", headers: [nxmNx("CT_NW_PROTO", 119)] }),
  row("ct_nw_src", K.ct_nw_src, {
    maskable: true,
    format: "ipv4",
    prereq: "ct",
    headers: [nxmNx("CT_NW_SRC", 120)],
  }),
  row("ct_nw_dst", K.ct_nw_dst, {
    maskable: true,
    format: "ipv4",
    prereq: "ct",
    headers: [nxmNx("CT_NW_DST", 121)],
  }),
  row("ct_ipv6_src", F.ct_ipv6_src, {
    maskable: true,
    format: "ipv6",
    prereq: "ct",
    headers: [nxmNx("CT_IPV6_SRC", 122)],
  }),
  row("ct_ipv6_dst", F.ct_ipv6_dst, {
    maskable: true,
    format: "ipv6",
    prereq: "ct",
    headers: [nxmNx("CT_IPV6_DST", 123)],
  }),
  row("ct_tp_src", K.ct_tp_src, {
    maskable: true,
    prereq: "ct",
    headers: [nxmNx("CT_TP_SRC", 124)],
  }),
  row("ct_tp_dst", K.ct_tp_dst, {
    maskable: true,
    prereq: "ct",
    headers: [nxmNx("CT_TP_DST", 125)],
  }),
];

/** `count` registers of `bytes` bytes; wider ones overlay the narrow ones, the first of which is
 * in the high bits. */
function registers(prefix: string, count: number, bytes: number): FieldRow[] {
  return Array.from({ length: count }, (_, n) => {
    const place = { offset: F.regs.offset + n * bytes, bytes };
    const wire =
      bytes === 4 ? nxmNx(`REG${n}`, n) : bytes === 8 ? pktReg(n) : nxmNx(`XXREG${n}`, 111 + n);
    return row(`${prefix}${n}`, place, { ...MASK_WRITE, format: HEX, headers: [wire] });
  });
}

export const METADATA_ROWS: readonly FieldRow[] = [
  ...IDENTITY,
  ...TUNNEL,
  ...PORTS,
  ...CONNTRACK,
  ...registers("reg", 16, 4),
  ...registers("xreg", 8, 8),
  ...registers("xxreg", 4, 16),
];
