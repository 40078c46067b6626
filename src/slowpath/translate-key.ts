// SPDX-License-Identifier: Apache-2.0
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import type { OdpAction } from "../odp/actions.js";
import {
  locateFlow,
  SLOW,
  toDatapathMask,
  translate,
  type XlateInput,
  type XlateOutput,
} from "../ofproto/translate/index.js";
import type { XDatapath } from "../ofproto/xbridge.js";
import { Flow } from "../openflow/flow.js";
import { METER_ID } from "../openflow/meter.js";

/** Names of the SLOW bits in dumps. */
const SLOW_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [SLOW.CFM, "cfm"],
  [SLOW.BFD, "bfd"],
  [SLOW.LACP, "lacp"],
  [SLOW.STP, "stp"],
  [SLOW.LLDP, "lldp"],
  [SLOW.ACTION, "action"],
  [SLOW.MATCH, "match"],
];

/** Making a Flow costs as much as translating a packet. */
const flow = new Flow();
const wc = new Flow();

/** Translates the flow of a datapath key. Null when its in_port is no port of any bridge. The
 * `wc` of the output is good until the next call. */
export function translateKey(
  datapath: XDatapath,
  key: Uint8Array,
  options: Pick<XlateInput, "mayLearn"> & { packet?: Uint8Array },
): XlateOutput | null {
  const located = locateFlow(datapath, key, flow);
  if (!located) return null;
  const output = translate({
    bridge: located.bridge,
    flow: located.flow,
    packet: options.packet ?? null,
    tcpFlags: 0,
    mayLearn: options.mayLearn,
    wc,
  });
  toDatapathMask(datapath, key, output.wc);
  return output;
}

/** Outputs to one port, by port. */
const outputs = new Map<number, readonly OdpAction[]>();

/** Most flows have one output: those of a port share it. */
function shared(actions: readonly OdpAction[]): readonly OdpAction[] {
  const first = actions[0];
  if (actions.length !== 1 || first?.type !== "output") return actions;
  const known = outputs.get(first.port);
  if (known) return known;
  outputs.set(first.port, [first]);
  return actions;
}

/** What to install for a translation: its actions or, when packets must be translated one by one,
 * the action that sends them to the control thread. */
export function installedActions(
  datapath: XDatapath,
  output: XlateOutput,
  key: Uint8Array,
): readonly OdpAction[] {
  if (output.slow === 0) return shared(output.actions);
  const reason = SLOW_NAMES.filter(([bit]) => output.slow & bit)
    .map(([, name]) => name)
    .join(",");
  const inPort = new DataView(key.buffer, key.byteOffset).getUint32(KEY_FIELDS.in_port.offset);
  const port = datapath.portsByDpPort.get(inPort);
  const cookie = { kind: "slow_path", reason, ofpInPort: port?.ofpPort ?? 0 } as const;
  const userspace = { type: "userspace", cookie } as const;
  const meter = port?.bridge.of.dpMeter(METER_ID.SLOWPATH);
  if (meter === undefined) return [userspace];
  return [{ type: "clone", actions: [{ type: "meter", id: meter }, userspace], sampled: true }];
}
