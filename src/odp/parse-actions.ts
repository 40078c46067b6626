// SPDX-License-Identifier: Apache-2.0
/** Reads datapath actions as `ovs-dpctl(8)` prints them. */
import { KEY_BYTES } from "../../pmd/shm/flow-key.js";
import { type OdpAction, SET_HEADERS, type SetHeader, type UserspaceCookie } from "./actions.js";
import { parseNumber } from "./key-parts.js";
import { attributeEnd, parseParts } from "./parse-key.js";
import type { PortNames } from "./text.js";

/** Parses `set(ipv4(ttl=63)),2`; `drop` is no actions. Null when it is not a list of actions. */
export function parseOdpActions(text: string, names: PortNames | null = null): OdpAction[] | null {
  if (text.trim().toLowerCase() === "drop") return [];
  const actions: OdpAction[] = [];
  let rest = text.replace(/^[\s,]+/, "");
  while (rest !== "") {
    const word = /^[^\s,(]+/.exec(rest)?.[0];
    if (word === undefined) return null;
    const hasArguments = rest[word.length] === "(";
    const end = hasArguments ? attributeEnd(rest) : word.length;
    if (end < 0) return null;
    const args = hasArguments ? rest.slice(word.length + 1, end - 1) : null;
    const action = args === null ? parseWord(word, names) : parseCall(word, args, names);
    if (!action) return null;
    actions.push(action);
    rest = rest.slice(end).replace(/^[\s,]+/, "");
  }
  return actions;
}

function parseWord(word: string, names: PortNames | null): OdpAction | null {
  if (word === "pop_vlan" || word === "pop_eth") return { type: word };
  if (word === "drop") return { type: "drop", reason: "explicit" };
  const named = names?.numberOf(word);
  const port = named ?? numberOf(word);
  return port === null ? null : { type: "output", port };
}

function numberOf(text: string): number | null {
  const bytes = parseNumber(text, 4);
  return bytes && new DataView(bytes.buffer).getUint32(0);
}

function parseCall(name: string, args: string, names: PortNames | null): OdpAction | null {
  switch (name) {
    case "recirc": {
      const id = numberOf(args);
      return id === null ? null : { type: "recirc", id };
    }
    case "meter": {
      const id = numberOf(args);
      return id === null ? null : { type: "meter", id };
    }
    case "trunc": {
      const maxLen = numberOf(args);
      return maxLen === null ? null : { type: "trunc", maxLen };
    }
    case "hash": {
      const match = /^(l4|sym_l4)\((\d+)\)$/.exec(args);
      if (!match) return null;
      return { type: "hash", alg: match[1] as "l4" | "sym_l4", basis: Number(match[2]) };
    }
    case "push_vlan":
      return parsePushVlan(args);
    case "push_mpls":
    case "add_mpls":
      return parsePushMpls(name, args);
    case "pop_mpls": {
      const m = /^eth_type=(0x[0-9a-f]+|\d+)$/.exec(args);
      return m && { type: "pop_mpls", ethertype: Number(m[1]) };
    }
    case "push_eth":
      return parsePushEth(args);
    case "pop_nsh":
      return args === "" ? { type: "pop_nsh" } : null;
    case "clone":
      return parseClone(args, names);
    case "check_pkt_len":
      return parseLength(args, names);
    case "set":
      return parseSet(args);
    case "userspace": {
      const cookie = parseCookie(args);
      return cookie && { type: "userspace", cookie };
    }
    default:
      return null;
  }
}

function parsePushVlan(args: string): OdpAction | null {
  const match = /^(?:tpid=(\w+),)?vid=(\w+),pcp=(\w+)(?:,cfi=([01]))?$/.exec(args);
  if (!match) return null;
  const [tpid, vid, pcp] = [match[1] ?? "0x8100", match[2], match[3]].map(Number);
  if (!(tpid <= 0xffff && vid <= 0xfff && pcp <= 7)) return null;
  const cfi = match[4] === "0" ? 0 : 0x1000;
  return { type: "push_vlan", tpid, tci: vid | (pcp << 13) | cfi };
}

function parseSet(text: string): OdpAction | null {
  const match = /^(\w+)\((.*)\)$/.exec(text);
  if (!match || !Object.hasOwn(SET_HEADERS, match[1])) return null;
  if (match[1] === "mpls") return parseSetMpls(match[2]);
  if (match[1] === "nsh") return null;
  const header = match[1] as SetHeader;
  const { keyOffset, bytes } = SET_HEADERS[header];
  if (header === "skb_mark" || header === "skb_priority") return parseSetWord(header, match[2]);
  const key = new Uint8Array(KEY_BYTES);
  const mask = new Uint8Array(KEY_BYTES);
  if (header === "mpls" || header === "nsh") return null;
  if (!parseParts(header, match[2], { key, mask })) return null;
  const range = (from: Uint8Array) => from.slice(keyOffset, keyOffset + bytes);
  return { type: "set", header, value: range(key), mask: range(mask) };
}

/** `label=…,tc=…,ttl=…,bos=…` as a label stack entry. */
function parseLabelEntry(text: string): number | null {
  const m = /^label=(\d+),tc=(\d+),ttl=(\d+),bos=([01])$/.exec(text);
  if (!m) return null;
  const [label, tc, ttl, bos] = m.slice(1).map(Number);
  return ((label << 12) | (tc << 9) | (bos << 8) | ttl) >>> 0;
}

function parseSetMpls(text: string): OdpAction | null {
  const entry = parseLabelEntry(text);
  const value = entry === null ? null : parseNumber(String(entry), 4);
  return value && { type: "set", header: "mpls", value, mask: new Uint8Array(4).fill(0xff) };
}

function parsePushMpls(type: "push_mpls" | "add_mpls", args: string): OdpAction | null {
  const m = /^(.*),eth_type=(0x[0-9a-f]+|\d+)$/.exec(args);
  const entry = m && parseLabelEntry(m[1]);
  return entry === null ? null : { type, entry, ethertype: Number(m![2]) };
}

function parsePushEth(args: string): OdpAction | null {
  const m = /^src=([0-9a-f:]{17}),dst=([0-9a-f:]{17})$/i.exec(args);
  if (!m) return null;
  const mac = (text: string) => Uint8Array.from(text.split(":"), (b) => Number.parseInt(b, 16));
  return { type: "push_eth", src: mac(m[1]), dst: mac(m[2]) };
}

function parseLength(args: string, names: PortNames | null): OdpAction | null {
  const m = /^size=(\d+),gt\((.*)\),le\((.*)\)$/.exec(args);
  const greater = m && parseOdpActions(m[2], names);
  const lessEqual = m && parseOdpActions(m[3], names);
  if (!m || !greater || !lessEqual) return null;
  return { type: "check_pkt_len", length: Number(m[1]), greater, lessEqual };
}

function parseClone(args: string, names: PortNames | null): OdpAction | null {
  const actions = parseOdpActions(args, names);
  return actions && { type: "clone", actions };
}

function parseSetWord(header: "skb_mark" | "skb_priority", text: string): OdpAction | null {
  const [value, mask] = text.split("/").map((item) => parseNumber(item, 4));
  if (!value || mask === null) return null;
  return { type: "set", header, value, mask: mask ?? new Uint8Array(4).fill(0xff) };
}

function parseCookie(text: string): UserspaceCookie | null {
  const match = /^pid=\d+,(slow_path|controller)\((.*)\)$/.exec(text);
  if (!match) return null;
  if (match[1] === "slow_path") return { kind: "slow_path", reason: match[2], ofpInPort: 0 };
  const fields = new Map(match[2].split(",").map((item) => item.split("=") as [string, string]));
  const number = (name: string): number => Number(fields.get(name) ?? 0);
  return {
    kind: "controller",
    dontSend: number("dont_send") !== 0,
    continuation: number("continuation") !== 0,
    reason: number("reason"),
    recircId: number("recirc_id"),
    ruleCookie: BigInt(fields.get("rule_cookie") ?? 0),
    controllerId: number("controller_id"),
    maxLen: number("max_len"),
  };
}
