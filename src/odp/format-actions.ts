// SPDX-License-Identifier: Apache-2.0
/** Datapath actions as text, as `dpctl/dump-flows` and `ofproto/trace` print them. */
import { KEY_BYTES } from "../../pmd/shm/flow-key.js";
import { type OdpAction, SET_HEADERS, type UserspaceCookie } from "./actions.js";
import { formatLabelEntry, formatNsh } from "./format-encap.js";
import { formatParts, tciText } from "./format-key.js";
import { hex, hex4, hexBytes, macText, type PortNames } from "./text.js";

/** `set(ipv4(ttl=63)),2`; no actions are `drop`. With `names` ports are printed by name. */
export function formatOdpActions(
  actions: readonly OdpAction[],
  options: { names?: PortNames | null } = {},
): string {
  if (actions.length === 0) return "drop";
  return actions.map((action) => formatAction(action, options.names ?? null)).join(",");
}

function formatAction(action: OdpAction, names: PortNames | null): string {
  switch (action.type) {
    case "output":
      return names?.nameOf(action.port) ?? String(action.port);
    case "userspace":
      return `userspace(pid=0,${formatCookie(action.cookie)})`;
    case "recirc":
      return `recirc(${hex(action.id)})`;
    case "hash":
      return `hash(${action.alg}(${action.basis}))`;
    case "meter":
      return `meter(${action.id})`;
    case "trunc":
      return `trunc(${action.maxLen})`;
    case "push_vlan": {
      const tpid = action.tpid === 0x8100 ? "" : `tpid=${hex4(action.tpid)},`;
      return `push_vlan(${tpid}${tciText(action.tci, 0xffff, false)})`;
    }
    case "pop_vlan":
      return "pop_vlan";
    case "push_mpls":
    case "add_mpls": {
      const type = action.ethertype.toString(16);
      return `${action.type}(${formatLabelEntry(action.entry)},eth_type=0x${type})`;
    }
    case "pop_mpls":
      return `pop_mpls(eth_type=0x${action.ethertype.toString(16)})`;
    case "push_eth":
      return `push_eth(src=${macText(action.src, 0)},dst=${macText(action.dst, 0)})`;
    case "pop_eth":
      return "pop_eth";
    case "push_nsh":
      return formatPushNsh(action.header);
    case "pop_nsh":
      return "pop_nsh()";
    case "clone": {
      const inner = formatOdpActions(action.actions, { names });
      return action.sampled ? `sample(sample=100.0%,actions(${inner}))` : `clone(${inner})`;
    }
    case "check_pkt_len": {
      const greater = formatOdpActions(action.greater, { names });
      const lessEqual = formatOdpActions(action.lessEqual, { names });
      return `check_pkt_len(size=${action.length},gt(${greater}),le(${lessEqual}))`;
    }
    case "ct":
      return formatCt(action);
    case "ct_clear":
      return "ct_clear";
    case "set":
      return `set(${formatSet(action)})`;
    case "drop":
      return "drop";
  }
}

function formatCt(action: Extract<OdpAction, { type: "ct" }>): string {
  const { mark, label } = action;
  const parts: string[] = [];
  if (action.commit) parts.push(action.force ? "force_commit" : "commit");
  if (action.zone) parts.push(`zone=${action.zone}`);
  if (mark) parts.push(`mark=${hex(mark.value)}/${hex(mark.mask)}`);
  if (label) parts.push(`label=${hexBytes(label.value)}/${hexBytes(label.mask)}`);
  if (action.helper) parts.push(`helper=${action.helper}`);
  if (action.nat) parts.push(action.nat);
  return parts.length === 0 ? "ct" : `ct(${parts.join(",")})`;
}

/** NSH's base header and its context headers (RFC 8300 §2.2, §2.4). */
function formatPushNsh(header: Uint8Array): string {
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const first = view.getUint16(0);
  const path = view.getUint32(4);
  const mdType = header[2] & 15;
  const parts = [
    `flags=${(first >> 12) & 3}`,
    `ttl=${(first >> 6) & 63}`,
    `mdtype=${mdType}`,
    `np=${header[3]}`,
    `spi=0x${(path >>> 8).toString(16)}`,
    `si=${path & 0xff}`,
  ];
  for (let i = 0; mdType === 1 && i < 4; i++) {
    parts.push(`c${i + 1}=0x${view.getUint32(8 + 4 * i).toString(16)}`);
  }
  if (mdType === 2) parts.push(`md2=${hexBytes(header.subarray(8))}`);
  return `push_nsh(${parts.join(",")})`;
}

function formatSet({ header, value, mask }: Extract<OdpAction, { type: "set" }>): string {
  if (header === "skb_mark" || header === "skb_priority") {
    const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    const bits = view(mask);
    return `${header}(${hex(view(value))}${bits === 0xffffffff ? "" : `/${hex(bits)}`})`;
  }
  if (header === "mpls") {
    return `mpls(${formatLabelEntry(new DataView(value.buffer, value.byteOffset).getUint32(0))})`;
  }
  const { keyOffset } = SET_HEADERS[header];
  const key = new Uint8Array(KEY_BYTES);
  const bits = new Uint8Array(KEY_BYTES);
  key.set(value, keyOffset);
  bits.set(mask, keyOffset);
  if (header === "nsh") return `nsh(${formatNsh(key, bits)})`;
  return formatParts(header, key, bits, false);
}

function formatCookie(cookie: UserspaceCookie): string {
  if (cookie.kind === "slow_path") return `slow_path(${cookie.reason})`;
  const parts = [
    `reason=${cookie.reason}`,
    `dont_send=${Number(cookie.dontSend)}`,
    `continuation=${Number(cookie.continuation)}`,
    `recirc_id=${cookie.recircId}`,
    `rule_cookie=${cookie.ruleCookie === 0n ? "0" : `0x${cookie.ruleCookie.toString(16)}`}`,
    `controller_id=${cookie.controllerId}`,
    `max_len=${cookie.maxLen}`,
  ];
  return `controller(${parts.join(",")})`;
}
