// SPDX-License-Identifier: Apache-2.0
/**
 * Ports as translation sees them. An `XPort` is one OpenFlow port of one bridge; a `Bundle` is one
 * row of the Port table: the VLAN configuration shared by its ports (one, or several in a bond).
 */
import { type OfPort, PORT_CONFIG } from "./ofproto-port.js";
import type { XBridge } from "./xbridge.js";

/** `Port.vlan_mode` (ovs-vswitchd.conf.db(5), Port TABLE, VLAN Configuration). */
export type VlanMode = "access" | "trunk" | "native-tagged" | "native-untagged" | "dot1q-tunnel";

/** What of a port's configuration a `Bundle` is made from. */
export interface BundleConfig {
  name: string;
  vlanMode: VlanMode;
  /** Access or native VLAN, or the outer VLAN of a dot1q-tunnel; -1 when there is none. */
  tag: number;
  /** Allowed VLANs; null allows all. */
  trunks: ReadonlySet<number> | null;
  /** Customer VLANs allowed into a dot1q-tunnel; null allows all. */
  cvlans: ReadonlySet<number> | null;
  /** TPID of the outer tag that a dot1q-tunnel pushes. */
  qinqEthertype: number;
  /** `other_config:priority-tags`. */
  priorityTags: "never" | "if-nonzero" | "always";
  /** `protected`: frames do not go from one protected port to another. */
  isProtected: boolean;
}

export class Bundle implements BundleConfig {
  readonly name: string;
  readonly bridge: XBridge;
  readonly ports: XPort[] = [];
  vlanMode: VlanMode;
  tag: number;
  trunks: ReadonlySet<number> | null;
  cvlans: ReadonlySet<number> | null;
  qinqEthertype: number;
  priorityTags: "never" | "if-nonzero" | "always";
  isProtected: boolean;

  constructor(bridge: XBridge, config: Partial<BundleConfig> & { name: string }) {
    this.bridge = bridge;
    this.name = config.name;
    this.vlanMode = config.vlanMode ?? "trunk";
    this.tag = config.tag ?? -1;
    this.trunks = config.trunks ?? null;
    this.cvlans = config.cvlans ?? null;
    this.qinqEthertype = config.qinqEthertype ?? 0x88a8;
    this.priorityTags = config.priorityTags ?? "never";
    this.isProtected = config.isProtected ?? false;
  }

  /** The access, native or tunnel VLAN; 0 when none is configured. */
  get vlan(): number {
    return Math.max(this.tag, 0);
  }

  /** Whether packets of `vlan` (0: untagged) are trunked. A native VLAN always is, and then
   * VLAN 0 never. */
  trunksVlan(vlan: number): boolean {
    if (this.vlanMode === "access") return false;
    if (this.vlanMode !== "trunk" && this.vlan !== 0) {
      if (vlan === this.vlan) return true;
      if (vlan === 0) return false;
    }
    return this.trunks === null || this.trunks.has(vlan);
  }

  /** Whether a dot1q-tunnel takes packets of customer VLAN `vlan`. */
  allowsCvlan(vlan: number): boolean {
    return this.cvlans === null || this.cvlans.has(vlan);
  }

  /** Whether NORMAL floods to it: no port of it has NO_FLOOD. */
  isFloodable(): boolean {
    return this.ports.every((port) => !(port.of.config & PORT_CONFIG.NO_FLOOD));
  }
}

/** Datapath port number of a port that has none (patch ports). */
export const NO_DP_PORT = -1;

export class XPort {
  readonly bridge: XBridge;
  /** Shared with the OpenFlow side: `config` and `state` are read live. */
  readonly of: OfPort;
  /** Datapath port number, or NO_DP_PORT. */
  dpPort: number;
  /** The other end, when this is a patch port and both ends exist. */
  peer: XPort | null = null;
  isPatch: boolean;
  bundle: Bundle | null = null;
  /** Counters of a patch port, which no device keeps. */
  rxPackets = 0;
  rxBytes = 0;
  txPackets = 0;
  txBytes = 0;

  constructor(bridge: XBridge, of: OfPort, options: { dpPort?: number; isPatch?: boolean } = {}) {
    this.bridge = bridge;
    this.of = of;
    this.dpPort = options.dpPort ?? NO_DP_PORT;
    this.isPatch = options.isPatch ?? false;
  }

  get name(): string {
    return this.of.name;
  }

  get ofpPort(): number {
    return this.of.ofpPort;
  }
}
