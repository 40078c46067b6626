// SPDX-License-Identifier: Apache-2.0

import { KEY_BYTES } from "../../pmd/shm/flow-key.js";
import type { UserspaceCookie } from "../odp/actions.js";
import type { PacketInEvent } from "../ofproto/ofproto-types.js";
import { locateFlow } from "../ofproto/translate/index.js";
import type { XBridge, XDatapath } from "../ofproto/xbridge.js";
import { FLOW_BYTES, Flow } from "../openflow/flow.js";

type ControllerCookie = Extract<UserspaceCookie, { kind: "controller" }>;

/** The packet-in for a packet that a `controller` action sent up: the packet's headers with the
 * pipeline metadata that translation froze at the action. Null when the bridge is gone. */
export function packetIn(
  datapath: XDatapath,
  key: Uint8Array,
  packet: Uint8Array,
  cookie: ControllerCookie,
): { bridge: XBridge; packetIn: PacketInEvent } | null {
  const state = datapath.recirc.get(cookie.recircId);
  const located = locateFlow(datapath, key);
  const bridge = state ? datapath.bridges.get(state.bridge) : located?.bridge;
  if (!bridge) return null;
  const flow = located?.flow ?? portless(key);
  if (state) flow.bytes.set(state.metadata.bytes.subarray(KEY_BYTES, FLOW_BYTES), KEY_BYTES);
  return {
    bridge,
    packetIn: {
      packet,
      reason: cookie.reason,
      tableId: state?.tableId ?? 0,
      cookie: cookie.ruleCookie,
      flow,
      maxLen: cookie.maxLen,
      controllerId: cookie.controllerId,
      ...(cookie.continuation && state ? { continuation: state } : {}),
      ...(cookie.userdata ? { userdata: cookie.userdata } : {}),
    },
  };
}

/** A packet that a controller sent came in on no port of the datapath. */
function portless(key: Uint8Array): Flow {
  const flow = new Flow();
  flow.bytes.set(key.subarray(0, KEY_BYTES));
  return flow;
}
