// SPDX-License-Identifier: Apache-2.0
/**
 * The switch as its users see it: bridges with ports with interfaces, by name. A "fake" bridge is
 * a port with a VLAN that stands for a bridge of its own; the ports of its parent with that VLAN
 * are its ports. See ovs-vsctl(8) "Linux VLAN Bridging Compatibility".
 */
import { CliError } from "../invocation.js";
import { flagOf, numberOf, referencesOf, textOf } from "./row-values.js";
import type { Row, Transaction } from "./transaction.js";

export interface BridgeView {
  readonly name: string;
  /** The row of the bridge, or of the parent of a fake one. */
  readonly row: Row;
  /** Present for fake bridges. */
  readonly parent: BridgeView | undefined;
  /** 0 for real bridges. */
  readonly vlan: number;
  readonly ports: PortView[];
  /** Fake bridges of this one, by VLAN. */
  readonly children: Map<number, BridgeView>;
}

export interface PortView {
  readonly name: string;
  readonly row: Row;
  readonly bridge: BridgeView;
  readonly interfaces: InterfaceView[];
}

export interface InterfaceView {
  readonly name: string;
  readonly row: Row;
  readonly port: PortView;
}

const VLAN_MAX = 4095;

function vlanOf(port: Row): number | undefined {
  const tag = numberOf(port, "tag");
  return tag !== undefined && tag >= 0 && tag <= VLAN_MAX ? tag : undefined;
}

function isFakeBridge(port: Row): boolean {
  return flagOf(port, "fake_bridge") && vlanOf(port) !== undefined;
}

export class SwitchView {
  readonly bridges = new Map<string, BridgeView>();
  readonly ports = new Map<string, PortView>();
  readonly interfaces = new Map<string, InterfaceView>();
  #portsVerified = false;

  constructor(
    private readonly txn: Transaction,
    private readonly root: Row,
    private readonly warn: (text: string) => void,
  ) {
    const bridges = referencesOf(txn, root, "bridges", "Bridge");
    for (const row of bridges) this.#addBridges(row);
    for (const row of bridges) this.#addPorts(row);
  }

  #addBridge(row: Row, name: string, parent?: BridgeView, vlan = 0): void {
    const bridge = { name, row, parent, vlan, ports: [], children: new Map() };
    const conflict = parent?.children.get(vlan);
    if (parent !== undefined && conflict !== undefined) {
      this.warn(
        `${parent.name}: bridge has multiple VLAN bridges (${name} and ${conflict.name}) ` +
          `for VLAN ${vlan}, but only one is allowed`,
      );
    } else parent?.children.set(vlan, bridge);
    this.bridges.set(name, bridge);
  }

  #addBridges(row: Row): void {
    const name = textOf(row, "name")!;
    if (this.bridges.has(name)) {
      this.warn(`${name}: database contains duplicate bridge name`);
      return;
    }
    this.#addBridge(row, name);
    for (const port of referencesOf(this.txn, row, "ports", "Port")) {
      const portName = textOf(port, "name")!;
      if (!isFakeBridge(port) || this.bridges.has(portName)) continue;
      this.#addBridge(row, portName, this.bridges.get(name), vlanOf(port));
    }
  }

  #addPorts(row: Row): void {
    const parent = this.bridges.get(textOf(row, "name")!);
    if (parent?.row !== row || parent.parent !== undefined) return;
    for (const port of referencesOf(this.txn, row, "ports", "Port")) {
      const name = textOf(port, "name")!;
      const other = this.ports.get(name);
      if (other !== undefined) {
        this.warn(
          other.row === port
            ? `${name}: port is in multiple bridges (${parent.name} and ${other.bridge.name})`
            : `${name}: database contains duplicate port name`,
        );
        continue;
      }
      const vlan = vlanOf(port);
      const bridge = (vlan === undefined ? undefined : parent.children.get(vlan)) ?? parent;
      const view: PortView = { name, row: port, bridge, interfaces: [] };
      bridge.ports.push(view);
      this.ports.set(name, view);
      this.#addInterfaces(view);
    }
  }

  #addInterfaces(port: PortView): void {
    for (const row of referencesOf(this.txn, port.row, "interfaces", "Interface")) {
      const name = textOf(row, "name")!;
      const other = this.interfaces.get(name);
      if (other !== undefined) {
        this.warn(
          other.row === row
            ? `${name}: interface is in multiple ports (${other.port.name} and ${port.name})`
            : `${name}: database contains duplicate interface name`,
        );
        continue;
      }
      const view = { name, row, port };
      port.interfaces.push(view);
      this.interfaces.set(name, view);
    }
  }

  /** The transaction must see the membership of bridges and ports unchanged. */
  verifyPorts(): void {
    if (this.#portsVerified) return;
    this.#portsVerified = true;
    this.root.verify("bridges");
    for (const bridge of this.txn.rows("Bridge")) bridge.verify("ports");
    for (const port of this.txn.rows("Port")) port.verify("interfaces");
  }

  findBridge(name: string): BridgeView | undefined {
    this.root.verify("bridges");
    return this.bridges.get(name);
  }

  bridge(name: string): BridgeView {
    const bridge = this.findBridge(name);
    if (bridge === undefined) throw new CliError(`no bridge named ${name}`);
    return bridge;
  }

  realBridge(name: string): BridgeView {
    const bridge = this.bridge(name);
    if (bridge.parent !== undefined) throw new CliError(`${name} is a fake bridge`);
    return bridge;
  }

  /** The port `name`, unless it is the local port of its bridge. */
  findPort(name: string): PortView | undefined {
    this.verifyPorts();
    const port = this.ports.get(name);
    return port?.bridge.name === name ? undefined : port;
  }

  port(name: string): PortView {
    const port = this.findPort(name);
    if (port === undefined) throw new CliError(`no port named ${name}`);
    return port;
  }

  /** The interface `name`, unless it is the local one of its bridge. */
  findInterface(name: string): InterfaceView | undefined {
    this.verifyPorts();
    const found = this.interfaces.get(name);
    return found?.port.bridge.name === name ? undefined : found;
  }

  interface(name: string): InterfaceView {
    const found = this.findInterface(name);
    if (found === undefined) throw new CliError(`no interface named ${name}`);
    return found;
  }

  /** Throws CliError, starting with `what`, when `name` is taken by anything. */
  checkNameFree(name: string, what: string): void {
    this.verifyPorts();
    if (this.bridges.has(name)) {
      throw new CliError(`${what} because a bridge named ${name} already exists`);
    }
    const port = this.ports.get(name);
    if (port !== undefined) {
      throw new CliError(
        `${what} because a port named ${name} already exists on bridge ${port.bridge.name}`,
      );
    }
    const other = this.interfaces.get(name);
    if (other !== undefined) {
      throw new CliError(
        `${what} because an interface named ${name} already exists ` +
          `on bridge ${other.port.bridge.name}`,
      );
    }
  }
}
