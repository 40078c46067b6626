// SPDX-License-Identifier: Apache-2.0
/** Installed megaflows as text. */
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import type { Datapath } from "../bridge/datapath.js";
import { formatOdpActions } from "../odp/format-actions.js";
import { formatFlowKey } from "../odp/format-key.js";
import { TCP_FLAG_NAMES } from "../odp/text.js";
import { type Megaflow, megaflowUfid } from "../slowpath/megaflow.js";

export interface FlowDumpOptions {
  /** `-m`: identifier, fields that are not matched, who forwards it. */
  readonly verbose: boolean;
  /** Ports by name. */
  readonly names: boolean;
  /** `-m` of `dpif/dump-flows` has no `dp:` and separates the identifier with a blank. */
  readonly ofDpctl: boolean;
  readonly nowMs: number;
}

/** `[.]` and so on for flags without a name; nothing when no flag was seen. */
function tcpFlagsText(flags: number): string {
  if (flags === 0) return "";
  const letters = TCP_FLAG_NAMES.slice(0, 8)
    .map((name, bit) => (flags & (1 << bit) ? (name === "ack" ? "." : name[0]!.toUpperCase()) : ""))
    .join("");
  return `, flags:${letters}`;
}

/** `packets:1, bytes:60, used:0.100s`. */
function statsText(flow: Readonly<Megaflow>, nowMs: number): string {
  const { packets, bytes, usedMs, tcpFlags } = flow.shown;
  const used = packets > 0 ? `${(Math.max(0, nowMs - usedMs) / 1000).toFixed(3)}s` : "never";
  return `packets:${packets}, bytes:${bytes}, used:${used}${tcpFlagsText(tcpFlags)}`;
}

/** One line, without the line feed. */
export function formatMegaflow(
  flow: Readonly<Megaflow>,
  datapath: Datapath,
  options: FlowDumpOptions,
): string {
  const names = options.names ? datapath.names : null;
  const { vlanLimit } = datapath.xdatapath;
  const { verbose, ofDpctl } = options;
  const key = formatFlowKey(flow.key, flow.mask, { names, verbose, vlanLimit });
  const ufid = verbose ? `ufid:${megaflowUfid(flow)}${ofDpctl ? "," : ""} ` : "";
  const dp = verbose && ofDpctl ? "dp:ovs, " : "";
  const actions = formatOdpActions(flow.actions, { names });
  return `${ufid}${key}, ${statsText(flow, options.nowMs)}, ${dp}actions:${actions}`;
}

/** Datapath port that a flow matches on. */
export function flowInPort({ key }: Readonly<Megaflow>): number {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return view.getUint32(KEY_FIELDS.in_port.offset);
}
