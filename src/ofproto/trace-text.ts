// SPDX-License-Identifier: Apache-2.0
/** What a trace writes of rules and actions, and the actions of a packet-out that it reads. */
import { OperatorError } from "../lib/errors.js";
import { checkActions } from "../openflow/actions-check.js";
import { formatActions, parseActions } from "../openflow/actions-text.js";
import { OfpError } from "../openflow/errors.js";
import { formatField } from "../openflow/field-text.js";
import { getField } from "../openflow/fields.js";
import { Flow } from "../openflow/flow.js";
import type { Match } from "../openflow/match.js";
import { DEFAULT_PRIORITY, formatMatch } from "../openflow/match-text.js";
import type { OfpAct, Subfield } from "../openflow/ofp-actions.js";
import { formatSubfield, readSubfield } from "../openflow/subfield.js";
import { formatPort, type PortNames } from "../openflow/text/ports.js";
import { bridgeNames, type TraceRequest } from "./trace-arguments.js";
import { TraceTree } from "./trace-tree.js";
import type { TraceSink } from "./translate/types.js";
import { INTERNAL_TABLE, type XBridge } from "./xbridge.js";

/** The sink of translation's story, for people who want port names or do not. */
export class TraceText extends TraceTree implements TraceSink {
  constructor(private readonly wantNames: boolean) {
    super();
  }

  actionsText(bridge: XBridge, actions: readonly OfpAct[]): string {
    return formatActions(actions, { ports: this.names(bridge) });
  }

  matchText(bridge: XBridge, match: Match): string {
    return formatMatch(match, DEFAULT_PRIORITY, this.names(bridge));
  }

  subfieldText(subfield: Subfield, flow: Flow): string {
    const { field, start, bits } = subfield;
    const isWhole = start === 0 && bits === field.bits;
    const value = isWhole
      ? formatField(field, getField(flow, field))
      : hex(readSubfield(subfield, flow));
    return `${formatSubfield(subfield)} is now ${value}`;
  }

  portText(ofpPort: number): string {
    return formatPort(ofpPort);
  }

  private names(bridge: XBridge): PortNames | undefined {
    return this.wantNames ? bridgeNames(bridge) : undefined;
  }
}

const hex = (value: bigint): string => (value === 0n ? "0" : `0x${value.toString(16)}`);

const PORTS_MAX = 0xff00;

/** Reads the actions of `ofproto/trace-packet-out` and, once the packet is known (`request`),
 * checks them as those of a packet-out. An error is the stock daemon's text. */
export function parsePacketOutActions(
  text: string,
  request: TraceRequest | null,
): { actions: OfpAct[] } | { error: string } {
  try {
    const { actions } = parseActions(text);
    if (request) checkPacketOut(actions, request);
    return { actions };
  } catch (error) {
    if (error instanceof OfpError) return { error: `Bad actions: ${error.code}` };
    if (error instanceof OperatorError) return { error: error.message };
    throw error;
  }
}

function checkPacketOut(actions: readonly OfpAct[], { flow, consistent }: TraceRequest): void {
  const mask = new Flow();
  mask.words.fill(0xffffffff);
  const options = { maxPorts: PORTS_MAX, tableId: 0, tables: INTERNAL_TABLE + 1 };
  const isConsistent = checkActions(actions, { flow: flow.clone(), mask }, options);
  if (consistent && !isConsistent) throw new OfpError("OFPBAC_MATCH_INCONSISTENT");
}
