// SPDX-License-Identifier: Apache-2.0
/**
 * Datapath ("odp") actions as values: what translation produces, what is installed in PMDs, and
 * what `dpctl/dump-flows` and `ofproto/trace` print.
 */

/** Which header a `set` rewrites. `keyOffset`/`bytes` is the range of the flow key that its
 * `value` and `mask` cover (pmd/shm/flow-key.ts). */
export const SET_HEADERS = {
  eth: { keyOffset: 8, bytes: 12 },
  ipv4: { keyOffset: 30, bytes: 12 },
  ipv6: { keyOffset: 30, bytes: 86 },
  tcp: { keyOffset: 44, bytes: 4 },
  udp: { keyOffset: 44, bytes: 4 },
  sctp: { keyOffset: 44, bytes: 4 },
  icmp: { keyOffset: 44, bytes: 4 },
  icmpv6: { keyOffset: 44, bytes: 4 },
  arp: { keyOffset: 31, bytes: 29 },
  nd: { keyOffset: 48, bytes: 64 },
  skb_mark: { keyOffset: 116, bytes: 4 },
  skb_priority: { keyOffset: 124, bytes: 4 },
  mpls: { keyOffset: 232, bytes: 4 },
  nsh: { keyOffset: 64, bytes: 24 },
  nd_ext: { keyOffset: 32, bytes: 12 },
} as const;
export type SetHeader = keyof typeof SET_HEADERS;

/** Why a packet goes to the control thread by an action. */
export type UserspaceCookie =
  /** The flow cannot be handled in the datapath: translate every packet. `reason` is the stock
   * name printed in dumps: `cfm`, `bfd`, `lacp`, `stp`, `lldp`, `controller`, `action`, `match`. */
  | { kind: "slow_path"; reason: string; ofpInPort: number }
  | {
      kind: "controller";
      dontSend: boolean;
      continuation: boolean;
      reason: number;
      recircId: number;
      ruleCookie: bigint;
      controllerId: number;
      maxLen: number;
      userdata?: Uint8Array;
    };

export type OdpAction =
  | { type: "output"; port: number }
  | { type: "userspace"; cookie: UserspaceCookie }
  | { type: "recirc"; id: number }
  | { type: "hash"; alg: "l4" | "sym_l4"; basis: number }
  | { type: "trunc"; maxLen: number }
  /** Loses what is too much for a meter, by the datapath's number of it. */
  | { type: "meter"; id: number }
  | { type: "push_vlan"; tpid: number; tci: number }
  | { type: "pop_vlan" }
  /** `entry`: label, class, bottom and TTL as on the wire. The packet is of `ethertype` then. */
  | { type: "push_mpls"; entry: number; ethertype: number }
  | { type: "pop_mpls"; ethertype: number }
  /** As push_mpls, in front of the whole packet, its Ethernet header included. */
  | { type: "add_mpls"; entry: number; ethertype: number }
  | { type: "push_eth"; src: Uint8Array; dst: Uint8Array }
  | { type: "pop_eth" }
  /** `header`: the whole NSH (RFC 8300), its length a multiple of 4. */
  | { type: "push_nsh"; header: Uint8Array }
  | { type: "pop_nsh" }
  /** What the actions do to the packet does not come back. */
  /** `sampled`: the stock switch has it as a sample of all packets, and prints it so. */
  | { type: "clone"; actions: readonly OdpAction[]; sampled?: boolean }
  | {
      type: "check_pkt_len";
      length: number;
      greater: readonly OdpAction[];
      lessEqual: readonly OdpAction[];
    }
  | {
      type: "ct";
      commit: boolean;
      force: boolean;
      zone: number;
      mark: { value: number; mask: number } | null;
      label: { value: Uint8Array; mask: Uint8Array } | null;
      /** `ftp`, `tftp` or none. */
      helper: string | null;
      /** As in `ct`: `nat`, `nat(src=…)`. */
      nat: string | null;
    }
  | { type: "ct_clear" }
  /** Only bits set in `mask` change. Lengths are those of SET_HEADERS. */
  | { type: "set"; header: SetHeader; value: Uint8Array; mask: Uint8Array }
  /** Explicit drop with the translation error that caused it; prints as `drop`. */
  | { type: "drop"; reason: string };
