// SPDX-License-Identifier: Apache-2.0
/**
 * All connections of one switch: configured controllers, the management socket, snoopers; and
 * what concerns several of them: roles and asynchronous messages.
 */
import { join } from "node:path";
import type { Clock } from "../../lib/clock.js";
import { vlog } from "../../lib/log.js";
import type { TlsFiles } from "../../net/tls-files.js";
import { OfpError } from "../../openflow/errors.js";
import type { AsyncMasks } from "../../openflow/messages/async-config.js";
import { V13 } from "../../openflow/messages/codec.js";
import type { OfMessage } from "../../openflow/messages/messages.js";
import { ROLE, ROLE_REASON } from "../../openflow/messages/role.js";
import { type ControllerConfig, type ControllerStatus, SPOKEN_VERSIONS } from "../ofproto-types.js";
import { ActiveController, type Controller, type ControllerHost } from "./active-controller.js";
import type { OfConnection } from "./connection.js";
import { PassiveController } from "./passive-controller.js";
import { SnoopService } from "./snoop.js";
import { isPassiveTarget } from "./targets.js";

const log = vlog("connmgr");

export interface ConnManagerOptions {
  bridge: string;
  /** Directory of `<bridge>.mgmt` and `<bridge>.snoop`; none without. */
  runDir?: string | undefined;
  clock: Clock;
  tls: () => TlsFiles | undefined;
  onMessage(connection: OfConnection, bytes: Uint8Array): void;
  /** The set of configured controllers, or whether any is connected, changed. */
  onChange?(): void;
}

export class ConnManager {
  readonly #controllers = new Map<string, Controller>();
  readonly #host: ControllerHost;
  #management: PassiveController | undefined;
  #snoop: SnoopService | undefined;
  #versions: readonly number[] = SPOKEN_VERSIONS;
  /** Highest generation id of a role request; undefined before the first. */
  #generationId: bigint | undefined;

  constructor(private readonly options: ConnManagerOptions) {
    this.#host = {
      bridge: options.bridge,
      clock: options.clock,
      versions: () => this.#versions,
      tls: options.tls,
      onOpen: () => options.onChange?.(),
      onMessage: (connection, bytes) => options.onMessage(connection, bytes),
      onClose: () => options.onChange?.(),
    };
  }

  /** Opens the management and snoop sockets. */
  async start(): Promise<void> {
    const { runDir, bridge, clock } = this.options;
    if (runDir === undefined) return;
    const target = `punix:${join(runDir, `${bridge}.mgmt`)}`;
    log.info(`${bridge}: added service controller "${target}"`);
    this.#management = new PassiveController({ target, type: "service" }, this.#host);
    this.#snoop = new SnoopService(`punix:${join(runDir, `${bridge}.snoop`)}`, clock, () =>
      [...this.#controllers.values()].flatMap((controller) => controller.connections()),
    );
    await Promise.all([this.#management.ready, this.#snoop.start()]);
  }

  close(): void {
    this.#management?.close();
    this.#snoop?.close();
    for (const controller of this.#controllers.values()) controller.close();
    this.#controllers.clear();
  }

  /** Replaces the set of controllers. Those whose configuration stays keep their connections. */
  setControllers(configs: readonly ControllerConfig[]): void {
    const wanted = new Map(configs.map((config) => [config.target, config]));
    for (const [target, controller] of this.#controllers) {
      if (sameConfig(controller.config, wanted.get(target))) continue;
      controller.close();
      this.#controllers.delete(target);
      if (!wanted.has(target)) log.info(`${this.options.bridge}: removed controller "${target}"`);
    }
    for (const [target, config] of wanted) {
      if (this.#controllers.has(target)) continue;
      const kind = config.type ?? "primary";
      log.info(`${this.options.bridge}: added ${kind} controller "${target}"`);
      const passive = isPassiveTarget(target);
      const controller = passive
        ? new PassiveController(config, this.#host)
        : new ActiveController(config, this.#host);
      this.#controllers.set(target, controller);
    }
    this.options.onChange?.();
  }

  /** Whether the switch has a controller to lose: a primary one that it connects to. */
  hasControllers(): boolean {
    return [...this.#controllers.values()].some(
      ({ config }) => config.type !== "service" && !isPassiveTarget(config.target),
    );
  }

  /** Whether any primary controller is connected. */
  isAnyConnected(): boolean {
    return this.#primaries().length > 0;
  }

  status(): ControllerStatus[] {
    return [...this.#controllers.values()].map((controller) => controller.status());
  }

  /** Which versions new connections may negotiate; connections with others are closed. Without any
   * that is spoken here, all that are stay allowed: the switch must remain manageable. */
  setVersions(versions: readonly number[]): void {
    const spoken = SPOKEN_VERSIONS.filter((version) => versions.includes(version));
    if (versions.length > 0 && spoken.length === 0) {
      log.warn(`${this.options.bridge}: none of the allowed OpenFlow versions is supported`);
    }
    this.#versions = spoken.length > 0 ? spoken : SPOKEN_VERSIONS;
    for (const connection of this.connections()) {
      if (!this.#versions.includes(connection.version)) connection.close();
    }
  }

  /** Every connection past negotiation. */
  connections(): OfConnection[] {
    const all = [...this.#controllers.values()].flatMap((c) => c.connections());
    return [...all, ...(this.#management?.connections() ?? [])];
  }

  #primaries(): OfConnection[] {
    return this.connections().filter((connection) => connection.settings.kind === "primary");
  }

  /** Whether some primary controller speaks a version in which a miss needs no flow. */
  wantsPacketInOnMiss(): boolean {
    return this.#primaries().some(
      (connection) => connection.version < V13 && connection.role !== ROLE.SLAVE,
    );
  }

  /** Sends to every connection that wants messages of this kind and reason. `make` may return
   * undefined to leave a connection out. */
  broadcast(
    kind: keyof AsyncMasks,
    reason: number,
    make: (connection: OfConnection) => OfMessage | undefined,
  ): void {
    for (const connection of this.connections()) {
      if (!connection.wants(kind, reason)) continue;
      const message = make(connection);
      if (message) connection.sendAsync(message);
    }
  }

  /** Applies a role request. A new master makes slaves of the others. Throws OFPRRFC_STALE. */
  setRole(connection: OfConnection, role: number, generationId: bigint | undefined): void {
    if (role === ROLE.NOCHANGE) return;
    if (generationId !== undefined && (role === ROLE.MASTER || role === ROLE.SLAVE)) {
      const last = this.#generationId;
      // §6.3.6: ids wrap around, so "older" is a negative difference.
      if (last !== undefined && BigInt.asIntN(64, generationId - last) < 0n) {
        throw new OfpError("OFPRRFC_STALE");
      }
      this.#generationId = generationId;
    }
    if (role === ROLE.MASTER) {
      for (const other of this.connections()) {
        if (other === connection || other.role !== ROLE.MASTER) continue;
        other.role = ROLE.SLAVE;
        this.#sendRoleStatus(other);
      }
    }
    connection.role = role;
  }

  /** Tells a master that it is a slave now (OpenFlow 1.3+). */
  #sendRoleStatus(connection: OfConnection): void {
    if (connection.version < V13) return;
    const generationId = this.#generationId;
    connection.sendAsync({
      ...{ type: "role_status", role: connection.role, reason: ROLE_REASON.MASTER_REQUEST },
      ...(generationId === undefined ? {} : { generationId }),
    });
  }

  get generationId(): bigint | undefined {
    return this.#generationId;
  }
}

function sameConfig(a: ControllerConfig, b: ControllerConfig | undefined): boolean {
  if (!b) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof ControllerConfig>;
  return [...keys].every((key) => a[key] === b[key]);
}
