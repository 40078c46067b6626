// SPDX-License-Identifier: Apache-2.0
/** Datapath actions as text, as `dpctl/dump-flows` and `ofproto/trace` print them. */
import { KEY_BYTES } from "../../pmd/shm/flow-key.js";
import { type OdpAction, SET_HEADERS, type UserspaceCookie } from "./actions.js";
import { formatParts, tciText } from "./format-key.js";
import { hex, hex4, type PortNames } from "./text.js";

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
    case "set":
      return `set(${formatSet(action)})`;
    case "drop":
      return "drop";
  }
}

function formatSet({ header, value, mask }: Extract<OdpAction, { type: "set" }>): string {
  if (header === "skb_mark" || header === "skb_priority") {
    const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    const bits = view(mask);
    return `${header}(${hex(view(value))}${bits === 0xffffffff ? "" : `/${hex(bits)}`})`;
  }
  const { keyOffset } = SET_HEADERS[header];
  const key = new Uint8Array(KEY_BYTES);
  const bits = new Uint8Array(KEY_BYTES);
  key.set(value, keyOffset);
  bits.set(mask, keyOffset);
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
