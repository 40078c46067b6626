// SPDX-License-Identifier: Apache-2.0
/** Groups as people write them: `ovs-ofctl(8)`, "Group Syntax". */
import { type Names, parseActions } from "./actions-text.js";
import { parseField } from "./field-text.js";
import { fieldByName, isAllOnes, isAllZeros, isMaskValid, type MfField } from "./fields.js";
import {
  BUCKET_ID,
  type Bucket,
  GROUP_COMMAND,
  GROUP_TYPE,
  type HashField,
  hasLiveness,
  OFPG,
} from "./group.js";
import type { GroupMod } from "./messages/groups.js";
import { OFPP } from "./ofp-actions.js";
import { PROTOCOLS, protocolsForField } from "./protocols.js";
import { keyValues } from "./text/key-value.js";
import { parseU16, parseU32, parseU64, syntaxError } from "./text/numbers.js";
import { portFromText } from "./text/ports.js";

export interface ParsedGroup {
  group: GroupMod;
  /** PROTOCOL bits of the formats that can carry it. */
  usable: number;
}

/** In place of a command: the first word of the text is one, or it is an add. */
export const ANY_GROUP_COMMAND = -2;

/** Only OpenFlow 1.5, and 1.0 by Nicira's extension, can say it. */
const OF15_FORM = PROTOCOLS.OF10 | PROTOCOLS.OF15_UP;
const METHOD_LENGTH_MAX = 15;
const COMMANDS: readonly (readonly [word: string, command: number])[] = [
  ["add", GROUP_COMMAND.ADD],
  ["delete", GROUP_COMMAND.DELETE],
  ["modify", GROUP_COMMAND.MODIFY],
  ["add_or_mod", GROUP_COMMAND.ADD_OR_MOD],
  ["insert_bucket", GROUP_COMMAND.INSERT_BUCKET],
  ["remove_bucket", GROUP_COMMAND.REMOVE_BUCKET],
];
const TYPES: Record<string, number> = {
  all: GROUP_TYPE.ALL,
  select: GROUP_TYPE.SELECT,
  indirect: GROUP_TYPE.INDIRECT,
  ff: GROUP_TYPE.FF,
  fast_failover: GROUP_TYPE.FF,
};

/** What a group is read into. */
interface Draft {
  readonly command: number;
  readonly names: Names;
  usable: number;
  groupId: number;
  groupType: number;
  hasType: boolean;
  commandBucketId: number;
  hasCommandBucket: boolean;
  method: string;
  param: bigint;
  fields: HashField[];
}

/** Whether `command` describes a whole group, has buckets, and is about places of buckets. */
function shapeOf(command: number): { whole: boolean; buckets: boolean; place: boolean } {
  const { DELETE, INSERT_BUCKET, REMOVE_BUCKET } = GROUP_COMMAND;
  const place = command === INSERT_BUCKET || command === REMOVE_BUCKET;
  const whole = !place && command !== DELETE;
  return { whole, buckets: whole || command === INSERT_BUCKET, place };
}

function parseCommandBucket(draft: Draft, value: string): void {
  if (!shapeOf(draft.command).place) throw syntaxError("command bucket id is not needed");
  const words: Record<string, number> = {
    all: BUCKET_ID.ALL,
    first: BUCKET_ID.FIRST,
    last: BUCKET_ID.LAST,
  };
  const id = words[value] ?? parseU32(value);
  if (id > BUCKET_ID.MAX && !Object.values(words).includes(id)) {
    throw syntaxError(`invalid command bucket id ${id}`);
  }
  if (id === BUCKET_ID.ALL && draft.command !== GROUP_COMMAND.REMOVE_BUCKET) {
    throw syntaxError("command_bucket_id=all is not permitted");
  }
  draft.commandBucketId = id;
  draft.hasCommandBucket = true;
}

function parseHashField(field: MfField, text: string, names: Names): Uint8Array {
  if (text === "") return new Uint8Array(field.bytes).fill(0xff);
  const { value } = parseField(field, text, names.ports);
  if (isAllZeros(value)) throw syntaxError(": values are wildcards here and must not be all-zeros");
  if (!isMaskValid(field, value)) {
    throw syntaxError(`${text}: invalid mask for field ${field.name}`);
  }
  return value;
}

function parseFields(draft: Draft, text: string): void {
  for (const { key, value, rest } of keyValues(text)) {
    const field = fieldByName(key);
    if (!field) throw syntaxError(`${rest}: unknown field ${key}`);
    if (draft.fields.some((other) => other.field === field)) {
      throw syntaxError(`${key}: duplicate field`);
    }
    const mask = parseHashField(field, value, draft.names);
    draft.fields.push({ field, mask });
    draft.usable &= protocolsForField(field, isAllOnes(mask) ? null : mask);
  }
  draft.fields.sort((a, b) => a.field.id - b.field.id);
}

/** Keys that only a whole group may have, and what is said of them otherwise. */
const WHOLE_ONLY: Record<string, string> = {
  type: "type is not needed",
  selection_method: "selection method is not needed",
  selection_method_param: "selection method param is not needed",
  fields: "fields are not needed",
};

function parseWhole(draft: Draft, key: string, value: string): void {
  if (!shapeOf(draft.command).whole) throw syntaxError(WHOLE_ONLY[key]!);
  if (key === "type") {
    const type = Object.hasOwn(TYPES, value) ? TYPES[value] : undefined;
    if (type === undefined) throw syntaxError(`invalid group type ${value}`);
    draft.groupType = type;
    draft.hasType = true;
    return;
  }
  if (key === "selection_method") {
    if (value.length > METHOD_LENGTH_MAX) {
      throw syntaxError(`selection method is longer than ${METHOD_LENGTH_MAX} bytes long`);
    }
    draft.method = value;
  } else if (key === "selection_method_param") {
    draft.param = parseU64(value);
  } else {
    parseFields(draft, value);
  }
  draft.usable &= OF15_FORM;
}

function parseHead(draft: Draft, text: string): void {
  for (const { key, value } of keyValues(text)) {
    if (key === "command_bucket_id") {
      parseCommandBucket(draft, value);
    } else if (key === "group_id") {
      draft.groupId = value === "all" ? OFPG.ALL : parseU32(value);
      if (draft.groupId !== OFPG.ALL && draft.groupId > OFPG.MAX) {
        throw syntaxError(`invalid group id ${draft.groupId}`);
      }
    } else if (Object.hasOwn(WHOLE_ONLY, key)) {
      parseWhole(draft, key, value);
    } else {
      throw syntaxError(`unknown keyword ${key}`);
    }
  }
  checkHead(draft);
}

function checkHead(draft: Draft): void {
  const { whole, place } = shapeOf(draft.command);
  if (draft.groupId === OFPG.ANY) throw syntaxError("must specify a group_id");
  if (whole && !draft.hasType) throw syntaxError("must specify a type");
  if (draft.method !== "hash" && draft.fields.length > 0) {
    throw syntaxError('fields may only be specified with "selection_method=hash"');
  }
  if (draft.method === "" && draft.param !== 0n) {
    throw syntaxError('selection_method_param is only allowed with "selection_method"');
  }
  if (place && draft.command !== GROUP_COMMAND.REMOVE_BUCKET && !draft.hasCommandBucket) {
    throw syntaxError("must specify a command bucket id");
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function parseWatchPort(value: string, names: Names): number {
  const port = portFromText(value, names.ports);
  const isUsable =
    port !== null && (port < 0xff00 || port === OFPP.NONE || port === OFPP.CONTROLLER);
  if (!isUsable) throw syntaxError(`${value}: invalid watch_port`);
  return port;
}

/** Reads one `key=value` of a bucket; false when it is a part of the actions. */
function parseBucketKey(
  draft: Draft,
  bucket: Mutable<Bucket>,
  key: string,
  value: string,
): boolean {
  switch (key) {
    case "weight":
      bucket.weight = parseU16(value, "weight");
      return true;
    case "watch_port":
      bucket.watchPort = parseWatchPort(value, draft.names);
      return true;
    case "watch_group":
      bucket.watchGroup = parseU32(value);
      if (bucket.watchGroup > OFPG.MAX) {
        throw syntaxError(`invalid watch_group id ${bucket.watchGroup}`);
      }
      return true;
    case "bucket_id":
      bucket.bucketId = parseU32(value);
      if (bucket.bucketId > BUCKET_ID.MAX) {
        throw syntaxError(`invalid bucket_id id ${bucket.bucketId}`);
      }
      draft.usable &= OF15_FORM;
      return true;
    default:
      return false;
  }
}

function parseBucket(draft: Draft, text: string): Bucket {
  const bucket: Mutable<Bucket> = {
    bucketId: BUCKET_ID.ALL,
    weight: draft.groupType === GROUP_TYPE.SELECT ? 1 : 0,
    watchPort: OFPP.NONE,
    watchGroup: OFPG.ANY,
    actions: [],
  };
  const actions: string[] = [];
  for (const { key, value } of keyValues(text)) {
    const name = key.toLowerCase();
    if (parseBucketKey(draft, bucket, name, value)) continue;
    actions.push(name === "action" || name === "actions" ? value : `${key}(${value})`);
  }
  if (actions.length === 0) throw syntaxError("bucket must specify actions");
  if (draft.groupType === GROUP_TYPE.FF && !hasLiveness(bucket)) {
    throw syntaxError("fast failover bucket requires watch_port or watch_group");
  }
  const parsed = parseActions(actions.join(","), draft.names);
  draft.usable &= parsed.usable;
  return { ...bucket, actions: parsed.actions };
}

const BUCKET = "bucket=";

function parseBuckets(draft: Draft, text: string): Bucket[] {
  const buckets: Bucket[] = [];
  for (const part of text.split(BUCKET).slice(1)) {
    const bucket = parseBucket(draft, part);
    buckets.push(bucket);
    const mayWeigh =
      draft.command === GROUP_COMMAND.INSERT_BUCKET || draft.groupType === GROUP_TYPE.SELECT;
    if (!mayWeigh && bucket.weight) {
      throw syntaxError("Only select groups can have bucket weights.");
    }
  }
  if (draft.groupType === GROUP_TYPE.INDIRECT && buckets.length > 1) {
    throw syntaxError("Indirect groups can have at most one bucket.");
  }
  return buckets;
}

/** The command that the first word of `text` is the beginning of, and what follows it. */
function takeCommand(text: string): { command: number; text: string } {
  const trimmed = text.trimStart();
  const word = /^[^, \t\r\n]*/.exec(trimmed)![0];
  const found = COMMANDS.find(([name]) => name.startsWith(word));
  if (!found) return { command: GROUP_COMMAND.ADD, text: trimmed };
  return { command: found[1], text: trimmed.slice(word.length) };
}

/** Reads a group for `command` (GROUP_COMMAND or ANY_GROUP_COMMAND). Throws the message of
 * `ovs-ofctl`. */
export function parseGroup(input: string, command: number, names: Names = {}): ParsedGroup {
  const taken = command === ANY_GROUP_COMMAND ? takeCommand(input) : { command, text: input };
  const draft: Draft = {
    ...{ command: taken.command, names, usable: PROTOCOLS.ANY },
    ...{ groupId: OFPG.ANY as number, groupType: GROUP_TYPE.ALL as number, hasType: false },
    ...{ commandBucketId: BUCKET_ID.ALL as number, hasCommandBucket: false },
    ...{ method: "", param: 0n, fields: [] },
  };
  const shape = shapeOf(draft.command);
  if (shape.place) draft.usable &= OF15_FORM;
  let buckets: Bucket[] = [];
  if (draft.command === GROUP_COMMAND.DELETE && taken.text === "") {
    draft.groupId = OFPG.ALL;
  } else {
    const at = taken.text.indexOf(BUCKET);
    if (at >= 0 && !shape.buckets) throw syntaxError("bucket is not needed");
    parseHead(draft, at < 0 ? taken.text : taken.text.slice(0, at));
    if (at >= 0) buckets = parseBuckets(draft, taken.text.slice(at));
  }
  const { groupId, groupType, commandBucketId, method, param, fields, usable } = draft;
  const selection = { method, param, fields };
  const what = { type: "group_mod", command: draft.command, commandBucketId } as const;
  return { group: { ...what, groupId, groupType, selection, buckets }, usable };
}

/** Reads a file of groups, one per line; comments begin with `#`. Errors name file and line. */
export function parseGroupFile(
  file: string,
  content: string,
  command: number,
  names: Names = {},
): { groups: GroupMod[]; usable: number } {
  const groups: GroupMod[] = [];
  let usable: number = PROTOCOLS.ANY;
  content.split("\n").forEach((line, i) => {
    const text = line.replace(/#.*/, "").trim();
    if (text === "") return;
    try {
      const parsed = parseGroup(text, command, names);
      groups.push(parsed.group);
      usable &= parsed.usable;
    } catch (error) {
      throw error instanceof Error ? syntaxError(`${file}:${i + 1}: ${error.message}`) : error;
    }
  });
  return { groups, usable };
}
