// SPDX-License-Identifier: Apache-2.0
/** Which tunnel options a switch has fields for: `tun_metadata0` … 63. */
import { OfpError } from "../openflow/errors.js";
import {
  TLV_COMMAND,
  TLV_SPACE_BYTES,
  type TlvMap,
  type TlvTableMod,
} from "../openflow/messages/tlv-table.js";

export class TlvTable {
  #maps = new Map<number, TlvMap>();

  /** In the order of their fields. */
  get maps(): TlvMap[] {
    return [...this.#maps.values()].sort((a, b) => a.index - b.index);
  }

  /** Applies all of a request or nothing. Throws OfpError. */
  apply({ command, maps }: TlvTableMod): void {
    const changed = new Map(command === TLV_COMMAND.CLEAR ? [] : this.#maps);
    if (command === TLV_COMMAND.ADD) for (const map of maps) add(changed, map);
    if (command === TLV_COMMAND.DELETE) for (const { index } of maps) changed.delete(index);
    this.#maps = changed;
  }
}

function add(maps: Map<number, TlvMap>, map: TlvMap): void {
  if (maps.has(map.index)) throw new OfpError("NXTTMFC_ALREADY_MAPPED");
  let used = map.optionLength;
  for (const other of maps.values()) {
    const isSame = other.optionClass === map.optionClass && other.optionType === map.optionType;
    if (isSame) throw new OfpError("NXTTMFC_DUP_ENTRY");
    used += other.optionLength;
  }
  if (used > TLV_SPACE_BYTES) throw new OfpError("NXTTMFC_TABLE_FULL");
  maps.set(map.index, map);
}
