// SPDX-License-Identifier: Apache-2.0
/** Patch ports: the packet goes on in the next bridge, within the same translation. */
import { FLOW_FIELDS } from "../../openflow/flow.js";
import { OFPP } from "../../openflow/ofp-actions.js";
import type { XPort } from "../ports.js";
import { executeActionSet } from "./action-set.js";
import { executeCloned } from "./clone.js";
import { clearConntrack } from "./conntrack.js";
import type { XlateContext } from "./context.js";
import { finishFreezing } from "./freeze.js";
import { AT, setInPort } from "./headers.js";
import { mayReceive } from "./receive.js";
import { executeTable } from "./table.js";

/** Runs the packet through the tables of `to.bridge`, as if it had come in on `to`. What the
 * other bridge does to the packet or to the translation does not come back. */
export function enterPeer(ctx: XlateContext, from: XPort, to: XPort): void {
  const saved = ctx.saveFlow();
  const { bridge, stack, actionSet, actionSetHasGroup, wasMpls, conntracked } = ctx;
  ctx.stack = [];
  ctx.actionSet = [];
  ctx.actionSetHasGroup = false;
  setInPort(ctx.flow, to.ofpPort);
  clearPipelineFields(ctx);
  ctx.trace?.open("bridge", `bridge("${to.bridge.name}")`);
  ctx.bridge = to.bridge;

  if (mayReceive(ctx, to)) {
    executeTable(ctx, {
      inPort: to.ofpPort,
      table: 0,
      mayPacketIn: true,
      honorMiss: true,
      execute: executeCloned,
    });
    if (!ctx.freezing) executeActionSet(ctx);
    if (ctx.freezing) finishFreezing(ctx);
  }

  ctx.trace?.close();
  ctx.restoreFlow(saved);
  ctx.bridge = bridge;
  ctx.stack = stack;
  ctx.actionSet = actionSet;
  ctx.actionSetHasGroup = actionSetHasGroup;
  ctx.wasMpls = wasMpls;
  ctx.conntracked = conntracked;
  ctx.exit = false;
  ctx.error = null;
  ctx.effect({ type: "patch", from, to });
}

/** Registers, metadata, the tunnel and connection state belong to one bridge. */
function clearPipelineFields(ctx: XlateContext): void {
  const { flow } = ctx;
  ctx.conntracked = false;
  const { metadata, regs } = FLOW_FIELDS;
  flow.bytes.fill(0, metadata.offset, metadata.offset + metadata.bytes);
  flow.bytes.fill(0, regs.offset, regs.offset + regs.bytes);
  flow.bytes.fill(0, AT.tunId, AT.tunnelEnd);
  clearConntrack(flow);
  flow.view.setUint32(AT.actsetOutput, OFPP.UNSET);
}
