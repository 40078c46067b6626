// SPDX-License-Identifier: Apache-2.0
/** OFPT_TABLE_MOD (OpenFlow 1.3.5 §7.3.4.3): nothing can be configured any more in 1.3. */
import { type Codec, LATEST, V11 } from "./codec.js";

export interface TableMod {
  type: "table_mod";
  tableId: number;
  config: number;
}

export const tableModCodec: Codec<TableMod> = {
  type: "table_mod",
  wires: [{ name: "OFPT_TABLE_MOD", versions: [V11, LATEST], type: 17 }],
  decode(r) {
    const tableId = r.u8();
    r.skip(3);
    return { type: "table_mod", tableId, config: r.u32() };
  },
  encode(w, m) {
    w.u8(m.tableId).zeros(3).u32(m.config);
  },
};
