// SPDX-License-Identifier: Apache-2.0
/**
 * What translation needs of the bridges of one datapath. The bridge room builds these objects from
 * the database and changes them in place; every change that can alter a translation must be
 * followed by revalidation (`XBridge.changed()` bumps the sequence number that the slow path
 * watches).
 */
import { FLOW_FIELDS } from "../openflow/flow.js";
import { emptyMatch } from "../openflow/match.js";
import { OFPP, type OfpAct } from "../openflow/ofp-actions.js";
import type { Classifier } from "./classifier.js";
import { floodOrder } from "./flood-order.js";
import type { Group } from "./group.js";
import { MacLearning } from "./mac-learning.js";
import type { LearnRequest, LearnVerdict } from "./ofproto-learn.js";
import type { OfPort } from "./ofproto-port.js";
import { PACKET_IN_REASON } from "./ofproto-types.js";
import { Bundle, type BundleConfig, NO_DP_PORT, XPort } from "./ports.js";
import { RecircTable } from "./recirc.js";
import { Rule } from "./rule.js";

/** What happens to a packet that no rule of a table matches. `default`: to the controllers, if
 * any of them wants table misses (OpenFlow 1.0), else drop. */
export type MissConfig = "default" | "continue" | "controller" | "drop";

/** An OpenFlow table as translation sees it. */
export interface XTable {
  readonly classifier: Classifier;
  missConfig: MissConfig;
  /** Packets that looked this table up and found, or did not find, a rule. */
  matched: number;
  missed: number;
}

/** How IP fragments are handled (`OFPT_SET_CONFIG`): OFPC_FRAG_NORMAL, _DROP, _REASM, _NX_MATCH. */
export const FRAG_HANDLING = { NORMAL: 0, DROP: 1, REASM: 2, NX_MATCH: 3 } as const;

/** The table that a miss never continues into: the switch's own rules are there. */
export const INTERNAL_TABLE = 254;

/** The part of an `Ofproto` that translation reads. */
export interface XSwitch {
  readonly name: string;
  readonly tables: readonly XTable[];
  /** FRAG_HANDLING. */
  readonly fragHandling: number;
  /** Whether a table miss goes to a controller at all. */
  wantsPacketInOnMiss(): boolean;
  /** Whether some controller is connected. */
  hasController(): boolean;
  /** A group; undefined: there is none. */
  group(groupId: number): Group | undefined;
  /** The datapath's number of a meter; undefined when there is no such meter. */
  dpMeter(meterId: number): number | undefined;
  /** What would become of a learned flow after the `pending` ones; changes nothing. */
  learnVerdict(request: LearnRequest, pending: readonly LearnRequest[]): LearnVerdict;
  /** Learns a flow; one that cannot be learned is not. */
  learn(request: LearnRequest): void;
  /** Makes the timeouts of a rule at most these, in seconds; 0 leaves one as it is. */
  shortenTimeouts(to: { rule: Rule; idle: number; hard: number }): void;
}

/** All bridges on one datapath, with what they share (the stock switch's "backer"). */
export class XDatapath {
  /** `netdev@ovs-netdev`: type, `@`, name. */
  readonly type: string;
  readonly name: string;
  readonly bridges = new Map<string, XBridge>();
  readonly portsByDpPort = new Map<number, XPort>();
  readonly recirc = new RecircTable();
  /** VLAN tags that may be matched and are looked at (`other_config:vlan-limit`), 1 … 2. */
  vlanLimit = 1;
  private readonly clockMs: () => number;
  /** The time that is held, or -1. */
  private heldMs = -1;

  constructor(options: { type: string; name: string; nowMs: () => number }) {
    this.type = options.type;
    this.name = options.name;
    this.clockMs = options.nowMs;
  }

  /** Milliseconds, monotonic. */
  nowMs(): number {
    return this.heldMs >= 0 ? this.heldMs : this.clockMs();
  }

  /** Stops `nowMs` until `releaseTime`: a batch of misses happens at one moment, for asking the
   * system for the time takes as long as looking up a table. */
  holdTime(): void {
    this.heldMs = this.clockMs();
  }

  releaseTime(): void {
    this.heldMs = -1;
  }
}

export class XBridge {
  readonly name: string;
  readonly datapath: XDatapath;
  readonly of: XSwitch;
  readonly ports = new Map<number, XPort>();
  readonly bundles = new Map<string, Bundle>();
  readonly macLearning: MacLearning;
  /** `other_config:forward-bpdu`: 01:80:c2:00:00:0x is forwarded by NORMAL. */
  forwardBpdu = false;
  /** What a packet "hits" that misses and is to go to the controllers, that misses and is to be
   * dropped, and that is dropped for being a fragment. In no table. */
  readonly missRule = internalRule(1, [
    { type: "controller", maxLen: 0xffff, controllerId: 0, reason: PACKET_IN_REASON.IMPLICIT_MISS },
  ]);
  readonly dropRule = internalRule(2, []);
  readonly dropFragmentsRule = internalRule(3, []);
  private floodOrder: XPort[] | null = null;
  /** Bumped by every change of ports or configuration. */
  seq = 1;

  constructor(datapath: XDatapath, of: XSwitch) {
    this.name = of.name;
    this.datapath = datapath;
    this.of = of;
    this.macLearning = new MacLearning(() => datapath.nowMs());
    datapath.bridges.set(this.name, this);
  }

  /** Says that something translation depends on has changed. */
  changed(): void {
    this.seq++;
  }

  /** Adds a port. `dpPort` is undefined for patch ports. A port without bundle is known to
   * OpenFlow only: NORMAL neither takes packets from it nor floods to it. */
  addPort(of: OfPort, options: { dpPort?: number; isPatch?: boolean } = {}): XPort {
    const port = new XPort(this, of, options);
    this.ports.set(port.ofpPort, port);
    this.floodOrder = null;
    if (port.dpPort !== NO_DP_PORT) this.datapath.portsByDpPort.set(port.dpPort, port);
    this.changed();
    return port;
  }

  removePort(ofpPort: number): void {
    const port = this.ports.get(ofpPort);
    if (!port) return;
    this.ports.delete(ofpPort);
    this.floodOrder = null;
    if (this.datapath.portsByDpPort.get(port.dpPort) === port) {
      this.datapath.portsByDpPort.delete(port.dpPort);
    }
    if (port.peer) port.peer.peer = null;
    port.peer = null;
    this.setBundlePorts(port, null);
    this.changed();
  }

  /** All ports, in the order in which the stock switch floods to them. */
  portsInFloodOrder(): readonly XPort[] {
    this.floodOrder ??= floodOrder([...this.ports.values()]);
    return this.floodOrder;
  }

  /** Makes two patch ports each other's peer; null takes a port's peer away. */
  setPeer(port: XPort, peer: XPort | null): void {
    if (port.peer === peer) return;
    if (port.peer) port.peer.peer = null;
    port.peer = peer;
    if (peer) {
      if (peer.peer) peer.peer.peer = null;
      peer.peer = port;
      peer.bridge.changed();
    }
    this.changed();
  }

  /** Creates or reconfigures the bundle `config.name` over `ports`. Learned addresses of a bundle
   * whose VLANs changed are forgotten. */
  setBundle(config: Partial<BundleConfig> & { name: string }, ports: readonly XPort[]): Bundle {
    const old = this.bundles.get(config.name);
    const bundle = new Bundle(this, config);
    if (old) {
      for (const port of [...old.ports]) this.setBundlePorts(port, null);
      this.macLearning.replaceBundle(old, sameVlans(old, bundle) ? bundle : null);
    }
    this.bundles.set(bundle.name, bundle);
    for (const port of ports) this.setBundlePorts(port, bundle);
    this.changed();
    return bundle;
  }

  removeBundle(name: string): void {
    const bundle = this.bundles.get(name);
    if (!bundle) return;
    for (const port of [...bundle.ports]) this.setBundlePorts(port, null);
    this.bundles.delete(name);
    this.macLearning.replaceBundle(bundle, null);
    this.changed();
  }

  /** Takes the bridge off its datapath. */
  close(): void {
    for (const ofpPort of [...this.ports.keys()]) this.removePort(ofpPort);
    this.datapath.bridges.delete(this.name);
  }

  localPort(): XPort | undefined {
    return this.ports.get(OFPP.LOCAL);
  }

  private setBundlePorts(port: XPort, bundle: Bundle | null): void {
    const old = port.bundle;
    if (old) old.ports.splice(old.ports.indexOf(port), 1);
    port.bundle = bundle;
    if (bundle) bundle.ports.push(port);
  }
}

/** `id` shows in traces of packets that miss in a bridge other than the first: as `reg0`. */
function internalRule(id: number, actions: readonly OfpAct[]): Rule {
  const match = emptyMatch();
  const { offset } = FLOW_FIELDS.regs;
  match.flow.view.setUint32(offset, id);
  match.mask.view.setUint32(offset, 0xffffffff);
  return new Rule({ tableId: INTERNAL_TABLE, priority: 0, match, actions, hidden: true });
}

function sameVlans(a: Bundle, b: Bundle): boolean {
  const sameSet = (x: ReadonlySet<number> | null, y: ReadonlySet<number> | null): boolean =>
    x === y || (x !== null && y !== null && x.size === y.size && [...x].every((v) => y.has(v)));
  return (
    a.vlanMode === b.vlanMode &&
    a.tag === b.tag &&
    sameSet(a.trunks, b.trunks) &&
    sameSet(a.cvlans, b.cvlans)
  );
}
