// SPDX-License-Identifier: Apache-2.0
/**
 * OpenFlow actions and instructions as values. Version-independent: the wire codecs map every
 * version onto these, and the text form prints them as `ovs-actions(7)` does. Instructions are
 * kept in the same list, in execution order, as the stock switch does (`goto_table`,
 * `write_metadata`, `write_actions`, `clear_actions`, `meter` are entries).
 */
import type { MfField } from "./fields.js";

/** `field[start..start+bits-1]`. */
export interface Subfield {
  readonly field: MfField;
  /** Least significant bit. */
  readonly start: number;
  readonly bits: number;
}

/** One thing that a learned flow matches or does. */
export interface LearnSpec {
  readonly to: "match" | "load" | "output";
  /** Where it goes; null for `output`. */
  readonly dst: Subfield | null;
  /** Where it comes from in the packet; null: it is `value`. */
  readonly src: Subfield | null;
  readonly value: bigint;
  /** Width of source and destination. */
  readonly bits: number;
}

/** A property of `encap`; only NSH has any. */
export type EncapProperty =
  | { kind: "md_type"; mdType: number }
  | { kind: "tlv"; tlvClass: number; tlvType: number; value: Uint8Array };

/** Addresses (4 or 16 bytes; null: not said) and ports (0: not said) that NAT chooses from. */
export interface NatRange {
  readonly family: 4 | 6;
  readonly min: Uint8Array;
  readonly max: Uint8Array | null;
  readonly portMin: number;
  readonly portMax: number;
}

/** Flags of `ct`. */
export const CT_FLAG = { COMMIT: 1, FORCE: 2 } as const;
/** Flags of `nat`. */
export const NAT_FLAG = { SRC: 1, DST: 2, PERSISTENT: 4, HASH: 8, RANDOM: 16 } as const;

/** Packet types of `encap` and `decap`. */
export const PACKET_TYPE = {
  ETHERNET: 0,
  NSH: 0x1894f,
  MPLS: 0x18847,
  MPLS_MCAST: 0x18848,
  USE_NEXT_PROTO: 0xfffe,
  UNKNOWN: 0xffff,
} as const;

export type OfpAct =
  | { type: "output"; port: number; maxLen: number }
  | {
      type: "controller";
      maxLen: number;
      controllerId: number;
      /** OFPR_* */
      reason: number;
      userdata?: Uint8Array;
      pause?: boolean;
      meterId?: number;
    }
  | { type: "output_reg"; src: Subfield; maxLen: number }
  | { type: "output_trunc"; port: number; maxLen: number }
  | { type: "enqueue"; port: number; queue: number }
  | { type: "set_queue"; queue: number }
  | { type: "pop_queue" }
  /** OpenFlow 1.0 `mod_vlan_vid`: pushes a tag when there is none and `pushIfNeeded`. */
  /** `flowHasVlan` is noted by checkActions, for OpenFlow 1.1+, which must push first. */
  | { type: "set_vlan_vid"; vid: number; pushIfNeeded: boolean; flowHasVlan?: boolean }
  | { type: "set_vlan_pcp"; pcp: number; pushIfNeeded: boolean; flowHasVlan?: boolean }
  /** `pop`: came as OpenFlow 1.1+ `pop_vlan`, and prints so. */
  | { type: "strip_vlan"; pop?: boolean }
  | { type: "push_vlan"; ethertype: number }
  | { type: "set_eth_src"; mac: Uint8Array }
  | { type: "set_eth_dst"; mac: Uint8Array }
  | { type: "set_ipv4_src"; ip: number }
  | { type: "set_ipv4_dst"; ip: number }
  | { type: "set_ip_dscp"; dscp: number }
  | { type: "set_ip_ecn"; ecn: number }
  | { type: "set_ip_ttl"; ttl: number }
  /** `flowProto`: the match's IP protocol, noted by checkActions for OpenFlow 1.2+. */
  | { type: "set_l4_src_port"; port: number; flowProto?: number }
  | { type: "set_l4_dst_port"; port: number; flowProto?: number }
  /** `value` and `mask` are `field.bytes` long, network order, right-aligned. `mask` null: all.
   * `load`: came as `load`, prints and is sent so; `load2`: came as Nicira's reg_load2. */
  | {
      type: "set_field";
      field: MfField;
      value: Uint8Array;
      mask: Uint8Array | null;
      load?: boolean;
      load2?: boolean;
    }
  /** `copyField`: came as the ONF extension of OpenFlow 1.3, and is sent so. */
  | { type: "reg_move"; src: Subfield; dst: Subfield; copyField?: boolean }
  | { type: "stack_push"; src: Subfield }
  | { type: "stack_pop"; dst: Subfield }
  /** `explicitIds`: came with a list of controllers, and prints so. */
  | { type: "dec_ttl"; controllerIds: readonly number[]; explicitIds?: boolean }
  /** `table` 255: the current one. `noTable`: came as the old form that cannot say a table. */
  | { type: "resubmit"; port: number; table: number; withCtOrig?: boolean; noTable?: boolean }
  | { type: "set_tunnel"; id: bigint; id64: boolean }
  | { type: "note"; data: Uint8Array }
  | { type: "exit" }
  /** `clause` counts from 0, up to `clauses` - 1. */
  | { type: "conjunction"; id: number; clause: number; clauses: number }
  /** Seconds; 0: as it is. */
  | { type: "fin_timeout"; idle: number; hard: number }
  /** `withLimit`: came as the newer form, and is sent so. Timeouts in seconds, 0 is never. */
  | {
      type: "learn";
      table: number;
      priority: number;
      cookie: bigint;
      idleTimeout: number;
      hardTimeout: number;
      finIdleTimeout: number;
      finHardTimeout: number;
      sendFlowRem: boolean;
      deleteLearned: boolean;
      /** Flows of this cookie in the table beyond which nothing new is learned; 0: no limit. */
      limit: number;
      /** The bit that says afterwards whether the flow was learned. */
      resultDst: Subfield | null;
      specs: readonly LearnSpec[];
      withLimit?: boolean;
    }
  | { type: "group"; group: number }
  | { type: "clone"; actions: readonly OfpAct[] }
  | { type: "set_mpls_label"; label: number }
  | { type: "set_mpls_tc"; tc: number }
  | { type: "set_mpls_ttl"; ttl: number }
  | { type: "dec_mpls_ttl" }
  | { type: "push_mpls"; ethertype: number }
  /** `ethertype`: what the packet is without the label. */
  | { type: "pop_mpls"; ethertype: number }
  | {
      type: "multipath";
      /** HASH_FIELDS */
      fields: number;
      basis: number;
      algorithm: "modulo_n" | "hash_threshold" | "hrw" | "iter_hash";
      /** Number of links, 1 to 65536. */
      links: number;
      arg: number;
      dst: Subfield;
    }
  /** `dst` null: output to the chosen port, `bundle`; else `bundle_load`. */
  | {
      type: "bundle";
      fields: number;
      basis: number;
      algorithm: "active_backup" | "hrw";
      members: readonly number[];
      dst: Subfield | null;
    }
  /** `form`: which of the three wire forms it came as. */
  | {
      type: "sample";
      /** Of 65535. */
      probability: number;
      collectorSet: number;
      domain: number;
      point: number;
      /** OFPP.NONE: none. */
      port: number;
      direction: "" | "ingress" | "egress";
      form?: 2 | 3;
    }
  | { type: "check_pkt_larger"; length: number; dst: Subfield }
  | { type: "delete_field"; field: MfField }
  /** Packet types are namespace << 16 | type. */
  | { type: "encap"; packetType: number; headerSize: number; properties: readonly EncapProperty[] }
  /** `packetType` PT_USE_NEXT_PROTO: what the removed header says. */
  | { type: "decap"; packetType: number }
  | { type: "dec_nsh_ttl" }
  | {
      type: "ct";
      /** CT_FLAG */
      flags: number;
      /** Where the zone comes from in the packet; null: it is `zone`. */
      zoneSrc: Subfield | null;
      zone: number;
      /** Table to go on with; 255: none. */
      table: number;
      /** Port number of a protocol with related connections (21: FTP); 0: none. */
      alg: number;
      actions: readonly OfpAct[];
    }
  | { type: "nat"; flags: number; range: NatRange | null }
  | { type: "ct_clear" }
  /** Of `--enable-dummy`: recirculates. */
  | { type: "debug_recirc" }
  /** Of `--enable-dummy`: makes the flow take the slow path. */
  | { type: "debug_slow" }
  // instructions
  | { type: "meter"; meter: number }
  | { type: "clear_actions" }
  | { type: "write_actions"; actions: readonly OfpAct[] }
  | { type: "write_metadata"; metadata: bigint; mask: bigint }
  | { type: "goto_table"; table: number };

export type OfpActType = OfpAct["type"];

/** Reserved OpenFlow 1.1+ port numbers (OpenFlow 1.3.5 §A.2.1). */
export const OFPP = {
  MAX: 0xffffff00,
  UNSET: 0xfffffff7,
  IN_PORT: 0xfffffff8,
  TABLE: 0xfffffff9,
  NORMAL: 0xfffffffa,
  FLOOD: 0xfffffffb,
  ALL: 0xfffffffc,
  CONTROLLER: 0xfffffffd,
  LOCAL: 0xfffffffe,
  NONE: 0xffffffff,
} as const;
