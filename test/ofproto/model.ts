// SPDX-License-Identifier: Apache-2.0
/** Bridges in this process: what translation needs and nothing else. */
import { Classifier } from "../../src/ofproto/classifier.js";
import type { BundleConfig, XPort } from "../../src/ofproto/ports.js";
import { Rule } from "../../src/ofproto/rule.js";
import {
  type MissConfig,
  XBridge,
  XDatapath,
  type XSwitch,
  type XTable,
} from "../../src/ofproto/xbridge.js";
import { emptyMatch, type Match } from "../../src/openflow/match.js";
import type { OfpAct } from "../../src/openflow/ofp-actions.js";

export interface Model extends XSwitch {
  readonly tables: XTable[];
  fragHandling: number;
  packetInOnMiss: boolean;
  bridge: XBridge;
}

/** A clock that stands still until told otherwise. */
export class ManualClock {
  ms = 1_000_000;
  readonly now = (): number => this.ms;
}

export function makeDatapath(clock = new ManualClock()): XDatapath {
  return new XDatapath({ type: "netdev", name: "ovs-netdev", nowMs: clock.now });
}

export function makeBridge(datapath: XDatapath, name: string): Model {
  const tables: XTable[] = Array.from({ length: 255 }, () => ({
    classifier: new Classifier(),
    missConfig: "default" as MissConfig,
    matched: 0,
    missed: 0,
  }));
  const model: Omit<Model, "bridge"> = {
    name,
    tables,
    fragHandling: 0,
    packetInOnMiss: false,
    hasController: () => false,
    group: () => undefined,
    dpMeter: () => undefined,
    wantsPacketInOnMiss(): boolean {
      return this.packetInOnMiss;
    },
    learnVerdict: () => "same",
    learn() {},
    shortenTimeouts() {},
  };
  const bridge = new XBridge(datapath, model);
  return Object.assign(model, { bridge });
}

export interface PortOptions extends Partial<BundleConfig> {
  ofpPort: number;
  /** None: a patch port. */
  dpPort?: number;
  /** PORT_CONFIG bits. */
  portConfig?: number;
}

/** Adds a port with a bundle of its own. */
export function addPort(bridge: XBridge, name: string, options: PortOptions): XPort {
  const { ofpPort, dpPort, portConfig, ...config } = options;
  const port = bridge.addPort(
    {
      ...{ ofpPort, name, hwAddr: new Uint8Array(6), config: portConfig ?? 0, state: 0 },
      ...{ curr: 0, advertised: 0, supported: 0, peer: 0, currSpeed: 0, maxSpeed: 0 },
    },
    { dpPort, isPatch: dpPort === undefined },
  );
  bridge.setBundle({ ...config, name }, [port]);
  return port;
}

export function addRule(
  model: Model,
  actions: readonly OfpAct[],
  options: { table?: number; priority?: number; match?: Match; cookie?: bigint } = {},
): Rule {
  const tableId = options.table ?? 0;
  const rule = new Rule({
    ...{ tableId, actions, priority: options.priority ?? 0x8000 },
    match: options.match ?? emptyMatch(),
    cookie: options.cookie,
  });
  model.tables[tableId].classifier.insert(rule);
  return rule;
}
