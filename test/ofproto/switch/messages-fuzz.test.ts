// SPDX-License-Identifier: Apache-2.0
/**
 * Whatever bytes come, decoding gives a value or an OfpError. POLLUX_FUZZ_MESSAGES scales how many
 * inputs: 10000000 take some minutes. POLLUX_FUZZ_SEED chooses others.
 */
import { expect, it } from "vitest";
import { parseInstructions } from "../../../src/openflow/actions-text.js";
import { OfpError } from "../../../src/openflow/errors.js";
import { V10, V11, V12, V13, V14, V15 } from "../../../src/openflow/messages/codec.js";
import { decodeMessage, encodeMessage } from "../../../src/openflow/messages/messages.js";
import { FLOW_MOD, SAMPLES } from "./message-samples.js";
import { VERSION_SAMPLES } from "./version-samples.js";

const ROUNDS = Number(process.env.POLLUX_FUZZ_MESSAGES ?? 60_000);
const SEED = Number(process.env.POLLUX_FUZZ_SEED ?? 0x5eed);

/** A small generator with a fixed seed (xorshift32): failures can be repeated. */
function generator(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

const ACTIONS = [
  "strip_vlan,mod_vlan_vid:5,mod_vlan_pcp:2,push_vlan:0x8100,enqueue:1:2,set_queue:3,pop_queue",
  "mod_dl_src:00:01:02:03:04:05,mod_nw_src:1.2.3.4,mod_nw_tos:8,mod_nw_ecn:1,mod_tp_dst:80",
  "load:0x1234->NXM_NX_REG0[0..15],move:NXM_OF_ETH_SRC[]->NXM_NX_XXREG0[0..47],note:00.01.02",
  "resubmit(1,2),resubmit(,3),controller(max_len=100,id=3,reason=invalid_ttl),dec_ttl(1,2,3)",
  "push:NXM_NX_REG0[],pop:NXM_NX_REG1[],output:NXM_NX_REG2[],output(port=1,max_len=100),exit",
  "set_field:10.0.0.1/255.0.0.0->ip_src,set_tunnel:5,clone(output:1,clone(output:2)),dec_ttl",
  "clear_actions,write_actions(output:1,set_queue:2),write_metadata:0x12/0xff,goto_table:5",
];

const FLOWS = ACTIONS.flatMap((text) => {
  const flow = { ...FLOW_MOD, tableId: 1, actions: parseInstructions(text).actions };
  return [
    ...encodeMessage(flow, V10, 1),
    ...encodeMessage({ ...flow, nx: true }, V10, 1),
    ...[V11, V12, V13, V14, V15].flatMap((version) =>
      encodeMessage({ ...flow, flags: 0 }, version, 1),
    ),
  ];
});

const SAMPLED = [...SAMPLES, ...VERSION_SAMPLES].flatMap(({ message, versions }) =>
  versions.flatMap((version) => encodeMessage(message, version, 1)),
);

/** Flow-mods have the most to break: half of the seeds. */
const SEEDS = [...SAMPLED, ...FLOWS, ...FLOWS, ...FLOWS, ...FLOWS, ...FLOWS];
/** A version that is not the seed's reads the same bytes another way. */
const VERSIONS = [V10, V11, V12, V13, V14, V15];

function mutate(seed: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(seed);
  for (let n = random(4); n >= 0; n--) {
    const at = random(bytes.length);
    switch (random(6)) {
      case 0:
        bytes[at] = random(256);
        break;
      case 1:
        bytes[at] = (bytes[at] as number) ^ (1 << random(8));
        break;
      case 2:
        bytes = bytes.slice(0, Math.max(8, at));
        break;
      case 3:
        bytes = Uint8Array.from([...bytes, ...bytes.subarray(at)]);
        break;
      case 4:
        bytes[at] = [0, 0xff, 0x7f, 0x80, 1, 4, 8][random(7)] as number;
        break;
      default:
        bytes = Uint8Array.from([...bytes.subarray(0, at), random(256), ...bytes.subarray(at)]);
    }
  }
  bytes = bytes.subarray(0, 0xffff);
  if (random(8) === 0) bytes[0] = VERSIONS[random(VERSIONS.length)] as number;
  // Most of the time the length is right, so that the bodies are reached.
  if (random(20) > 0) {
    bytes[2] = bytes.length >> 8;
    bytes[3] = bytes.length & 0xff;
  }
  return bytes;
}

it(`decodes ${ROUNDS} broken messages without surprise`, () => {
  const random = generator(SEED);
  let decoded = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = mutate(SEEDS[random(SEEDS.length)] as Uint8Array, random);
    try {
      const { message, version } = decodeMessage(bytes, { flowModTableId: random(2) === 1 });
      decoded++;
      // What was understood can be said again, or is refused in an orderly way.
      encodeMessage(message, Math.min(version, V15), 1);
    } catch (error) {
      if (!(error instanceof OfpError)) {
        throw new Error(`${Buffer.from(bytes).toString("hex")}: ${(error as Error).stack}`);
      }
    }
  }
  expect(decoded).toBeGreaterThan(ROUNDS / 100);
}, 3_600_000);
