// SPDX-License-Identifier: Apache-2.0
/** From the datapath's view of a packet to OpenFlow's, and back for the mask. */
import { KEY_BYTES, VLAN_CFI } from "../../../pmd/shm/flow-key.js";
import { Flow } from "../../openflow/flow.js";
import { OFPP } from "../../openflow/ofp-actions.js";
import type { XPort } from "../ports.js";
import type { XBridge, XDatapath } from "../xbridge.js";
import { AT, inPort, mark, markTci, setInPort, setVlan, vlanCount, vlanTpid } from "./headers.js";

export interface LocatedFlow {
  bridge: XBridge;
  /** Null for a packet of the controller's that was recirculated. */
  port: XPort | null;
  /** Ready to be `XlateInput.flow`. */
  flow: Flow;
}

/** Finds the bridge of a packet with the datapath key `key` (a prefix of KEY_BYTES; the rest is
 * 0), and how OpenFlow sees it. Null when no port of any bridge has its in_port.
 * @param flow is filled, and part of the result. */
export function locateFlow(
  datapath: XDatapath,
  key: Uint8Array,
  flow = new Flow(),
): LocatedFlow | null {
  flow.clear();
  flow.bytes.set(key.length > KEY_BYTES ? key.subarray(0, KEY_BYTES) : key);
  limitVlans(datapath, flow);
  const port = datapath.portsByDpPort.get(flow.view.getUint32(AT.dpInPort));
  if (port) {
    setInPort(flow, port.ofpPort);
    return { bridge: port.bridge, port, flow };
  }
  const state = datapath.recirc.get(flow.view.getUint32(AT.recircId));
  const bridge = state && datapath.bridges.get(state.bridge);
  const from = state ? inPort(state.metadata) : 0;
  if (!bridge || (from !== OFPP.NONE && from !== OFPP.CONTROLLER)) return null;
  setInPort(flow, from);
  return { bridge, port: null, flow };
}

/** With `vlan-limit` 1 OpenFlow does not look beyond the first tag: the second one is payload of
 * type 0x8100 or 0x88a8. */
function limitVlans(datapath: XDatapath, flow: Flow): void {
  if (datapath.vlanLimit >= 2 || vlanCount(flow) < 2) return;
  flow.view.setUint16(AT.ethType, vlanTpid(flow, 1));
  setVlan(flow, 1, 0, 0);
  flow.bytes.fill(0, AT.nwFrag, AT.ctState);
  flow.bytes.fill(0, AT.ipv6Src, AT.ipv6LabelEnd);
}

/** Turns the wildcards of a translation of datapath key `key` into the mask to install, in place.
 * On top of what was looked at, it tells tagged from untagged packets and the kinds of tag apart:
 * what all the other bits mean depends on that. */
export function toDatapathMask(datapath: XDatapath, key: Uint8Array, wc: Flow): void {
  wc.bytes.fill(0, KEY_BYTES);
  mark(wc, AT.dpInPort, 4);
  markTci(wc, 0, VLAN_CFI);
  if (!(key[AT.vlan0] & (VLAN_CFI >> 8))) return;
  mark(wc, AT.vlan0 + 2, 2);
  markTci(wc, 1, VLAN_CFI);
  if (!(key[AT.vlan1] & (VLAN_CFI >> 8))) return;
  mark(wc, AT.vlan1 + 2, 2);
  if (datapath.vlanLimit >= 2) return;
  // The type that OpenFlow saw is that of the second tag; what follows it was not looked at.
  wc.view.setUint16(AT.ethType, 0);
  wc.bytes.fill(0, AT.nwFrag, AT.ctState);
}
