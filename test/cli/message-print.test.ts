// SPDX-License-Identifier: Apache-2.0
/** Messages in text: ours beside `ovs-ofctl ofp-print`, for every kind that a switch sends. */
import { describe, expect, it } from "vitest";
import { ofctlMain } from "../../src/cli/ofctl/main.js";
import { field, matchField } from "../../src/openflow/fields.js";
import { emptyMatch } from "../../src/openflow/match.js";
import { encodeMessage, type OfMessage } from "../../src/openflow/messages/messages.js";
import { installed, run } from "../harness/processes.js";
import { capture } from "./capture.js";

function portMatch(port: number) {
  const match = emptyMatch();
  matchField(match, field("in_port_oxm"), port);
  return match;
}

const hex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replace(/\s/g, ""), "hex"));

const TCP = hex(`
  aabbccddee01 aabbccddee02 0800
  4500002800010000400600000a0000010a000002
  0050005100000001000000005002000012340000`);
const TAGGED_UDP = hex(`
  aabbccddee01 aabbccddee02 8100 6005 0800
  4508001c0001000040110000 0a000001 0a000002 1111 2222 0008 abcd`);
const ARP = hex(`
  ffffffffffff aabbccddee02 0806 0001 0800 06 04 0001
  aabbccddee02 0a000001 000000000000 0a000002`);
const ICMP6 = hex(`
  aabbccddee01 aabbccddee02 86dd 60000000 0020 3a ff
  fe800000000000000000000000000001 fe800000000000000000000000000002
  8700 1234 00000000 fe800000000000000000000000000002 0101aabbccddee02`);
const ICMP = hex(`
  aabbccddee01 aabbccddee02 0800
  4500001c000100004001f7ff 0a000001 0a000002 0800 f7fe 0001 0000`);
const FRAGMENT = hex(`
  aabbccddee01 aabbccddee02 0800
  4500001c00010010401100000a0000010a000002 1111222200080000`);

const PACKETS: Readonly<Record<string, Uint8Array>> = {
  tcp: TCP,
  "tagged udp": TAGGED_UDP,
  arp: ARP,
  "neighbour solicitation": ICMP6,
  icmp: ICMP,
  "later fragment": FRAGMENT,
  short: hex("aabbccddee01 aabbccddee02 0800"),
  "cut tcp": TCP.subarray(0, 40),
};

const PORT = {
  ofpPort: 3,
  name: "eth3",
  hwAddr: hex("aabbccddee03"),
  config: 0x61,
  state: 5,
  curr: 0x2820,
  advertised: 0x3f,
  supported: 0x2a3f,
  peer: 0,
  currSpeed: 1_000_000,
  maxSpeed: 10_000_000,
};

const FLOW_REMOVED = {
  type: "flow_removed",
  match: portMatch(1),
  cookie: 5n,
  priority: 7,
  reason: 0,
  tableId: 3,
  durationMs: 1500,
  idleTimeout: 10,
  hardTimeout: 0,
  packets: 4,
  bytes: 400,
} as const;

const PACKET_IN = {
  bufferId: 0xffffffff,
  reason: 1,
  tableId: 2,
  cookie: 9n,
  metadata: portMatch(2),
} as const;

function packetIns(): [string, OfMessage][] {
  return Object.entries(PACKETS).flatMap(([name, data]) => {
    const base = { ...PACKET_IN, data, totalLength: data.length };
    return [
      [`packet-in, ${name}`, { type: "packet_in", inPort: 2, ...base }],
      [`NXT_PACKET_IN, ${name}`, { type: "nx_packet_in", ...base }],
      [`NXT_PACKET_IN2, ${name}`, { type: "nx_packet_in2", ...base }],
    ] satisfies [string, OfMessage][];
  });
}

const MESSAGES: readonly (readonly [string, OfMessage])[] = [
  ["hello", { type: "hello", versions: [1, 4] }],
  ["echo request", { type: "echo_request", data: hex("010203") }],
  ["echo request, half a row", { type: "echo_request", data: hex("0102030405060708") }],
  ["echo request, a row", { type: "echo_request", data: PACKETS.arp!.subarray(0, 17) }],
  ["echo reply", { type: "echo_reply", data: hex("") }],
  ["error", { type: "error", code: "OFPBRC_BAD_TYPE", data: hex("0105000800000007") }],
  ["error with text", { type: "error", code: "OFPHFC_INCOMPATIBLE", data: hex("616263") }],
  [
    "error with a cut request",
    { type: "error", code: "OFPFMFC_OVERLAP", data: hex("010e004800000007 0038") },
  ],
  ["features request", { type: "features_request" }],
  ["barrier", { type: "barrier_reply" }],
  ["config", { type: "get_config_reply", flags: 3, missSendLen: 128 }],
  ["set config", { type: "set_config", flags: 0, missSendLen: 65535 }],
  ["port status", { type: "port_status", reason: 0, port: PORT }],
  ["port deleted", { type: "port_status", reason: 1, port: { ...PORT, state: 0, config: 0 } }],
  ["port description", { type: "port_desc_reply", ports: [PORT] }],
  [
    "port mod",
    { type: "port_mod", port: 3, hwAddr: PORT.hwAddr, config: 0x20, mask: 0x60, advertise: 0 },
  ],
  ["flow removed", FLOW_REMOVED],
  ["flow removed, hard", { ...FLOW_REMOVED, reason: 1, cookie: 0n, tableId: 0 }],
  ["flow removed, NXT", { ...FLOW_REMOVED, nx: true, reason: 2 }],
  ...packetIns(),
  ["packet-in, cut", { type: "packet_in", inPort: 2, ...PACKET_IN, data: TCP, totalLength: 100 }],
  [
    "packet-out",
    {
      type: "packet_out",
      bufferId: 0xffffffff,
      inPort: 1,
      actions: [{ type: "output", port: 2, maxLen: 0 }],
      data: TCP,
    },
  ],
  [
    "packet-out, buffered",
    { type: "packet_out", bufferId: 7, inPort: 0xffffffff, actions: [], data: hex("") },
  ],
  ["role", { type: "role_request", role: 2, generationId: 5n }],
  ["port stats request", { type: "port_stats_request", port: 0xffffffff }],
  ["port stats request, one", { type: "port_stats_request", port: 5 }],
  ["queue stats request", { type: "queue_stats_request", port: 0xffffffff, queueId: 0xffffffff }],
  ["desc request", { type: "desc_request" }],
  ["table stats request", { type: "table_stats_request" }],
  ["flow format", { type: "set_flow_format", format: 2 }],
  ["flow mod table id", { type: "flow_mod_table_id", enable: true }],
  ["packet-in format", { type: "set_packet_in_format", format: 1 }],
  ["controller id", { type: "set_controller_id", controllerId: 3 }],
];

describe.skipIf(!installed("ovs-ofctl"))("messages beside ofp-print", () => {
  const cases = MESSAGES.flatMap(([name, message]) =>
    [1, 4].flatMap((version) => {
      try {
        return encodeMessage(message, version, 7).map((bytes) => ({ name, version, bytes }));
      } catch {
        // Not every message exists in every version.
        return [];
      }
    }),
  );

  it.each(cases)("$name, version $version", async ({ bytes }) => {
    const text = Buffer.from(bytes).toString("hex");
    for (const verbosity of ["0", "1", "2", "3"]) {
      const args = ["ofp-print", text, verbosity];
      const mine = await capture(ofctlMain, "ovs-ofctl", args);
      const theirs = await run("ovs-ofctl", args);
      expect(mine.stdout).toBe(theirs.stdout);
    }
  });
});
