// SPDX-License-Identifier: Apache-2.0
/** Executes a list of OpenFlow actions. Adding an action: a handler, and a line in HANDLERS. */
import { OFPP, type OfpAct, type OfpActType } from "../../openflow/ofp-actions.js";
import { PACKET_IN_REASON } from "../ofproto-types.js";
import type { FrozenAct } from "../recirc.js";
import { clearActions, describeActionSet, writeActions } from "./action-set.js";
import { executeCloned } from "./clone.js";
import { executeCt, executeCtClear } from "./conntrack.js";
import type { XlateContext } from "./context.js";
import { decrementTtl, sendToController } from "./controller.js";
import { describeActions } from "./describe.js";
import { decrementNshTtl, executeDecap, executeEncap } from "./encap.js";
import { freezeActions, triggerFreeze } from "./freeze.js";
import { executeGroup } from "./group.js";
import { AT, inPort } from "./headers.js";
import { executeFinTimeout, executeLearn } from "./learn.js";
import { executeBundle, executeMultipath } from "./link.js";
import {
  decrementMplsTtl,
  executePopMpls,
  executePushMpls,
  needsReparsing,
  setLabelBits,
} from "./mpls.js";
import { executeNormal } from "./normal.js";
import { composeOutput, floodPorts } from "./output.js";
import { checkPacketLength } from "./packet-length.js";
import { enqueue, outputRegister, outputTruncated, popQueue, setQueue } from "./queue.js";
import { moveField, popField, pushField, setField } from "./set-field.js";
import {
  PCP_BITS,
  pushVlan,
  setEthernet,
  setIpByte,
  setIpv4,
  setPort,
  setTci,
  stripVlan,
  VID_BITS,
} from "./set-headers.js";
import { executeTable } from "./table.js";
import { SLOW } from "./types.js";

/** A result of false leaves the rest of the list: the pipeline goes on after it. */
type Handler<T extends OfpActType> = (
  ctx: XlateContext,
  act: Extract<OfpAct, { type: T }>,
  /** The list that it is in, and where the next one is. */
  list: readonly FrozenAct[],
  next: number,
) => unknown;

const HANDLERS: { [T in OfpActType]: Handler<T> } = {
  output: (ctx, act) => output(ctx, act.port, act.maxLen, true),
  controller: (ctx, act) => (act.pause ? pause(ctx, act) : sendToController(ctx, act)),
  output_reg: outputRegister,
  output_trunc: outputTruncated,
  enqueue,
  set_queue: (ctx, act) => setQueue(ctx, act.queue),
  pop_queue: popQueue,
  set_vlan_vid: (ctx, act) => setTci(ctx, act.vid, VID_BITS, act.pushIfNeeded),
  set_vlan_pcp: (ctx, act) => setTci(ctx, act.pcp << 13, PCP_BITS, act.pushIfNeeded),
  strip_vlan: stripVlan,
  push_vlan: (ctx, act) => pushVlan(ctx, act.ethertype),
  set_eth_src: (ctx, act) => setEthernet(ctx, AT.ethSrc, act.mac),
  set_eth_dst: (ctx, act) => setEthernet(ctx, AT.ethDst, act.mac),
  set_ipv4_src: (ctx, act) => setIpv4(ctx, AT.nwSrc, act.ip),
  set_ipv4_dst: (ctx, act) => setIpv4(ctx, AT.nwDst, act.ip),
  set_ip_dscp: (ctx, act) => setIpByte(ctx, AT.nwTos, act.dscp, 0xfc),
  set_ip_ecn: (ctx, act) => setIpByte(ctx, AT.nwTos, act.ecn, 0x03),
  set_ip_ttl: (ctx, act) => setIpByte(ctx, AT.nwTtl, act.ttl, 0xff),
  set_l4_src_port: (ctx, act) => setPort(ctx, AT.tpSrc, act.port),
  set_l4_dst_port: (ctx, act) => setPort(ctx, AT.tpDst, act.port),
  set_field: setField,
  reg_move: (ctx, act) => moveField(ctx, act.src, act.dst),
  stack_push: (ctx, act) => pushField(ctx, act.src),
  stack_pop: (ctx, act) => popField(ctx, act.dst),
  dec_ttl: (ctx, act) => decrementTtl(ctx, act.controllerIds),
  resubmit,
  set_tunnel: (ctx, act) => ctx.flow.view.setBigUint64(AT.tunId, act.id),
  note: () => {},
  learn: executeLearn,
  fin_timeout: executeFinTimeout,
  // Reached by a packet-out only: a lookup does not find clauses.
  conjunction: (ctx) => ctx.fail("executing no-op conjunction action"),
  exit: (ctx) => {
    ctx.exit = true;
  },
  group: executeGroup,
  clone: (ctx, act) => executeCloned(ctx, act.actions),
  push_mpls: executePushMpls,
  pop_mpls: executePopMpls,
  set_mpls_label: (ctx, act) => setLabelBits(ctx, act.label << 12, 0xfffff000),
  set_mpls_tc: (ctx, act) => setLabelBits(ctx, act.tc << 9, 0xe00),
  set_mpls_ttl: (ctx, act) => setLabelBits(ctx, act.ttl, 0xff),
  dec_mpls_ttl: decrementMplsTtl,
  multipath: executeMultipath,
  bundle: executeBundle,
  // Samples go to IPFIX collectors, of which there are none.
  sample: () => {},
  check_pkt_larger: (ctx, act, list, next) => {
    checkPacketLength(ctx, act, list.slice(next));
    return false;
  },
  // Tunnel options come with tunnels.
  delete_field: (ctx, act) => ctx.detail(`delete ${act.field.name}`),
  encap: executeEncap,
  decap: executeDecap,
  dec_nsh_ttl: decrementNshTtl,
  ct: executeCt,
  ct_clear: executeCtClear,
  nat: (ctx, act) => {
    ctx.natAction = act;
  },
  debug_recirc: triggerFreeze,
  debug_slow: (ctx) => {
    ctx.slow |= SLOW.ACTION;
  },
  meter: (ctx, act) => {
    const id = ctx.bridge.of.dpMeter(act.meter);
    if (id !== undefined) ctx.actions.push({ type: "meter", id });
  },
  clear_actions: clearActions,
  write_actions: (ctx, act) => {
    writeActions(ctx, act.actions);
    describeActionSet(ctx, "is");
  },
  write_metadata: (ctx, act) => {
    const old = ctx.flow.view.getBigUint64(AT.metadata);
    const kept = BigInt.asUintN(64, old & ~act.mask);
    ctx.flow.view.setBigUint64(AT.metadata, kept | (act.metadata & act.mask));
  },
  goto_table: (ctx, act) =>
    executeTable(ctx, {
      inPort: inPort(ctx.flow),
      table: act.table,
      mayPacketIn: true,
      honorMiss: true,
      execute: executeActions,
    }),
};

/** Executes `actions` in order; an empty list is a drop. */
export function executeActions(ctx: XlateContext, actions: readonly FrozenAct[]): void {
  if (actions.length === 0) ctx.trace?.add("action", "drop");
  const { last } = ctx;
  for (let i = 0; i < actions.length; i++) {
    if (ctx.error) break;
    const act = actions[i];
    if (!ctx.exit && ctx.wasMpls && needsReparsing(act)) triggerFreeze(ctx);
    if (ctx.exit) {
      if (ctx.freezing) freezeActions(ctx, actions.slice(i));
      break;
    }
    ctx.last = last && i === actions.length - 1 && ctx.actionSet.length === 0;
    if (act.type === "unroll") {
      unroll(ctx, act);
      continue;
    }
    if (ctx.trace) ctx.trace.add("action", describeActions(ctx, [act]));
    const handler = HANDLERS[act.type] as Handler<OfpActType>;
    if (handler(ctx, act, actions, i + 1) === false) break;
  }
  ctx.last = last;
}

/** What the port of an `output` action stands for. */
export function output(
  ctx: XlateContext,
  port: number,
  maxLen: number,
  mayPacketIn: boolean,
  isTruncated = false,
): void {
  switch (port) {
    case OFPP.IN_PORT:
      composeOutput(ctx, inPort(ctx.flow), isTruncated);
      break;
    case OFPP.TABLE:
      executeTable(ctx, {
        inPort: inPort(ctx.flow),
        table: 0,
        mayPacketIn,
        honorMiss: true,
        execute: executeActions,
      });
      break;
    case OFPP.NORMAL:
      executeNormal(ctx);
      break;
    case OFPP.FLOOD:
    case OFPP.ALL:
      floodPorts(ctx, port === OFPP.ALL);
      break;
    case OFPP.CONTROLLER:
      sendToController(ctx, { type: "controller", maxLen, controllerId: 0, reason: reason(ctx) });
      break;
    case OFPP.NONE:
      break;
    default:
      if (port !== inPort(ctx.flow)) composeOutput(ctx, port, isTruncated);
      else ctx.warn("skipping output to input port");
  }
}

/** Traces of packet-outs tell the story of the actions alone. */
function reason(ctx: XlateContext): number {
  if (ctx.input.actions && !ctx.trace) return PACKET_IN_REASON.PACKET_OUT;
  if (ctx.inBucket) return PACKET_IN_REASON.GROUP;
  return ctx.inActionSet ? PACKET_IN_REASON.ACTION_SET : PACKET_IN_REASON.ACTION;
}

function pause(ctx: XlateContext, act: Extract<OfpAct, { type: "controller" }>): void {
  ctx.pause = act;
  triggerFreeze(ctx);
}

function resubmit(ctx: XlateContext, act: Extract<OfpAct, { type: "resubmit" }>): void {
  executeTable(ctx, {
    inPort: act.port === OFPP.IN_PORT ? inPort(ctx.flow) : act.port,
    table: act.table === 255 ? ctx.tableId : act.table,
    mayPacketIn: false,
    honorMiss: false,
    execute: executeActions,
  });
}

function unroll(ctx: XlateContext, act: Extract<FrozenAct, { type: "unroll" }>): void {
  ctx.tableId = act.tableId;
  ctx.ruleCookie = act.ruleCookie;
  const cookie = act.ruleCookie.toString(16);
  ctx.trace?.add("thaw", `restored state: table=${act.tableId}, cookie=0x${cookie}`);
}
