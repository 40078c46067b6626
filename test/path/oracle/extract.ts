// SPDX-License-Identifier: Apache-2.0
/** Key extraction, slow and plain: what ovs-fields(7) says, one header per function. */
import {
  ETH_TYPE_NONE,
  FRAG_ANY,
  FRAG_LATER,
  KEY_BYTES,
  KEY_FIELDS,
  type KeyFieldName,
  VLAN_CFI,
} from "../../../pmd/shm/flow-key.js";

const NONE = 0xffff;

export interface Extracted {
  readonly key: Uint8Array;
  l25: number;
  l3: number;
  l4: number;
}

class Reader {
  constructor(
    readonly bytes: Uint8Array,
    public at: number,
    public end: number,
  ) {}

  get left(): number {
    return this.end - this.at;
  }

  u8(offset: number): number {
    return this.bytes[this.at + offset]!;
  }

  u16(offset: number): number {
    return (this.u8(offset) << 8) | this.u8(offset + 1);
  }

  slice(offset: number, bytes: number): Uint8Array {
    return this.bytes.subarray(this.at + offset, this.at + offset + bytes);
  }
}

class Oracle {
  readonly key = new Uint8Array(KEY_BYTES);
  readonly offsets = { l25: NONE, l3: NONE, l4: NONE };

  set(name: KeyFieldName, value: number | Uint8Array): void {
    const { offset, bytes } = KEY_FIELDS[name];
    for (let i = 0; i < bytes; i++) {
      const byte = typeof value === "number" ? value >>> (8 * (bytes - 1 - i)) : value[i]!;
      this.key[offset + i] = byte & 255;
    }
  }

  get(name: KeyFieldName): number {
    const { offset, bytes } = KEY_FIELDS[name];
    let value = 0;
    for (let i = 0; i < bytes; i++) value = value * 256 + this.key[offset + i]!;
    return value;
  }

  frame(bytes: Uint8Array, vlanLimit: number): void {
    if (bytes.length < 14) return;
    this.set("eth_dst", bytes.subarray(0, 6));
    this.set("eth_src", bytes.subarray(6, 12));
    const r = new Reader(bytes, 12, bytes.length);
    this.vlans(r, vlanLimit);
    const type = this.ethType(r);
    this.set("eth_type", type);
    if (type === 0x8847 || type === 0x8848) {
      this.offsets.l25 = r.at;
      this.mpls(r);
    }
    this.offsets.l3 = r.at;
    if (type === 0x0800) this.ipv4(r);
    else if (type === 0x86dd) this.ipv6(r);
    else if (type === 0x0806 || type === 0x8035) this.arp(r);
  }

  vlans(r: Reader, limit: number): void {
    for (let n = 0; n < limit; n++) {
      const type = r.u16(0);
      if ((type !== 0x8100 && type !== 0x88a8) || r.left < 6) return;
      this.set(n === 0 ? "vlan_tci0" : "vlan_tci1", r.u16(2) | VLAN_CFI);
      this.set(n === 0 ? "vlan_tpid0" : "vlan_tpid1", type);
      r.at += 4;
    }
  }

  ethType(r: Reader): number {
    const type = r.u16(0);
    r.at += 2;
    if (type >= 0x600) return type;
    const snap = [0xaa, 0xaa, 3, 0, 0, 0];
    if (r.left < 8 || !snap.every((byte, i) => r.u8(i) === byte)) return ETH_TYPE_NONE;
    const inner = r.u16(6);
    r.at += 8;
    return inner >= 0x600 ? inner : ETH_TYPE_NONE;
  }

  mpls(r: Reader): void {
    for (let n = 0; r.left >= 4; n++) {
      const bottom = r.u8(2) & 1;
      if (n < 3) this.set(`mpls_lse${n}` as KeyFieldName, r.slice(0, 4));
      r.at += 4;
      if (bottom) return;
    }
  }

  arp(r: Reader): void {
    if (r.left < 28 || ![0, 1, 8, 0, 6, 4].every((byte, i) => r.u8(i) === byte)) return;
    if (r.u16(6) < 256) this.set("nw_proto", r.u16(6));
    this.set("arp_sha", r.slice(8, 6));
    this.set("nw_src", r.slice(14, 4));
    this.set("arp_tha", r.slice(18, 6));
    this.set("nw_dst", r.slice(24, 4));
  }

  ipv4(r: Reader): void {
    if (r.left < 20) return;
    const header = (r.u8(0) & 15) * 4;
    const total = r.u16(2);
    if (header < 20 || header > r.left || total > r.left || header > total) return;
    this.set("nw_src", r.slice(12, 4));
    this.set("nw_dst", r.slice(16, 4));
    this.set("nw_tos", r.u8(1));
    this.set("nw_ttl", r.u8(8));
    this.set("nw_proto", r.u8(9));
    const fragment = r.u16(6);
    const later = (fragment & 0x1fff) !== 0;
    if (later || fragment & 0x2000) this.set("nw_frag", later ? FRAG_ANY | FRAG_LATER : FRAG_ANY);
    r.end = r.at + total;
    r.at += header;
    this.transport(r);
  }

  ipv6(r: Reader): void {
    if (r.left < 40 || r.u16(4) + 40 > r.left) return;
    const start = new Reader(r.bytes, r.at, r.end);
    this.set("ipv6_src", r.slice(8, 16));
    this.set("ipv6_dst", r.slice(24, 16));
    r.end = r.at + 40 + r.u16(4);
    r.at += 40;
    let protocol = start.u8(6);
    let fragment = 0;
    while ([0, 43, 60, 51, 44].includes(protocol)) {
      if (r.left < 8) return;
      const next = r.u8(0);
      let length = (r.u8(1) + 1) * 8;
      if (protocol === 51) length = (r.u8(1) + 2) * 4;
      if (protocol === 44) {
        length = 8;
        if (r.u16(2) !== 0) fragment = FRAG_ANY;
        if (r.u16(2) & 0xfff8) {
          fragment |= FRAG_LATER;
          r.at += 8;
          break;
        }
      }
      if (r.left < length) return;
      r.at += length;
      protocol = next;
    }
    this.set("nw_tos", (start.u16(0) >> 4) & 255);
    this.set("ipv6_label", ((start.u8(1) & 15) << 16) | start.u16(2));
    this.set("nw_ttl", start.u8(7));
    this.set("nw_proto", protocol);
    this.set("nw_frag", fragment);
    this.transport(r);
  }

  transport(r: Reader): void {
    this.offsets.l4 = r.at;
    if (this.get("nw_frag") & FRAG_LATER) return;
    const protocol = this.get("nw_proto");
    const least = { 6: 20, 17: 8, 132: 12, 1: 8, 2: 8, 58: 8 }[protocol];
    if (least === undefined || r.left < least) return;
    if (protocol === 6) {
      const header = (r.u8(12) >> 4) * 4;
      if (header < 20 || header > r.left) return;
      this.set("tcp_flags", r.u16(12) & 0xfff);
    }
    const icmp = protocol === 1 || protocol === 2 || protocol === 58;
    this.set("tp_src", icmp ? r.u8(0) : r.u16(0));
    this.set("tp_dst", icmp ? r.u8(1) : r.u16(2));
    const nd = protocol === 58 && (r.u8(0) === 135 || r.u8(0) === 136) && r.u8(1) === 0;
    if (nd) this.neighbourDiscovery(r);
  }

  neighbourDiscovery(r: Reader): void {
    // nd_reserved lies where IPv4 has its source address, nd_options_type where TCP has flags.
    const overlays = this.get("eth_type") === 0x86dd;
    if (overlays) this.set("nw_src", r.slice(4, 4));
    if (r.left < 24) return;
    const target = r.slice(8, 16);
    const addresses: (Uint8Array | undefined)[] = [undefined, undefined];
    r.at += 24;
    while (r.left >= 8) {
      const length = r.u8(1) * 8;
      if (length === 0 || length > r.left) break;
      const which = r.u8(0) - 1;
      if (length === 8 && (which === 0 || which === 1)) {
        // Given twice: nothing of the message counts. An all-zero address counts as not given.
        if (addresses[which]?.some((byte) => byte !== 0)) return;
        addresses[which] = r.slice(2, 6);
        if (overlays && this.get("tcp_flags") === 0) this.set("tcp_flags", r.u8(0));
      }
      r.at += length;
    }
    this.set("nd_target", target);
    if (addresses[0]) this.set("arp_sha", addresses[0]);
    if (addresses[1]) this.set("arp_tha", addresses[1]);
  }
}

export function extractOracle(frame: Uint8Array, inPort: number, vlanLimit: number): Extracted {
  const oracle = new Oracle();
  oracle.set("in_port", inPort);
  oracle.frame(frame, vlanLimit);
  return { key: oracle.key, ...oracle.offsets };
}
