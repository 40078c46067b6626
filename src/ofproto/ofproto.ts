// SPDX-License-Identifier: Apache-2.0
/**
 * An OpenFlow switch: ports, tables, connections. No devices, no threads.
 */
import type { OfPort } from "./ofproto-port.js";
import type {
  ControllerConfig,
  ControllerStatus,
  FailMode,
  OfprotoHooks,
  PacketInEvent,
  SwitchDescription,
} from "./ofproto-types.js";

/** The public surface of `Ofproto`; the class follows. `new Ofproto({name, datapathId, runDir,
 * clock, hooks})`. */
export interface OfprotoApi {
  readonly name: string;
  /** Bumped by every change of the flow tables. */
  readonly version: number;
  /** Ports by OpenFlow number. */
  readonly ports: ReadonlyMap<number, OfPort>;
  datapathId: bigint;
  readonly description: SwitchDescription;
  /** Fragment handling set by `OFPT_SET_CONFIG`: 0 normal, 1 drop, 2 reassemble, 3 nx-match. */
  readonly fragHandling: number;

  /** Opens the management socket `<rundir>/<name>.mgmt` and the controllers. */
  start(): Promise<void>;
  /** Closes every connection and socket. */
  close(): Promise<void>;
  /** Expires flows; call about once a second (the stock switch does so every 500 ms). */
  expire(): void;

  setFailMode(mode: FailMode): void;
  setControllers(controllers: readonly ControllerConfig[]): void;
  controllerStatus(): ControllerStatus[];
  /** Wire numbers of allowed versions, from `Bridge.protocols`; empty: the default. */
  setProtocols(versions: readonly number[]): void;
  /** Name and flow limit of a table (`Flow_Table`); limit null is none. */
  setTableConfig(table: number, config: { name?: string; maxFlows?: number | null }): void;

  /** Adds a port and tells controllers (port-status ADD). */
  addPort(port: OfPort): void;
  /** Changes attributes and tells controllers (port-status MODIFY) if any differ. */
  updatePort(ofpPort: number, patch: Partial<Omit<OfPort, "ofpPort" | "name">>): void;
  removePort(ofpPort: number): void;

  /** Sends a packet to every controller that wants it. */
  sendPacketIn(packetIn: PacketInEvent): void;
  /** Whether a table miss goes to a controller at all: some primary connection speaks OpenFlow
   * below 1.3. */
  wantsPacketInOnMiss(): boolean;
  /** Adds/deletes flows from inside the switch (hidden rules allowed). */
  // flowMod(), deleteFlows(): with flow-mod.ts
}
