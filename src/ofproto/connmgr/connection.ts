// SPDX-License-Identifier: Apache-2.0
/**
 * One OpenFlow connection: hello, version, framing, and everything the switch remembers of it.
 */

import type { Clock } from "../../lib/clock.js";
import { RateLimit, vlog } from "../../lib/log.js";
import type { Stream } from "../../net/stream.js";
import { OfpError } from "../../openflow/errors.js";
import type { AsyncMasks } from "../../openflow/messages/async-config.js";
import { V13 } from "../../openflow/messages/codec.js";
import { readHeader } from "../../openflow/messages/frame.js";
import { encodeMessage, type OfMessage } from "../../openflow/messages/messages.js";
import { FLOW_FORMAT, PACKET_IN_FORMAT } from "../../openflow/messages/nicira-settings.js";
import { ROLE } from "../../openflow/messages/role.js";
import { type ControllerConfig, PACKET_IN_REASON } from "../ofproto-types.js";
import { defaultMasks, silentMasks } from "./async-filter.js";
import type { Bundle } from "./bundle.js";
import { FlowMonitors } from "./flow-monitors.js";
import { FramingError, MessageSplitter } from "./message-splitter.js";
import { MultipartAssembler } from "./multipart-assembler.js";
import { helloVersions, versionList } from "./negotiation.js";
import { PacketInLimiter } from "./packet-in-limiter.js";
import { UNASKED } from "./unasked.js";

const log = vlog("rconn");
const limit = new RateLimit(60, 5);

/** Reading stops while this much of our answers has not been taken by the peer. */
const READ_PAUSE_BYTES = 1 << 20;
/** A peer that leaves this much unread loses packet-ins. */
const PACKET_IN_BACKLOG_MAX = 1 << 20;
/** A peer that leaves this much unread loses its connection rather than be told half a story. */
const ASYNC_BACKLOG_MAX = 64 << 20;
/** How many messages of one peer are handled before others have their turn. */
const TURN_MESSAGES = 50;
/** How many bytes of a request an error reply quotes: all that fits, as the stock switch does. */
const ERROR_DATA_BYTES = 0xffff - 24;
/** How many packet-ins wait where the configuration does not say. */
const QUEUED_DEFAULT = 100;
/** OFP_DEFAULT_MISS_SEND_LEN. */
const MISS_SEND_LEN_DEFAULT = 128;

export interface ConnectionSettings {
  /** `primary`: a controller. `service`: management tools, which get asynchronous messages only
   * after they asked with a miss_send_len. */
  readonly kind: "primary" | "service";
  /** Wire versions that may be negotiated. */
  readonly versions: readonly number[];
  /** Packet-ins per second, 0: no limit. */
  readonly rateLimit: number;
  readonly burstLimit: number;
  readonly enableAsync: boolean;
  /** Packet-ins that may wait for the peer to read. */
  readonly maxQueued: number;
}

/** The settings of a controller's connections, with the defaults of ovs-vswitchd.conf.db(5). */
export function connectionSettings(
  config: ControllerConfig,
  versions: readonly number[],
): ConnectionSettings {
  return {
    kind: config.type ?? "primary",
    versions,
    rateLimit: config.rateLimit ?? 0,
    burstLimit: config.burstLimit ?? 0,
    enableAsync: config.enableAsyncMessages ?? true,
    maxQueued: config.maxQueued ?? QUEUED_DEFAULT,
  };
}

export interface ConnectionEvents {
  /** A whole message, after negotiation; echo and hello are not passed on. */
  onMessage(connection: OfConnection, bytes: Uint8Array): void;
  onNegotiated?(connection: OfConnection): void;
  /** Something came in: the peer is alive. */
  onActivity?(): void;
  /** Exactly once. `error` is undefined when the peer just closed. */
  onClose(connection: OfConnection, error: Error | undefined): void;
}

let nextXid = 1;
/** A fresh transaction id for messages that the switch starts. */
export function allocateXid(): number {
  nextXid = (nextXid + 1) >>> 0;
  return nextXid;
}

export class OfConnection {
  /** Negotiated wire version; 0 before. */
  version = 0;
  /** ROLE. */
  role: number = ROLE.EQUAL;
  /** PACKET_IN_FORMAT. */
  packetInFormat: number = PACKET_IN_FORMAT.STANDARD;
  /** FLOW_FORMAT: how flows are notified in OpenFlow 1.0. */
  flowFormat: number = FLOW_FORMAT.OPENFLOW10;
  controllerId = 0;
  flowModTableId = false;
  missSendLen: number;
  /** As set by `setInvalidTtlToController`. */
  invalidTtlToController = false;
  /** Bundles being filled, by id. */
  readonly bundles = new Map<number, Bundle>();
  readonly multipart = new MultipartAssembler();
  readonly monitors = new FlowMonitors(this);
  readonly counters = { received: 0, sent: 0, packetInsDropped: 0, errorsSent: 0 };
  #masks: AsyncMasks | undefined;
  readonly #splitter = new MessageSplitter();
  readonly #limiter: PacketInLimiter | undefined;
  readonly #taps = new Set<(bytes: Uint8Array) => void>();
  /** Reading has stopped: the peer does not take our answers. */
  #paused = false;
  /** It has had its turn; others have theirs. */
  #yielded = false;
  /** An answer in parts is under way. */
  #inParts = false;
  /** Goes on with it once the peer has read. */
  #stalled: (() => void) | undefined;
  #drained: (() => void)[] = [];
  /** Sent since the peer had last read everything. */
  #waitingPacketIns = 0;
  #closed = false;

  constructor(
    readonly stream: Stream,
    readonly settings: ConnectionSettings,
    private readonly events: ConnectionEvents,
    clock: Clock,
  ) {
    this.missSendLen = settings.kind === "primary" ? MISS_SEND_LEN_DEFAULT : 0;
    if (settings.rateLimit > 0) {
      const burst = settings.burstLimit || Math.max(1, Math.floor(settings.rateLimit / 4));
      this.#limiter = new PacketInLimiter(clock, settings.rateLimit, burst);
    }
    stream.on("close", (error) => this.#onClose(error));
    stream.on("drain", () => this.#onDrain());
    stream.on("data", (chunk) => this.#onData(chunk));
    this.#sendHello();
  }

  get name(): string {
    return this.stream.name;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get masks(): AsyncMasks {
    if (this.#masks) return this.#masks;
    return this.settings.enableAsync ? defaultMasks(this.version) : silentMasks();
  }

  set masks(masks: AsyncMasks) {
    this.#masks = masks;
  }

  /** OFPC_INVALID_TTL_TO_CONTROLLER of OpenFlow 1.2 and before; later it is a packet-in reason
   * like others. */
  setInvalidTtlToController(enable: boolean): void {
    if (this.version >= V13) return;
    this.invalidTtlToController = enable;
    const bit = 1 << PACKET_IN_REASON.INVALID_TTL;
    const { packetIn, ...rest } = this.masks;
    const master = enable ? packetIn[0] | bit : packetIn[0] & ~bit;
    this.masks = { ...rest, packetIn: [master, packetIn[1]] };
  }

  /** Whether the peer wants asynchronous messages of this kind and (internal) reason now. */
  wants(kind: keyof AsyncMasks, reason: number): boolean {
    if (this.version === 0 || this.#closed) return false;
    if (this.settings.kind === "service" && this.missSendLen === 0) return false;
    const mask = this.masks[kind][this.role === ROLE.SLAVE ? 1 : 0];
    return ((mask >>> reason) & 1) !== 0;
  }

  /** Sends a message (a long multipart reply as several); what nobody asked for has number 0. */
  send(message: OfMessage, xid = UNASKED.has(message.type) ? 0 : allocateXid()): void {
    for (const bytes of encodeMessage(message, this.version, xid)) this.#write(bytes);
  }

  /** Sends an answer that comes in parts: one per turn of the event loop, and no faster than the
   * peer reads. Requests that follow wait for its end. */
  sendParts(parts: Iterator<OfMessage>, xid: number): void {
    const step = (): void => {
      if (this.#closed) return;
      if (this.stream.backlogBytes > READ_PAUSE_BYTES) {
        this.#stalled = step;
        return;
      }
      const part = parts.next();
      this.#inParts = !part.done;
      if (part.done) {
        this.#onDrain();
        return;
      }
      this.send(part.value, xid);
      setImmediate(guarded);
    };
    const guarded = (): void => this.#guard(step);
    const first = parts.next();
    if (first.done) return;
    this.send(first.value, xid);
    this.#inParts = (first.value as { more?: boolean }).more === true;
    if (this.#inParts) setImmediate(guarded);
  }

  /** Sends an asynchronous message; a peer that has stopped reading is cut off. */
  sendAsync(message: OfMessage): void {
    if (this.stream.backlogBytes > ASYNC_BACKLOG_MAX) {
      this.close(new Error("peer does not read"));
      return;
    }
    this.send(message);
  }

  /** Sends a packet-in within the rate limit, unless the peer is too far behind. `make` is called
   * when it is sent. */
  sendPacketIn(inPort: number, make: () => OfMessage): void {
    const send = (): void => {
      if (this.#closed) return;
      if (this.stream.backlogBytes === 0) this.#waitingPacketIns = 0;
      const full = this.#waitingPacketIns >= this.settings.maxQueued;
      if (full || this.stream.backlogBytes > PACKET_IN_BACKLOG_MAX) {
        this.counters.packetInsDropped++;
        return;
      }
      this.#waitingPacketIns++;
      this.send(make());
    };
    if (this.#limiter) this.#limiter.submit(inPort, send);
    else send();
  }

  /** Answers `request`, which has at least a header, with an error in its own version. */
  sendError(error: OfpError, request: Uint8Array): void {
    this.counters.errorsSent++;
    const { xid, version } = readHeader(request);
    const spoken = this.settings.versions.includes(version) ? version : this.version;
    const data = request.subarray(0, ERROR_DATA_BYTES);
    const [bytes] = encodeMessage({ type: "error", code: error.code, data }, spoken, xid);
    this.#write(bytes as Uint8Array);
  }

  /** Asks the peer for a sign of life. */
  probe(): void {
    this.send({ type: "echo_request", data: new Uint8Array(0) }, 0);
  }

  /** Copies all messages in both directions to `tap` until the returned function is called. */
  addTap(tap: (bytes: Uint8Array) => void): () => void {
    this.#taps.add(tap);
    return () => this.#taps.delete(tap);
  }

  /** Calls back once, when the peer has read everything. */
  whenDrained(callback: () => void): void {
    this.#drained.push(callback);
  }

  /** Ends the connection. */
  close(error?: Error): void {
    this.stream.destroy(error);
  }

  #write(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.counters.sent++;
    for (const tap of this.#taps) tap(bytes);
    this.stream.write(bytes);
  }

  #onClose(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#limiter?.close();
    this.events.onClose(this, error);
  }

  #onData(chunk: Uint8Array): void {
    this.events.onActivity?.();
    this.#splitter.push(chunk);
    this.#process();
  }

  /** Goes on with what was left undone while the peer did not take our answers. */
  #onDrain(): void {
    for (const callback of this.#drained.splice(0)) this.#guard(callback);
    const go = this.#stalled;
    this.#stalled = undefined;
    if (go) this.#guard(go);
    if (this.#inParts) return;
    if (!this.#paused) return;
    this.#paused = false;
    this.#process();
    if (!this.#paused && !this.#yielded) this.stream.resume();
  }

  #process(): void {
    this.#guard(() => {
      for (let n = 0; ; n++) {
        if (this.#closed || this.stream.socket.destroyed || this.#yielded) return;
        if (n >= TURN_MESSAGES) {
          this.#yield();
          return;
        }
        if (this.#inParts || this.stream.backlogBytes > READ_PAUSE_BYTES) {
          this.#paused = true;
          this.stream.pause();
          return;
        }
        const bytes = this.#splitter.next();
        if (!bytes) return;
        this.#onMessage(bytes);
      }
    });
  }

  /** Lets others have their turn, packets among them, before it goes on. */
  #yield(): void {
    this.#yielded = true;
    this.stream.pause();
    setImmediate(() => {
      this.#yielded = false;
      if (!this.#paused) this.#process();
      if (!this.#paused && !this.#yielded && !this.#closed) this.stream.resume();
    });
  }

  /** A bug of ours must cost this peer its connection and nobody else anything. */
  #guard(body: () => void): void {
    try {
      body();
    } catch (error) {
      const what = error instanceof Error ? error : new Error(String(error));
      const text = error instanceof FramingError ? what.message : what.stack;
      log.err(`${this.name}: ${text}`, limit);
      this.close(what);
    }
  }

  #onMessage(bytes: Uint8Array): void {
    this.counters.received++;
    for (const tap of this.#taps) tap(bytes);
    if (this.version === 0) this.#negotiate(bytes);
    else if (this.#passes(bytes)) this.events.onMessage(this, bytes);
  }

  /** Whether a message has the negotiated version; errors and echoes may have any. */
  #passes(bytes: Uint8Array): boolean {
    const { version, type } = readHeader(bytes);
    if (version === this.version || (type > 0 && type <= 3)) return true;
    this.sendError(new OfpError("OFPBRC_BAD_VERSION"), bytes);
    return false;
  }

  #sendHello(): void {
    const versions = [...this.settings.versions].sort((a, b) => a - b);
    const highest = versions.at(-1) as number;
    const xid = allocateXid();
    const hello: OfMessage = { type: "hello", versions };
    for (const bytes of encodeMessage(hello, highest, xid)) this.#write(bytes);
  }

  #negotiate(bytes: Uint8Array): void {
    const theirs = helloVersions(bytes);
    if (!theirs) {
      log.warn(`${this.name}: received message while expecting hello`, limit);
      this.close(new Error("expected hello"));
      return;
    }
    const common = this.settings.versions.filter((version) => theirs.includes(version));
    if (common.length === 0) {
      this.#refuse(theirs);
      return;
    }
    this.version = Math.max(...common);
    this.events.onNegotiated?.(this);
  }

  #refuse(theirs: readonly number[]): void {
    const mine = this.settings.versions;
    const text =
      `We support ${versionList(mine)}, you support ${versionList(theirs)}, ` +
      "no common versions.";
    log.warn(`${this.name}: version negotiation failed (${text})`, limit);
    this.version = Math.max(...mine.filter((v) => v <= Math.max(...theirs, 1)), Math.min(...mine));
    this.send({ type: "error", code: "OFPHFC_INCOMPATIBLE", data: Buffer.from(text) });
    this.version = 0;
    this.stream.end();
  }
}
