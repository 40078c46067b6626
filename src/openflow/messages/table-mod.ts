// SPDX-License-Identifier: Apache-2.0
/**
 * OFPT_TABLE_MOD (OpenFlow 1.1 §A.3.3, 1.4.1 §7.3.4.1), OFPMP_TABLE_DESC (1.4.1 §7.3.5.17) and
 * OFPT_TABLE_STATUS (1.4.1 §7.4.5): what misses do (1.1, 1.2), eviction and vacancy events (1.4+).
 */
import { OfpError } from "../errors.js";
import {
  type Codec,
  emptyCodec,
  LATEST,
  type Multipart,
  statsWires,
  V11,
  V13,
  V14,
} from "./codec.js";
import { type Property, propertyU32, readProperties, writeProperty } from "./properties.js";
import type { WireReader, WireWriter } from "./wire.js";

/** What `config` says of misses in OpenFlow 1.1 and 1.2. */
const MISSES = ["controller", "continue", "drop"] as const;
const MISS_MASK = 3;
export type TableMiss = (typeof MISSES)[number];

const CONFIG_EVICTION = 1 << 2;
const CONFIG_VACANCY = 1 << 3;

const PROPERTY_EVICTION = 2;
const PROPERTY_VACANCY = 3;

/** Percentages of free entries: the event below the first, the one above the second. */
export interface VacancyLimits {
  down: number;
  up: number;
}

export interface TableMod {
  type: "table_mod";
  /** TABLE_ALL for all. */
  tableId: number;
  /** Undefined where the version does not say. */
  miss?: TableMiss;
  eviction?: boolean;
  evictionFlags?: number;
  /** Null turns events off. */
  vacancy?: VacancyLimits | null;
}

export function tableConfig(eviction: boolean, vacancy: boolean): number {
  return (eviction ? CONFIG_EVICTION : 0) | (vacancy ? CONFIG_VACANCY : 0);
}

function readVacancy({ body }: Property): VacancyLimits & { current: number } {
  if (body.left !== 4) throw new OfpError("OFPBPC_BAD_LEN");
  return { down: body.u8(), up: body.u8(), current: body.u8() };
}

function writeVacancy(w: WireWriter, { down, up }: VacancyLimits, current: number): void {
  writeProperty(w, PROPERTY_VACANCY, () => w.u8(down).u8(up).u8(current).zeros(1));
}

function checkedVacancy(property: Property): VacancyLimits {
  const { down, up, current } = readVacancy(property);
  if (down > up || up > 100 || current !== 0) throw new OfpError("OFPBPC_BAD_VALUE");
  return { down, up };
}

function decode14(r: WireReader, tableId: number, config: number): TableMod {
  let limits: VacancyLimits = { down: 0, up: 0 };
  const mod: TableMod = { type: "table_mod", tableId, eviction: (config & CONFIG_EVICTION) !== 0 };
  for (const property of readProperties(r)) {
    if (property.type === PROPERTY_EVICTION) mod.evictionFlags = propertyU32(property);
    else if (property.type === PROPERTY_VACANCY) limits = checkedVacancy(property);
    else throw new OfpError("OFPBRC_BAD_TYPE");
  }
  mod.vacancy = config & CONFIG_VACANCY ? limits : null;
  return mod;
}

function configOf(m: TableMod, version: number): number {
  if (version >= V14) return tableConfig(m.eviction === true, !!m.vacancy);
  return version === V13 ? 0 : MISSES.indexOf(m.miss ?? "controller");
}

export const tableModCodec: Codec<TableMod> = {
  type: "table_mod",
  wires: [{ name: "OFPT_TABLE_MOD", versions: [V11, LATEST], type: 17 }],
  decode(r, { version }) {
    const tableId = r.u8();
    r.skip(3);
    const config = r.u32();
    if (version >= V14) return decode14(r, tableId, config);
    if (version === V13) return { type: "table_mod", tableId };
    return { type: "table_mod", tableId, miss: MISSES[config & MISS_MASK] ?? "controller" };
  },
  encode(w, m, version) {
    w.u8(m.tableId).zeros(3).u32(configOf(m, version));
    if (version < V14) return;
    const { evictionFlags, vacancy } = m;
    if (evictionFlags !== undefined) {
      writeProperty(w, PROPERTY_EVICTION, () => w.u32(evictionFlags));
    }
    if (vacancy) writeVacancy(w, vacancy, 0);
  },
};

/** A table as it is configured. */
export interface TableDesc {
  tableId: number;
  eviction: boolean;
  /** `OFPTMPEF_*`; undefined: not said. */
  evictionFlags?: number;
  /** Null: no events. `current` is a percentage, too. */
  vacancy: (VacancyLimits & { current: number }) | null;
}

export interface TableDescRequest {
  type: "table_desc_request";
}

export interface TableDescReply extends Multipart {
  type: "table_desc_reply";
  tables: readonly TableDesc[];
}

function readDesc(r: WireReader): TableDesc {
  const room = r.left;
  if (room < 8) throw new OfpError("OFPBRC_BAD_LEN");
  const length = r.u16();
  const tableId = r.u8();
  r.skip(1);
  const config = r.u32();
  if (length < 8 || length > room) throw new OfpError("OFPBRC_BAD_LEN");
  const desc: TableDesc = { tableId, eviction: (config & CONFIG_EVICTION) !== 0, vacancy: null };
  for (const property of readProperties(r.sub(length - 8))) {
    if (property.type === PROPERTY_EVICTION) desc.evictionFlags = propertyU32(property);
    else if (property.type === PROPERTY_VACANCY) desc.vacancy = readVacancy(property);
  }
  return desc;
}

function writeDesc(w: WireWriter, desc: TableDesc): void {
  const { tableId, eviction, evictionFlags, vacancy } = desc;
  const start = w.length;
  w.zeros(2)
    .u8(tableId)
    .zeros(1)
    .u32(tableConfig(eviction, vacancy !== null));
  if (evictionFlags !== undefined) writeProperty(w, PROPERTY_EVICTION, () => w.u32(evictionFlags));
  if (vacancy) writeVacancy(w, vacancy, vacancy.current);
  w.setU16(start, w.length - start);
}

const TABLE_DESC = 14;

export const tableDescRequestCodec: Codec<TableDescRequest> = emptyCodec(
  "table_desc_request",
  statsWires("OFPST_TABLE_DESC", "request", TABLE_DESC, V14),
);

export const tableDescReplyCodec: Codec<TableDescReply> = {
  type: "table_desc_reply",
  wires: statsWires("OFPST_TABLE_DESC", "reply", TABLE_DESC, V14),
  decode(r) {
    const tables: TableDesc[] = [];
    while (r.left > 0) tables.push(readDesc(r));
    return { type: "table_desc_reply", tables };
  },
  encode(w, m) {
    for (const table of m.tables) {
      writeDesc(w, table);
      w.mark();
    }
  },
};

/** `ofp_table_reason`. */
export const TABLE_REASON = { VACANCY_DOWN: 3, VACANCY_UP: 4 } as const;

export interface TableStatus {
  type: "table_status";
  /** TABLE_REASON. */
  reason: number;
  table: TableDesc;
}

export const tableStatusCodec: Codec<TableStatus> = {
  type: "table_status",
  wires: [{ name: "OFPT_TABLE_STATUS", versions: [V14, LATEST], type: 31 }],
  decode(r) {
    const reason = r.u8();
    if (reason !== TABLE_REASON.VACANCY_DOWN && reason !== TABLE_REASON.VACANCY_UP) {
      throw new OfpError("OFPBPC_BAD_VALUE");
    }
    r.skip(7);
    return { type: "table_status", reason, table: readDesc(r) };
  },
  encode(w, m) {
    w.u8(m.reason).zeros(7);
    writeDesc(w, m.table);
  },
};
