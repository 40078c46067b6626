// SPDX-License-Identifier: Apache-2.0
/** How the words of a mask are divided into the stages in which a subtable is searched. */
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import { FLOW_WORDS, type Flow } from "../openflow/flow.js";

/** Stages, in the order in which a subtable is searched. Ports are a stage of their own, for what
 * their trie says about them says nothing of the other L4 fields. */
const METADATA = 0;
const L2 = 1;
const L3 = 2;
export const PORTS = 3;
const L4 = 4;
const STAGES = 5;

/** The stage of every byte of a Flow. */
export const STAGE_OF = stageOfBytes();

function stageOfBytes(): Uint8Array {
  const stages = new Uint8Array(FLOW_WORDS * 4).fill(METADATA);
  const set = (stage: number, names: readonly (keyof typeof KEY_FIELDS)[]): void => {
    for (const name of names) {
      const { offset, bytes } = KEY_FIELDS[name];
      stages.fill(stage, offset, offset + bytes);
    }
  };
  set(L2, ["eth_dst", "eth_src", "eth_type", "vlan_tci0", "vlan_tpid0", "vlan_tci1"]);
  set(L2, ["vlan_tpid1", "mpls_lse0", "mpls_lse1", "mpls_lse2"]);
  set(L3, ["nw_frag", "nw_proto", "nw_src", "nw_dst", "nw_tos", "nw_ttl"]);
  set(L3, ["ipv6_src", "ipv6_dst", "ipv6_label", "ct_nw_src", "ct_nw_dst"]);
  set(PORTS, ["tp_src", "tp_dst"]);
  set(L4, ["nd_target", "arp_sha", "arp_tha", "tcp_flags", "ct_tp_src", "ct_tp_dst"]);
  return stages;
}

/** A mask by stage: the stages that it has bits in (one, if an empty one, at least), where each
 * ends in `words`, the words of a Flow with bits in it, and those bits. A word may be in two. */
export interface StagedMask {
  readonly stages: readonly number[];
  readonly ends: readonly number[];
  readonly words: Uint16Array;
  readonly masks: Uint32Array;
}

export function splitMask(mask: Flow): StagedMask {
  const stages: number[] = [];
  const ends: number[] = [];
  const words: number[] = [];
  const masks: number[] = [];
  const part = new Uint8Array(FLOW_WORDS * 4);
  const partWords = new Uint32Array(part.buffer);
  for (let stage = 0; stage < STAGES; stage++) {
    for (let i = 0; i < part.length; i++) part[i] = STAGE_OF[i] === stage ? mask.bytes[i] : 0;
    const present = [...partWords.keys()].filter((i) => partWords[i] !== 0);
    if (present.length === 0 && !(stage === L4 && stages.length === 0)) continue;
    words.push(...present);
    masks.push(...present.map((i) => partWords[i]));
    stages.push(stage);
    ends.push(words.length);
  }
  return { stages, ends, words: Uint16Array.from(words), masks: Uint32Array.from(masks) };
}
