// SPDX-License-Identifier: Apache-2.0
/** Output to a port of the executing bridge. */
import { PORT_CONFIG } from "../ofproto-port.js";
import { NO_DP_PORT, type XPort } from "../ports.js";
import { commitActions } from "./commit.js";
import type { XlateContext } from "./context.js";
import { AT, inPort } from "./headers.js";
import { enterPeer } from "./patch.js";

/** Sends the packet as it is now to `ofpPort`, or says why not. `isTruncated`: by output_trunc. */
export function composeOutput(ctx: XlateContext, ofpPort: number, isTruncated = false): void {
  const port = ctx.bridge.ports.get(ofpPort);
  if (!mayOutput(ctx, port)) return;
  if (port.peer) {
    if (isTruncated) ctx.fail("Cannot truncate output to patch port");
    enterPeer(ctx, port, port.peer);
  } else if (port.dpPort !== NO_DP_PORT) {
    commitActions(ctx);
    ctx.actions.push({ type: "output", port: port.dpPort });
  }
}

function mayOutput(ctx: XlateContext, port: XPort | undefined): port is XPort {
  if (!port) {
    ctx.warn("Nonexistent output port");
    return false;
  }
  if (port.of.config & PORT_CONFIG.NO_FWD) {
    ctx.detail("OFPPC_NO_FWD set, skipping output");
    return false;
  }
  if (port.bundle?.isProtected && ctx.inXPort()?.bundle?.isProtected) {
    ctx.warn("Flow is between protected ports, skipping output.");
    return false;
  }
  // The peer of a patch port is a bridge, which can handle it.
  if (!port.peer && ctx.flow.view.getUint32(AT.packetType) !== 0) {
    ctx.warn("Trying to send non-Ethernet packet through legacy L2 port. Dropping packet.");
    return false;
  }
  return true;
}

/** Sends the packet to every port but the one it came in on; `all` includes those with
 * NO_FLOOD. */
export function floodPorts(ctx: XlateContext, all: boolean): void {
  const from = inPort(ctx.flow);
  for (const port of ctx.bridge.portsInFloodOrder()) {
    if (port.ofpPort === from) continue;
    if (all || !(port.of.config & PORT_CONFIG.NO_FLOOD)) composeOutput(ctx, port.ofpPort);
  }
}
