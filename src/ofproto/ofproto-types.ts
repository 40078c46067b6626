// SPDX-License-Identifier: Apache-2.0
/**
 * What an `Ofproto` takes from and tells to the rooms around it: the bridge (configuration and
 * status), the slow path (packets, statistics, invalidation).
 */
import type { Flow } from "../openflow/flow.js";
import type { CtFlush } from "../openflow/messages/ct-flush.js";
import type { OfpAct } from "../openflow/ofp-actions.js";
import type { MeterProvider } from "./ofproto-meters.js";
import type { OfPort, PortStats, QueueStats } from "./ofproto-port.js";
import type { FrozenState } from "./recirc.js";

/** A packet-out to translate and execute. */
export interface PacketOut {
  /** The whole Ethernet frame. */
  packet: Uint8Array;
  /** The port it pretends to have come in on: a port, or OFPP.CONTROLLER/NONE/LOCAL. */
  inPort: number;
  /** The packet's headers, with the OpenFlow `in_port`; the datapath's in_port is 0. */
  flow: Flow;
  actions: readonly OfpAct[];
}

/** A paused packet that is to go on. */
export interface Resume {
  packet: Uint8Array;
  inPort: number;
  /** The packet's headers and pipeline fields, some of which the controller may have changed. */
  flow: Flow;
  state: FrozenState;
}

/** Why a packet goes to the controller. The first six are OFPR_* of OpenFlow 1.4; the last two
 * tell the kinds of table miss apart and go out as NO_MATCH. */
export const PACKET_IN_REASON = {
  NO_MATCH: 0,
  ACTION: 1,
  INVALID_TTL: 2,
  ACTION_SET: 3,
  GROUP: 4,
  PACKET_OUT: 5,
  /** Sent by a table-miss flow (priority 0, matches all) of OpenFlow 1.3+. */
  EXPLICIT_MISS: 6,
  /** No flow matched and the table's default is "to the controller". */
  IMPLICIT_MISS: 7,
} as const;

/** A packet for the controllers. */
export interface PacketInEvent {
  /** The whole Ethernet frame. */
  packet: Uint8Array;
  /** PACKET_IN_REASON. */
  reason: number;
  tableId: number;
  /** All ones when no rule is responsible. */
  cookie: bigint;
  /** The packet's pipeline fields as they were at the action: in_port, registers, metadata … */
  flow: Flow;
  /** `max_len` of the action that sends it. Packets are never buffered, hence always sent whole. */
  maxLen: number;
  /** Only connections with this controller id get it; 0 normally. */
  controllerId: number;
  /** The packet is paused: what is left to do to it. */
  continuation?: FrozenState;
  /** Opaque bytes of a `controller(userdata=…)` action. */
  userdata?: Uint8Array;
}

/** Which tables changed since `version - 1`. */
export interface TablesChange {
  /** Value of `Ofproto.version` after the change. */
  readonly version: number;
  readonly tables: ReadonlySet<number>;
}

/** Callbacks of an `Ofproto`. All optional, all synchronous; none may call back into flow-mods. */
export interface OfprotoHooks {
  onPacketOut?(packetOut: PacketOut): void;
  onResume?(resume: Resume): void;
  /** Flows were added, changed or removed: revalidate. Once per message or bundle. */
  onTablesChanged?(change: TablesChange): void;
  /** A controller changed `port.config`, which is stored: bring the device up or down,
   * revalidate. */
  onPortConfig?(port: OfPort, oldConfig: number): void;
  /** The switch-wide fragment handling, fail mode, role of the NORMAL rule … changed: revalidate
   * everything. */
  onConfigChanged?(): void;
  /** Brings `rule.stats` and the tables' counters up to date with the datapath; called before they
   * are reported and before idle timeouts are judged. */
  syncStats?(): void;
  /** Counters of a port; null when the device cannot say. */
  portStats?(port: OfPort): PortStats | null;
  /** Queues of a port, in order. */
  queueStats?(port: OfPort): readonly QueueStats[];
  /** Has the connection tracker forget connections. */
  flushConnections?(what: Omit<CtFlush, "type">): void;
  /** Executes meters; without it the switch has none. */
  readonly meters?: MeterProvider;
  /** Controllers were added or removed, or one of them connected or went away. */
  onControllersChanged?(): void;
}

export type FailMode = "secure" | "standalone";

/** Strings of the description statistics (OpenFlow 1.0 §5.3.5). */
export interface SwitchDescription {
  mfrDesc: string;
  hwDesc: string;
  swDesc: string;
  serialDesc: string;
  dpDesc: string;
}

/** One row of the `Controller` table. */
export interface ControllerConfig {
  /** `tcp:… ssl:… unix:… ptcp:… pssl:… punix:…` */
  target: string;
  /** Milliseconds, at least 1000; default 8000. */
  maxBackoffMs?: number;
  /** Milliseconds of silence before an echo request; 0 turns probing off. Default 5000 for those
   * that are connected to, 0 for those that connect. */
  inactivityProbeMs?: number;
  /** Packets per second of packet-ins, 0 or undefined: no limit. */
  rateLimit?: number;
  burstLimit?: number;
  /** A `service` is like the management socket: it gets asynchronous messages only when it asks for
   * them, and does not count as a controller for fail modes. Default `primary`. */
  type?: "primary" | "service";
  /** Whether it gets asynchronous messages at all. Default true. */
  enableAsyncMessages?: boolean;
  /** Packet-ins that may wait for a slow peer to read; more are dropped. Default 100. */
  maxQueued?: number;
  /** Wanted DSCP of the connection. Node's sockets cannot set it: it has no effect. */
  dscp?: number;
}

/** What the `Controller` row's status columns are written from. */
export interface ControllerStatus {
  target: string;
  isConnected: boolean;
  role: "master" | "slave" | "other";
  /** VOID, BACKOFF, CONNECTING, ACTIVE, IDLE. */
  state: string;
  /** Seconds; undefined when it never connected/disconnected. */
  secSinceConnect?: number;
  secSinceDisconnect?: number;
  lastError?: string;
}

/** OpenFlow versions that this switch speaks, by their wire numbers. */
export const OFP_VERSION = { OF10: 1, OF11: 2, OF12: 3, OF13: 4, OF14: 5, OF15: 6 } as const;
export const SPOKEN_VERSIONS: readonly number[] = Object.values(OFP_VERSION);
