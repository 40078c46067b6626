// SPDX-License-Identifier: Apache-2.0
/**
 * `ofproto/trace`: how an imaginary packet is handled, told in the layout of the stock daemon.
 */
import { formatOdpActions } from "../odp/format-actions.js";
import type { Flow } from "../openflow/flow.js";
import type { Match } from "../openflow/match.js";
import { DEFAULT_PRIORITY, formatMatch } from "../openflow/match-text.js";
import { OFPP, type OfpAct } from "../openflow/ofp-actions.js";
import {
  bridgeNames,
  datapathNames,
  parseTraceArguments,
  type TraceRequest,
} from "./trace-arguments.js";
import { matchOfPacket } from "./trace-flow.js";
import { parsePacketOutActions, TraceText } from "./trace-text.js";
import { printTrace, type TraceNode } from "./trace-tree.js";
import { AT } from "./translate/headers.js";
import { releaseOutput, translate } from "./translate/index.js";
import { SLOW_REASONS, XLATE_ERROR_TEXT } from "./translate/types.js";
import type { XDatapath } from "./xbridge.js";

/** What became of the packet. Flows and actions are in their text form. */
export interface TraceStory {
  readonly flow: string;
  readonly steps: readonly TraceNode[];
  /** Undefined: the packet is as it was. */
  readonly finalFlow: string | undefined;
  readonly megaflow: string;
  readonly datapathActions: string;
  /** Why translation failed. */
  readonly error: string | undefined;
  /** Why the slow path handles the flow. */
  readonly slow: readonly string[];
}

/** A command's reply, also as text, or the text of its error. */
export type TraceResult = { text: string; story: TraceStory } | { error: string };

/** `ofproto/trace [options] {[dp_name] odp_flow | bridge br_flow} [packet]`. MAC learning is the
 * only side effect, and only when a packet is given or generated. */
export function traceCommand(
  datapaths: readonly XDatapath[],
  argv: readonly string[],
): TraceResult {
  const request = parseTraceArguments(datapaths, argv, false);
  return "error" in request ? request : told(traceFlow(request));
}

/** `ofproto/trace-packet-out [options] {[dp_name] odp_flow | bridge br_flow} [packet] actions`. */
export function tracePacketOutCommand(
  datapaths: readonly XDatapath[],
  argv: readonly string[],
): TraceResult {
  const text = argv[argv.length - 1] ?? "";
  const early = parsePacketOutActions(text, null);
  if ("error" in early) return early;
  const request = parseTraceArguments(datapaths, argv.slice(0, -1), true);
  if ("error" in request) return request;
  const actions = parsePacketOutActions(text, request);
  return "error" in actions ? actions : told(traceFlow(request, actions.actions));
}

/** The whole story of one packet. `actions`: of a packet-out. */
export function traceFlow(request: TraceRequest, actions?: readonly OfpAct[]): TraceStory {
  const { bridge, packet } = request;
  const flow = request.flow.clone();
  flow.view.setUint32(AT.actsetOutput, OFPP.UNSET);
  const tree = new TraceText(request.names);
  const output = translate({
    ...{ bridge, flow, packet, actions, trace: tree },
    tcpFlags: 0,
    mayLearn: packet !== null,
    wantEffects: false,
  });
  const ports = request.names ? bridgeNames(bridge) : undefined;
  const show = (match: Match): string => formatMatch(match, DEFAULT_PRIORITY, ports);
  const final = output.finalFlow ?? flow;
  const names = request.names ? datapathNames(bridge.datapath) : null;
  const { error, slow } = output;
  const story = {
    flow: show(matchOfPacket(flow)),
    steps: tree.roots,
    finalFlow: final.equals(flow) ? undefined : show(matchOfPacket(final)),
    megaflow: show(megaflowOf(flow, output.wc)),
    datapathActions: formatOdpActions(output.actions, { names }),
    error: error ? XLATE_ERROR_TEXT[error] : undefined,
    slow: SLOW_REASONS.filter(({ bit }) => slow & bit).map(({ explanation }) => explanation),
  };
  releaseOutput(bridge.datapath, output);
  return story;
}

function told(story: TraceStory): TraceResult {
  const lines = [
    `Flow: ${story.flow}\n${printTrace(story.steps)}`,
    `Final flow: ${story.finalFlow ?? "unchanged"}`,
    `Megaflow: ${story.megaflow}`,
    `Datapath actions: ${story.datapathActions}`,
  ];
  return { text: lines.join("\n") + ending(story), story };
}

function megaflowOf(flow: Flow, wc: Flow): Match {
  const match = { flow: flow.clone(), mask: wc };
  for (let i = 0; i < wc.words.length; i++) match.flow.words[i] &= wc.words[i];
  return match;
}

/** Why the packet does not simply do that. */
function ending({ error, slow }: TraceStory): string {
  if (error !== undefined) return `\nTranslation failed (${error}), packet is dropped.\n`;
  if (slow.length === 0) return "";
  const list = slow.map((explanation) => `\n  - ${explanation}.`).join("");
  return `\nThis flow is handled by the userspace slow path because it:${list}`;
}
