// SPDX-License-Identifier: Apache-2.0
/** NXT_TLV_TABLE_MOD, _REQUEST, _REPLY: which tunnel options are `tun_metadata0` … 63. */
import { OfpError } from "../errors.js";
import { type Codec, emptyCodec, nicira } from "./codec.js";
import type { WireReader, WireWriter } from "./wire.js";

export const TLV_COMMAND = { ADD: 0, DELETE: 1, CLEAR: 2 } as const;

/** Fields there are, and bytes they can have together. */
export const TLV_FIELDS = 64;
export const TLV_SPACE_BYTES = 256;
/** The longest option. */
const OPTION_BYTES_MAX = 124;

export interface TlvMap {
  /** 16 and 8 bits. */
  optionClass: number;
  optionType: number;
  /** Bytes, a multiple of 4. */
  optionLength: number;
  /** N of `tun_metadataN`. */
  index: number;
}

export interface TlvTableMod {
  type: "tlv_table_mod";
  /** TLV_COMMAND. */
  command: number;
  maps: TlvMap[];
}

export interface TlvTableRequest {
  type: "tlv_table_request";
}

export interface TlvTableReply {
  type: "tlv_table_reply";
  /** Bytes. */
  maxOptionSpace: number;
  maxFields: number;
  maps: TlvMap[];
}

function readMaps(r: WireReader, maxFields: number): TlvMap[] {
  const maps: TlvMap[] = [];
  while (r.left > 0) {
    const [optionClass, optionType, optionLength] = [r.u16(), r.u8(), r.u8()];
    const index = r.u16();
    r.skip(2);
    if (optionLength % 4 || optionLength > OPTION_BYTES_MAX) {
      throw new OfpError("NXTTMFC_BAD_OPT_LEN");
    }
    if (index >= maxFields) throw new OfpError("NXTTMFC_BAD_FIELD_IDX");
    maps.push({ optionClass, optionType, optionLength, index });
  }
  return maps;
}

function writeMaps(w: WireWriter, maps: readonly TlvMap[]): void {
  for (const { optionClass, optionType, optionLength, index } of maps) {
    w.u16(optionClass).u8(optionType).u8(optionLength).u16(index).zeros(2);
  }
}

export const tlvTableModCodec: Codec<TlvTableMod> = {
  type: "tlv_table_mod",
  wires: [nicira("NXT_TLV_TABLE_MOD", 24)],
  decode(r) {
    const command = r.u16();
    r.skip(6);
    if (r.left % 8) throw new OfpError("OFPBRC_BAD_LEN");
    if (command > TLV_COMMAND.CLEAR) throw new OfpError("NXTTMFC_BAD_COMMAND");
    return { type: "tlv_table_mod", command, maps: readMaps(r, TLV_FIELDS) };
  },
  encode(w, m) {
    w.u16(m.command).zeros(6);
    writeMaps(w, m.maps);
  },
};

export const tlvTableRequestCodec: Codec<TlvTableRequest> = emptyCodec("tlv_table_request", [
  nicira("NXT_TLV_TABLE_REQUEST", 25),
]);

export const tlvTableReplyCodec: Codec<TlvTableReply> = {
  type: "tlv_table_reply",
  wires: [nicira("NXT_TLV_TABLE_REPLY", 26)],
  decode(r) {
    const [maxOptionSpace, maxFields] = [r.u32(), r.u16()];
    r.skip(10);
    return { type: "tlv_table_reply", maxOptionSpace, maxFields, maps: readMaps(r, maxFields) };
  },
  encode(w, m) {
    w.u32(m.maxOptionSpace).u16(m.maxFields).zeros(10);
    writeMaps(w, m.maps);
  },
};
