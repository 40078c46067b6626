// SPDX-License-Identifier: Apache-2.0
/**
 * Every way to lose a packet on the path. A reason is its index here; a new one is one line, added
 * at the end of its block. Names are those of the stock switch's coverage counters where it has
 * one.
 */

export const DROP_REASONS = [
  // by the datapath
  "datapath_drop_upcall_error",
  "datapath_drop_lock_error",
  "datapath_drop_userspace_action_error",
  "datapath_drop_recirc_error",
  "datapath_drop_invalid_port",
  "datapath_drop_rx_invalid_packet",
  "datapath_drop_meter",
  "datapath_drop_tunnel_push_error",
  "datapath_drop_tunnel_pop_error",
  "datapath_drop_invalid_bond",
  "datapath_drop_invalid_tnl_port",
  "datapath_drop_sample_error",
  "datapath_drop_nsh_decap_error",
  /** No buffer for the copy that a second output needs. The stock switch allocates instead. */
  "datapath_drop_no_buffer",
  /** The device took fewer packets than it was given. */
  "datapath_drop_tx_failed",
  /** An action that cannot be applied to this packet (push_vlan without headroom …). */
  "datapath_drop_action_error",
  /** Packets that were waiting for an answer when the thread stopped or the tables were flushed. */
  "datapath_drop_shutdown",
  // by an explicit drop of the translation
  "drop_action_of_pipeline",
  "drop_action_bridge_not_found",
  "drop_action_recursion_too_deep",
  "drop_action_too_many_resubmit",
  "drop_action_stack_too_deep",
  "drop_action_no_recirculation_context",
  "drop_action_recirculation_conflict",
  "drop_action_too_many_mpls_labels",
  "drop_action_invalid_tunnel_metadata",
  "drop_action_unsupported_packet_type",
  "drop_action_congestion",
  "drop_action_forwarding_disabled",
  "drop_action_tunnel_routing_failed",
  "drop_action_tunnel_output_no_ethernet",
  "drop_action_tunnel_neigh_cache_miss",
  "drop_action_tunnel_header_build_failed",
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

const INDEX = new Map<string, number>(DROP_REASONS.map((name, index) => [name, index]));
const OF_PIPELINE = INDEX.get("drop_action_of_pipeline") as number;

/** Index of a reason given by its name here or by the translation's short text ("recursion too
 * deep", "recursion_too_deep"). An unknown text is the pipeline's own decision to drop. */
export function dropReasonIndex(reason: string): number {
  const name = reason.trim().toLowerCase().replace(/[ -]+/g, "_");
  return INDEX.get(name) ?? INDEX.get(`drop_action_${name}`) ?? OF_PIPELINE;
}
