// SPDX-License-Identifier: Apache-2.0
/** Flows in text for the model, without the checks of a switch. */
import { Rule } from "../../src/ofproto/rule.js";
import { parseInstructions } from "../../src/openflow/actions-text.js";
import { parseField } from "../../src/openflow/field-text.js";
import { field, fieldByName, matchField } from "../../src/openflow/fields.js";
import { emptyMatch, type Match } from "../../src/openflow/match.js";
import { keyValues } from "../../src/openflow/text/key-value.js";
import type { Model } from "./model.js";

const PROTOCOLS: Record<string, readonly [type: number, proto: number]> = {
  ip: [0x0800, 0],
  icmp: [0x0800, 1],
  tcp: [0x0800, 6],
  udp: [0x0800, 17],
  sctp: [0x0800, 132],
  ipv6: [0x86dd, 0],
  tcp6: [0x86dd, 6],
  udp6: [0x86dd, 17],
  sctp6: [0x86dd, 132],
  icmp6: [0x86dd, 58],
  arp: [0x0806, 0],
  rarp: [0x8035, 0],
};

const PORT_FIELDS: Record<number, string> = { 6: "tcp", 17: "udp", 132: "sctp", 1: "icmp" };

/** Reads a match as `ovs-ofctl` and `ofproto/trace` print it; `table`, `priority` and the like are
 * skipped. */
export function parseMatchText(text: string): Match {
  const match = emptyMatch();
  let proto = 0;
  let isIpv6 = false;
  for (const { key, value } of keyValues(text)) {
    if (/^(table|priority|cookie|recirc_id|eth)$/.test(key)) continue;
    const words = PROTOCOLS[key];
    if (words) {
      matchField(match, field("eth_type"), words[0]);
      if (words[1]) matchField(match, field("nw_proto"), words[1]);
      isIpv6 = words[0] === 0x86dd;
      proto = words[1];
      continue;
    }
    let name = key === "nw_frag" ? "ip_frag" : key;
    if (key.startsWith("tp_")) name = (PORT_FIELDS[proto] ?? "tcp") + key.slice(2);
    if (isIpv6 && key.startsWith("icmp_")) name = `icmpv6${key.slice(4)}`;
    const found = fieldByName(name);
    // The tag behind the first one is not looked at.
    if (!found && key === "vlan_tci1") continue;
    if (!found) throw new Error(`no field ${name}`);
    const parsed = parseField(found, value);
    matchField(match, found, parsed.value, parsed.mask);
  }
  return match;
}

/** Adds a flow, or replaces the one with the same match and priority. */
export function addFlowText(model: Model, text: string): void {
  const at = text.indexOf("actions=");
  const number = (name: string, otherwise: string): string =>
    new RegExp(`(?:^|,)${name}=([^,]*)`).exec(text.slice(0, at))?.[1] ?? otherwise;
  const tableId = Number(number("table", "0"));
  const rule = new Rule({
    tableId,
    priority: Number(number("priority", "32768")),
    cookie: BigInt(number("cookie", "0")),
    match: parseMatchText(text.slice(0, at)),
    actions: parseInstructions(text.slice(at + "actions=".length)).actions,
  });
  model.tables[tableId].classifier.insert(rule);
}
