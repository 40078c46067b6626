// SPDX-License-Identifier: Apache-2.0
/** What `vlog/set dpif_netdev:dbg` shows of misses and of flows, in the stock daemon's layout. */
import type { Upcall } from "../dpif/dpif.js";
import { vlog } from "../lib/log.js";
import type { OdpAction } from "../odp/actions.js";
import { formatOdpActions } from "../odp/format-actions.js";
import { formatFlowKey } from "../odp/format-key.js";
import type { XDatapath } from "../ofproto/xbridge.js";
import type { Flow } from "../openflow/flow.js";
import { type Megaflow, megaflowUfid } from "./megaflow.js";

const log = vlog("dpif_netdev");

/** Asked before anything else is done for the log. */
export function isDebugging(): boolean {
  return log.enabled("dbg");
}

export function logMiss({ name, vlanLimit }: XDatapath, upcall: Upcall): void {
  const key = formatFlowKey(upcall.key, null, { verbose: true, vlanLimit });
  log.dbg(`${name}: miss upcall:\n${key}`);
}

export function logInstalled(
  { vlanLimit }: XDatapath,
  upcall: Upcall,
  wc: Flow,
  flow: Megaflow,
  actions: readonly OdpAction[],
): void {
  const key = formatFlowKey(upcall.key, wc.bytes, { vlanLimit });
  const ufid = megaflowUfid(flow);
  const program = formatOdpActions(actions, { names: null });
  log.dbg(`flow_add: ufid:${ufid} mega_ufid:${ufid} ${key}, actions:${program}`);
}
