// SPDX-License-Identifier: Apache-2.0
/**
 * The datapath flow key: what the packet's path extracts from a packet and looks up.
 *
 * What it is
 * ==========
 * A fixed layout, no map of present fields. Every multi-byte field is in network byte order, so
 * extraction copies bytes and TypeScript reads with DataView's default (big-endian) accessors.
 * A field that does not apply to a packet is zero. Masks use the same layout; a one bit means
 * "must match".
 *
 * Layout
 * ======
 * Three key classes; each is a prefix of the next. The class is a function of the packet
 * (`keyClass`), hence exact-matched for free: a lookup only probes tables of its packet's class,
 * and bytes beyond the class are zero by definition and never stored or compared.
 *
 *   class 0 (64 B)   Ethernet, two VLAN tags, ARP, IPv4, L4, light conntrack
 *   class 1 (128 B)  + IPv6, ND, pkt_mark, dp_hash, skb_priority
 *   class 2 (256 B)  + tunnel, conntrack mark/label/original tuple, MPLS, packet_type
 *
 *   0        4        8              14             20      22      24      26      28      30
 *   | in_port|recirc  | eth_dst      | eth_src      | etype | tci0  | tpid0 | tci1  | tpid1 |
 *   30   31    32       36       40  41  42        44       46       48            54
 *   |frag|proto| nw_src | nw_dst |tos|ttl|tcp_flags| tp_src | tp_dst | arp_sha/sll | arp_tha/tll |
 *   60       61        62
 *   |ct_state| unused  | ct_zone | 64
 */

/** One field of the key: where its bytes are. */
export interface KeyField {
  readonly offset: number;
  readonly bytes: number;
}

const f = (offset: number, bytes: number): KeyField => ({ offset, bytes });

export const KEY_FIELDS = {
  // class 0
  /** Datapath port number the packet came in on. */
  in_port: f(0, 4),
  recirc_id: f(4, 4),
  eth_dst: f(8, 6),
  eth_src: f(14, 6),
  /** EtherType after the parsed VLAN tags; below 0x600 (802.2 without SNAP): 0x05ff. */
  eth_type: f(20, 2),
  /** Outer tag: TCI with bit 0x1000 set when the tag is present, else 0. */
  vlan_tci0: f(22, 2),
  vlan_tpid0: f(24, 2),
  vlan_tci1: f(26, 2),
  vlan_tpid1: f(28, 2),
  /** Bit 0: any fragment; bit 1: not the first fragment. */
  nw_frag: f(30, 1),
  /** IP protocol, or ARP opcode (low 8 bits; 0 when above 255). */
  nw_proto: f(31, 1),
  /** IPv4 source, or ARP SPA. */
  nw_src: f(32, 4),
  /** IPv4 destination, or ARP TPA. */
  nw_dst: f(36, 4),
  nw_tos: f(40, 1),
  nw_ttl: f(41, 1),
  /** Low 12 bits. */
  tcp_flags: f(42, 2),
  /** TCP/UDP/SCTP source port, or ICMP(v6) type. */
  tp_src: f(44, 2),
  /** TCP/UDP/SCTP destination port, or ICMP(v6) code. */
  tp_dst: f(46, 2),
  /** ARP SHA, or ND source link-layer address option. */
  arp_sha: f(48, 6),
  /** ARP THA, or ND target link-layer address option. */
  arp_tha: f(54, 6),
  ct_state: f(60, 1),
  ct_zone: f(62, 2),
  // class 1
  ipv6_src: f(64, 16),
  ipv6_dst: f(80, 16),
  nd_target: f(96, 16),
  /** Low 20 bits. */
  ipv6_label: f(112, 4),
  pkt_mark: f(116, 4),
  dp_hash: f(120, 4),
  skb_priority: f(124, 4),
  // class 2
  tun_id: f(128, 8),
  tun_src: f(136, 4),
  tun_dst: f(140, 4),
  tun_ipv6_src: f(144, 16),
  tun_ipv6_dst: f(160, 16),
  tun_flags: f(176, 2),
  tun_tos: f(178, 1),
  tun_ttl: f(179, 1),
  tun_tp_src: f(180, 2),
  tun_tp_dst: f(182, 2),
  tun_gbp_id: f(184, 2),
  tun_gbp_flags: f(186, 1),
  tun_erspan_ver: f(187, 1),
  tun_erspan_idx: f(188, 4),
  ct_mark: f(192, 4),
  ct_nw_proto: f(196, 1),
  ct_tp_src: f(198, 2),
  ct_tp_dst: f(200, 2),
  ct_nw_src: f(204, 4),
  ct_nw_dst: f(208, 4),
  /** Namespace << 16 | type; 0 is Ethernet. */
  packet_type: f(212, 4),
  ct_label: f(216, 16),
  mpls_lse0: f(232, 4),
  mpls_lse1: f(236, 4),
  mpls_lse2: f(240, 4),
  tun_erspan_dir: f(244, 1),
  tun_erspan_hwid: f(245, 1),
  tun_gtpu_flags: f(246, 1),
  tun_gtpu_msgtype: f(247, 1),
} as const;

/** Fields of packets that have no use for what lies there otherwise: neighbour discovery has no
 * IPv4 addresses and no TCP flags, NSH (RFC 8300) no IPv6 addresses. */
export const KEY_OVERLAYS = {
  nd_reserved: f(32, 4),
  /** Type of the first option with a link-layer address. */
  nd_options_type: f(43, 1),
  nsh_flags: f(64, 1),
  nsh_ttl: f(65, 1),
  nsh_mdtype: f(66, 1),
  nsh_np: f(67, 1),
  /** Service path (24 bits) and service index (8 bits). */
  nsh_path_hdr: f(68, 4),
  /** Context headers 1 to 4, 4 bytes each. */
  nsh_context: f(72, 16),
} as const;

export type KeyFieldName = keyof typeof KEY_FIELDS;

/** Bytes of the whole key (class 2). */
export const KEY_BYTES = 256;

/** Bytes per key class. */
export const KEY_CLASS_BYTES = [64, 128, 256] as const;
export type KeyClass = 0 | 1 | 2;

/** `nw_frag` bits. */
export const FRAG_ANY = 1;
export const FRAG_LATER = 2;

/** `vlan_tciN` bit that says "a tag is here". */
export const VLAN_CFI = 0x1000;

/** `eth_type` of a frame that has a length instead of a type. */
export const ETH_TYPE_NONE = 0x05ff;

/** The smallest class that holds every nonzero byte of `key` (at least KEY_BYTES long). IPv6
 * packets are class 1 even if their class-1 bytes are zero, so that the class never depends on
 * address values: pass the packet's key, never a mask. */
export function keyClass(key: Uint8Array): KeyClass {
  for (let i = 128; i < KEY_BYTES; i++) if (key[i]) return 2;
  if (key[20] === 0x86 && key[21] === 0xdd) return 1;
  for (let i = 64; i < 128; i++) if (key[i]) return 1;
  return 0;
}
