// SPDX-License-Identifier: Apache-2.0
/** OFPT_FEATURES_REQUEST/REPLY (OpenFlow 1.0 §5.3.1, 1.3.5 §7.3.1). */
import { type Codec, emptyCodec, everywhere, V10, V13 } from "./codec.js";
import { decodePort, encodePort, type PortDesc } from "./port-desc.js";

/** `capabilities` bits; bit 3 is STP in 1.0 and GROUP_STATS later. */
export const CAPABILITY = {
  FLOW_STATS: 1 << 0,
  TABLE_STATS: 1 << 1,
  PORT_STATS: 1 << 2,
  STP: 1 << 3,
  GROUP_STATS: 1 << 3,
  IP_REASM: 1 << 5,
  QUEUE_STATS: 1 << 6,
  ARP_MATCH_IP: 1 << 7,
  PORT_BLOCKED: 1 << 8,
  /** OpenFlow 1.4+. */
  BUNDLES: 1 << 9,
  FLOW_MONITORING: 1 << 10,
} as const;

export interface FeaturesRequest {
  type: "features_request";
}

export interface FeaturesReply {
  type: "features_reply";
  datapathId: bigint;
  nBuffers: number;
  nTables: number;
  /** OpenFlow 1.3+. */
  auxiliaryId: number;
  capabilities: number;
  /** Bits of `ofp10_action_type`; OpenFlow 1.0 only. */
  actions: number;
  /** OpenFlow 1.0 to 1.2; later ones ask for OFPMP_PORT_DESC. */
  ports: PortDesc[];
}

export const featuresRequestCodec: Codec<FeaturesRequest> = emptyCodec(
  "features_request",
  everywhere("OFPT_FEATURES_REQUEST", 5),
);

export const featuresReplyCodec: Codec<FeaturesReply> = {
  type: "features_reply",
  wires: everywhere("OFPT_FEATURES_REPLY", 6),

  decode(r, { version }) {
    const datapathId = r.u64();
    const nBuffers = r.u32();
    const nTables = r.u8();
    const auxiliaryId = r.u8();
    r.skip(2);
    const capabilities = r.u32();
    const actions = r.u32();
    const ports: PortDesc[] = [];
    if (version < V13) while (r.left > 0) ports.push(decodePort(r, version));
    return {
      type: "features_reply",
      datapathId,
      nBuffers,
      nTables,
      auxiliaryId,
      capabilities,
      actions,
      ports,
    };
  },

  encode(w, m, version) {
    w.u64(m.datapathId)
      .u32(m.nBuffers)
      .u8(m.nTables)
      .u8(version >= V13 ? m.auxiliaryId : 0);
    w.zeros(2)
      .u32(m.capabilities)
      .u32(version === V10 ? m.actions : 0);
    if (version < V13) for (const port of m.ports) encodePort(w, port, version);
  },
};
