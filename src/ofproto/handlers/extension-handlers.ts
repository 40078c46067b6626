// SPDX-License-Identifier: Apache-2.0
/** Nicira's messages about tunnel options, connection tracking and IPFIX. */
import { OfpError } from "../../openflow/errors.js";
import { TLV_FIELDS, TLV_SPACE_BYTES } from "../../openflow/messages/tlv-table.js";
import type { Handler } from "./handler.js";

export const tlvTableMod: Handler<"tlv_table_mod"> = ({ ofproto }, message) => {
  ofproto.tlvTable.apply(message);
};

export const tlvTable: Handler<"tlv_table_request"> = (request) => {
  request.reply({
    ...{ type: "tlv_table_reply", maxOptionSpace: TLV_SPACE_BYTES, maxFields: TLV_FIELDS },
    maps: request.ofproto.tlvTable.maps,
  });
};

/** Without a tracker there is nothing to forget. */
export const ctFlush: Handler<"ct_flush"> = ({ ofproto }, message) => {
  ofproto.hooks.flushConnections?.(message);
};

export const ctFlushZone: Handler<"ct_flush_zone"> = ({ ofproto }, { zone }) => {
  ofproto.hooks.flushConnections?.({ protocol: 0, original: {}, reply: {}, zone });
};

/** No bridge and no flow exports: what the stock switch says of one without `Bridge.ipfix`. */
export function ipfix(): void {
  throw new OfpError("NXST_NOT_CONFIGURED");
}
