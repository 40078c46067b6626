// SPDX-License-Identifier: Apache-2.0

import { KEY_BYTES } from "../../pmd/shm/flow-key.js";
import type { UserspaceCookie } from "../odp/actions.js";
import type { PacketInEvent } from "../ofproto/ofproto-types.js";
import { locateFlow } from "../ofproto/translate/index.js";
import type { XBridge, XDatapath } from "../ofproto/xbridge.js";
import { FLOW_BYTES, type Flow } from "../openflow/flow.js";

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
  if (!bridge || !located) return null;
  const flow: Flow = located.flow;
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
