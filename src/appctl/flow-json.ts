// SPDX-License-Identifier: Apache-2.0
/** Flows in JSON: what `pollux` and the stock tools print of them, taken apart. */
import type { Datapath } from "../bridge/datapath.js";
import { formatOdpActions } from "../odp/format-actions.js";
import { formatFlowKey } from "../odp/format-key.js";
import type { Megaflow } from "../slowpath/megaflow.js";
import { megaflowUfid } from "../slowpath/megaflow.js";
import {
  flag,
  integer,
  list,
  object,
  optional,
  real,
  type Schema,
  text,
  type ValueOf,
} from "./schema.js";

/** Splits at commas that are in no parentheses, brackets or quotes. */
export function splitTopLevel(line: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let isQuoted = false;
  let start = 0;
  for (let i = 0; i < line.length; i++) {
    const letter = line[i]!;
    if (letter === '"') isQuoted = !isQuoted;
    if (isQuoted) continue;
    if ("([{".includes(letter)) depth++;
    else if (")]}".includes(letter)) depth--;
    else if (letter === "," && depth === 0) {
      parts.push(line.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(line.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** A field's value as text, `value/mask` where it is masked; of attributes with parts, those. */
export type FieldValue = string | true | { [name: string]: FieldValue };

const FIELD_VALUE: Schema<FieldValue> = {
  json: {
    anyOf: [
      { type: "string", description: "value, or value/mask" },
      { const: true, description: "a name that stands alone, such as tcp" },
      { type: "object", description: "the attribute's parts" },
    ],
  },
};
export const FIELDS: Schema<Record<string, FieldValue>> = {
  json: { type: "object", additionalProperties: FIELD_VALUE.json },
};
/** Actions in their text form, one by one. */
export const ACTIONS = list(text(), "in order; none: drop");

/** `recirc_id(0),eth(src=…,dst=…),encap(eth_type(0x0800))` as an object. */
export function datapathFields(line: string): Record<string, FieldValue> {
  return Object.fromEntries(splitTopLevel(line).map(datapathField));
}

function datapathField(part: string): [string, FieldValue] {
  const attribute = /^([\w-]+)\((.*)\)$/s.exec(part);
  if (!attribute) return openflowField(part);
  const [, name = "", inner = ""] = attribute;
  const parts = splitTopLevel(inner);
  const isCompound = parts.some((each) => /^[\w-]+[=(]/.test(each));
  return [name, isCompound ? Object.fromEntries(parts.map(datapathField)) : inner];
}

/** `priority=1,tcp,nw_src=10.0.0.0/8` as an object. */
export function openflowFields(line: string): Record<string, FieldValue> {
  return Object.fromEntries(splitTopLevel(line).map(openflowField));
}

function openflowField(part: string): [string, FieldValue] {
  const equals = part.indexOf("=");
  return equals < 0 ? [part, true] : [part.slice(0, equals), part.slice(equals + 1)];
}

/** The text of actions as a list; "drop" is a list without members. */
export function actionList(line: string): string[] {
  return line === "drop" ? [] : splitTopLevel(line);
}

export const MEGAFLOW = object({
  ufid: text(),
  core_id: optional(integer("of the PMD thread; absent: the main thread")),
  match: FIELDS,
  packets: integer(),
  bytes: integer(),
  used_s: optional(real("seconds since the last packet; absent: never used")),
  tcp_flags: integer("union of the flags seen"),
  offloaded: flag(),
  actions: ACTIONS,
});

/** @param names ports by name instead of number. */
export function megaflowJson(
  flow: Readonly<Megaflow>,
  datapath: Datapath,
  options: { readonly names: boolean; readonly nowMs: number; readonly coreId: number },
): ValueOf<typeof MEGAFLOW> {
  const names = options.names ? datapath.names : null;
  const { vlanLimit } = datapath.xdatapath;
  const { packets, bytes, usedMs, tcpFlags } = flow.shown;
  const ageMs = Math.max(0, Math.round(options.nowMs - usedMs));
  return {
    ufid: megaflowUfid(flow),
    core_id: options.coreId < 0 ? undefined : options.coreId,
    match: datapathFields(formatFlowKey(flow.key, flow.mask, { names, vlanLimit })),
    ...{ packets, bytes, used_s: packets > 0 ? ageMs / 1000 : undefined, tcp_flags: tcpFlags },
    offloaded: false,
    actions: actionList(formatOdpActions(flow.actions, { names })),
  };
}
