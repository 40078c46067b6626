// SPDX-License-Identifier: Apache-2.0
/** What a switch drops from a match, as ovs-ofctl foretells it in its log. */
import { execFile } from "node:child_process";
import { describe, expect, it } from "vitest";
import { parseFlow } from "../../src/openflow/flow-text.js";
import { normalizeMatch } from "../../src/openflow/match-normalize.js";
import { formatMatch } from "../../src/openflow/match-text.js";
import { FLOW_COMMAND } from "../../src/openflow/messages/flow-mod.js";

function theirs(match: string): Promise<string | null> {
  return new Promise((resolve) => {
    execFile("ovs-ofctl", ["parse-flow", `${match},actions=1`], (_error, _stdout, stderr) => {
      resolve(/post: (.*)$/m.exec(stderr)?.[1] ?? null);
    });
  });
}

/** Null when nothing is dropped. */
function ours(match: string): string | null {
  const { flow } = parseFlow(`${match},actions=1`, FLOW_COMMAND.ADD);
  return normalizeMatch(flow.match) ? formatMatch(flow.match) : null;
}

describe("normalized matches", () => {
  it.each([
    "tp_src=80",
    "ip,tp_src=80,tp_dst=1",
    "tcp,tp_src=80,nw_src=10.0.0.0/8",
    "nw_src=1.2.3.4",
    "arp,nw_src=1.2.3.4,tp_src=80,nw_tos=4",
    "arp,arp_sha=00:00:00:00:00:01,ipv6_src=::1",
    "nw_proto=6,tcp_src=5",
    "ip,nw_proto=47,tp_src=5,nw_ttl=3",
    "ipv6,nw_src=1.2.3.4,ipv6_dst=::1,ipv6_label=3",
    "icmp6,icmp_type=135,nd_sll=00:00:00:00:00:01,nd_tll=00:00:00:00:00:02,nd_target=::1",
    "icmp6,icmp_type=136,nd_sll=00:00:00:00:00:01,nd_tll=00:00:00:00:00:02,nd_target=::1",
    "icmp6,icmp_type=128,nd_target=::1",
    "mpls,mpls_label=5,nw_src=1.2.3.4",
    "ip,mpls_label=5",
    "dl_vlan=5,nw_tos=8,reg0=1,in_port=3",
    "icmp,tp_src=3,icmp_code=4",
  ])("of %s", async (match) => {
    expect(ours(match)).toBe(await theirs(match));
  });
});
