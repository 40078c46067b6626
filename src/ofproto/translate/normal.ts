// SPDX-License-Identifier: Apache-2.0
/** The `NORMAL` action: a learning VLAN switch. */
import { VLAN_CFI } from "../../../pmd/shm/flow-key.js";
import { OFPP } from "../../openflow/ofp-actions.js";
import { macAt, macText } from "../mac-learning.js";
import type { Bundle, XPort } from "../ports.js";
import type { XlateContext } from "./context.js";
import {
  AT,
  ETH_TYPE,
  ethType,
  inPort,
  isVlanType,
  mark,
  markTci,
  VLAN_VID_MASK,
  vlanTci,
} from "./headers.js";
import { composeOutput } from "./output.js";
import {
  carries,
  extractVlans,
  inputVlans,
  markCustomerVlan,
  outputVlans,
  putVlans,
  refuseInput,
  type XVlan,
} from "./vlan.js";

/** Group addresses that bridges keep to themselves: IEEE 802.1Q-2018 Table 8-1 (the whole block
 * 01:80:c2:00:00:0x), and those of other vendors' link protocols. */
const RESERVED = new Set([
  ...Array.from({ length: 16 }, (_, i) => 0x0180c2000000 + i),
  0x00e02b000000,
  0x00e02b000004,
  0x00e02b000006,
  0x01000c000000,
  0x01000ccccccc,
  0x01000ccccccd,
  0x01000ccdcdcd,
  ...Array.from({ length: 8 }, (_, i) => 0x01000cccccc0 + i),
]);

const BROADCAST = 0xffffffffffff;

export function executeNormal(ctx: XlateContext): void {
  const { flow, wc } = ctx;
  mark(wc, AT.ethDst, 12);
  markTci(wc, 0, VLAN_VID_MASK | VLAN_CFI);

  const input = inputBundle(ctx);
  if (!input) return;
  const { port, bundle } = input;
  if (isVlanType(ethType(flow)) && !(vlanTci(flow, 0) & VLAN_CFI)) {
    if (ctx.input.packet) {
      ctx.fail(`dropping packet with partial VLAN tag received on port ${bundle?.name}`);
    }
    ctx.warn("partial VLAN tag, dropping");
    return;
  }

  const received = extractVlans(flow);
  const refusal = bundle && refuseInput(bundle, received[0].vid);
  if (refusal) {
    ctx.fail(refusal);
    ctx.warn("disallowed VLAN VID for this input port, dropping");
    return;
  }
  const inside = bundle ? inputVlans(bundle, received) : received;
  const vlan = inside[0].vid;

  const destination = macAt(flow.bytes, AT.ethDst);
  if (port && !ctx.bridge.forwardBpdu && RESERVED.has(destination)) {
    ctx.detail("packet has reserved destination MAC, dropping");
    return;
  }
  markGratuitousArp(ctx, destination);
  if (port) learn(ctx, port, vlan);
  forward(ctx, bundle, inside, destination);
}

/** The port and the bundle that the packet came in on. Packets of the controller itself come from
 * no port and are in no bundle. Undefined: tell, and drop. */
function inputBundle(ctx: XlateContext): { port: XPort | null; bundle: Bundle | null } | undefined {
  const number = inPort(ctx.flow);
  const port = ctx.bridge.ports.get(number);
  if (port?.bundle) return { port, bundle: port.bundle };
  if (number === OFPP.CONTROLLER || number === OFPP.NONE) return { port: null, bundle: null };
  ctx.fail(`received packet on unknown port ${number}`);
  ctx.warn("no input bundle, dropping");
  return undefined;
}

/** Gratuitous ARP is told apart, for the sake of bonds, in all bundles alike. */
function markGratuitousArp(ctx: XlateContext, destination: number): void {
  const { flow, wc } = ctx;
  if (ethType(flow) !== ETH_TYPE.ARP || destination !== BROADCAST) return;
  mark(wc, AT.nwProto, 1);
  const isRequest = flow.bytes[AT.nwProto] === 1;
  if (isRequest) mark(wc, AT.nwSrc, 8);
}

function learn(ctx: XlateContext, port: XPort, vlan: number): void {
  const { bridge } = ctx;
  const mac = macAt(ctx.flow.bytes, AT.ethSrc);
  if (ctx.input.mayLearn && bridge.macLearning.learn(vlan, mac, port)) {
    ctx.detail(`learned that ${macText(mac)} is on port ${port.bundle?.name} in VLAN ${vlan}`);
  }
  ctx.effect(bridge.macLearning.effectOf(vlan, mac, port));
}

function forward(ctx: XlateContext, from: Bundle | null, inside: XVlan, destination: number): void {
  const entry = ctx.bridge.macLearning.lookup(inside[0].vid, destination);
  if (!entry) {
    ctx.detail("no learned MAC for destination, flooding");
    for (const bundle of ctx.bridge.bundles.values()) {
      if (bundle !== from && carries(bundle, inside) && bundle.isFloodable()) {
        outputTo(ctx, bundle, inside);
      }
    }
  } else if (entry.bundle === from) {
    ctx.detail("learned port is input port, dropping");
  } else {
    ctx.detail("forwarding to learned port");
    outputTo(ctx, entry.bundle, inside);
  }
}

/** Sends the packet out of `bundle` with the tags it has there; `ctx.flow` keeps its own. */
function outputTo(ctx: XlateContext, bundle: Bundle, inside: XVlan): void {
  const { flow, wc } = ctx;
  markCustomerVlan(wc, bundle);
  const port = bundle.ports[0];
  if (!port) return;
  const outer = flow.view.getUint32(AT.vlan0);
  const inner = flow.view.getUint32(AT.vlan1);
  putVlans(flow, bundle, outputVlans(bundle, inside));
  composeOutput(ctx, port.ofpPort);
  flow.view.setUint32(AT.vlan0, outer);
  flow.view.setUint32(AT.vlan1, inner);
}
