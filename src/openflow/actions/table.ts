// SPDX-License-Identifier: Apache-2.0
/** Every action and instruction, one per line. */
import type { OfpActType } from "../ofp-actions.js";
import { bundle } from "./bundle.js";
import { checkPktLarger } from "./check-pkt-larger.js";
import type { ActionCodec, WireForm } from "./codec.js";
import { conjunction } from "./conjunction.js";
import { controller } from "./controller.js";
import { ct, ctClear } from "./ct.js";
import { debugRecirc, debugSlow } from "./debug.js";
import { decTtl } from "./dec-ttl.js";
import { deleteField } from "./delete-field.js";
import { decap, decNshTtl, encap } from "./encap.js";
import { enqueue } from "./enqueue.js";
import { finTimeout } from "./fin-timeout.js";
import * as header from "./header-fields.js";
import * as instruction from "./instructions.js";
import { learn } from "./learn.js";
import { clone, exit, note, setTunnel } from "./misc.js";
import { move } from "./move.js";
import * as mpls from "./mpls.js";
import { multipath } from "./multipath.js";
import { nat } from "./nat.js";
import { output, outputReg, outputTrunc } from "./output.js";
import { group, popQueue, setQueue } from "./queue.js";
import { resubmit } from "./resubmit.js";
import { sample } from "./sample.js";
import { setField } from "./set-field.js";
import { stackPop, stackPush } from "./stack.js";
import { pushVlan, setVlanPcp, setVlanVid, stripVlan } from "./vlan.js";

const CODECS: Record<OfpActType, ActionCodec> = {
  output,
  group,
  controller,
  enqueue,
  output_reg: outputReg,
  output_trunc: outputTrunc,
  set_field: setField,
  set_vlan_vid: setVlanVid,
  set_vlan_pcp: setVlanPcp,
  strip_vlan: stripVlan,
  push_vlan: pushVlan,
  set_eth_src: header.setEthSrc,
  set_eth_dst: header.setEthDst,
  set_ipv4_src: header.setIpv4Src,
  set_ipv4_dst: header.setIpv4Dst,
  set_ip_dscp: header.setIpDscp,
  set_ip_ecn: header.setIpEcn,
  set_ip_ttl: header.setIpTtl,
  set_l4_src_port: header.setL4SrcPort,
  set_l4_dst_port: header.setL4DstPort,
  reg_move: move,
  stack_push: stackPush,
  stack_pop: stackPop,
  dec_ttl: decTtl,
  set_tunnel: setTunnel,
  set_queue: setQueue,
  pop_queue: popQueue,
  resubmit,
  note,
  learn,
  fin_timeout: finTimeout,
  conjunction,
  exit,
  clone,
  set_mpls_label: mpls.setMplsLabel,
  set_mpls_tc: mpls.setMplsTc,
  set_mpls_ttl: mpls.setMplsTtl,
  dec_mpls_ttl: mpls.decMplsTtl,
  push_mpls: mpls.pushMpls,
  pop_mpls: mpls.popMpls,
  multipath,
  bundle,
  sample,
  check_pkt_larger: checkPktLarger,
  delete_field: deleteField,
  encap,
  decap,
  dec_nsh_ttl: decNshTtl,
  ct,
  nat,
  ct_clear: ctClear,
  debug_recirc: debugRecirc,
  debug_slow: debugSlow,
  meter: instruction.meter,
  clear_actions: instruction.clearActions,
  write_actions: instruction.writeActions,
  write_metadata: instruction.writeMetadata,
  goto_table: instruction.gotoTable,
};

/** The codec of an action. */
export function codecOf(type: OfpActType): ActionCodec {
  return CODECS[type];
}

type Parser = ActionCodec["parse"];
const parsers = new Map<string, Parser>();
const forms = new Map<string, WireForm>();

for (const codec of Object.values(CODECS)) {
  parsers.set(codec.name, codec.parse);
  for (const [name, parse] of Object.entries(codec.aliases ?? {})) parsers.set(name, parse);
  for (const form of codec.wires) {
    for (let v = form.versions[0]; v <= form.versions[1]; v++) {
      forms.set(`${v}:${form.vendor}:${form.type}`, form);
    }
  }
}

/** The reader of an action by its name in text, in any case; undefined when there is none. */
export function parserByName(name: string): Parser | undefined {
  return parsers.get(name.toLowerCase());
}

/** The wire form of an action; `type` is a vendor's subtype if `vendor` is not 0. */
export function formByWire(version: number, vendor: number, type: number): WireForm | undefined {
  return forms.get(`${version}:${vendor}:${type}`);
}
