// SPDX-License-Identifier: Apache-2.0
/** Which form flows take on a connection, and how the switch is told. */
import { V10 } from "../../openflow/messages/codec.js";
import { FLOW_COMMAND, type FlowMod } from "../../openflow/messages/flow-mod.js";
import { FLOW_FORMAT } from "../../openflow/messages/nicira-settings.js";
import { TABLE_ALL } from "../../openflow/messages/port-number.js";
import { PROTOCOL } from "../../openflow/protocols.js";
import { CliError } from "../invocation.js";
import type { Connection } from "./connection.js";
import type { OfctlContext } from "./context.js";
import { describeFormats, protocolsOfVersion } from "./versions.js";

/** Formats for adding flows, most widely supported first. */
const ADD_ORDER = Object.values(PROTOCOL);
/** Formats for reading flows, most capable first. */
const DUMP_ORDER: readonly number[] = [
  PROTOCOL.OF15,
  PROTOCOL.OF14,
  PROTOCOL.OF13,
  PROTOCOL.OF12,
  PROTOCOL.OF11,
  PROTOCOL.OF10_NXM,
  PROTOCOL.OF10_STD,
];
const NXM = PROTOCOL.OF10_NXM | PROTOCOL.OF10_NXM_TID;
const WITH_TABLE = PROTOCOL.OF10_STD_TID | PROTOCOL.OF10_NXM_TID;

/** The format of a new connection. */
function initialFormat(connection: Connection): number {
  return connection.version === V10 ? PROTOCOL.OF10_STD : protocolsOfVersion(connection.version);
}

/** Switches the connection to `wanted`; false when that cannot be. */
async function setFormat(connection: Connection, wanted: number): Promise<boolean> {
  if (connection.version !== V10) return wanted === initialFormat(connection);
  if (!(wanted & protocolsOfVersion(V10))) return false;
  if (wanted & NXM) {
    const format = FLOW_FORMAT.NXM;
    const error = await connection.transactNoReply({ type: "set_flow_format", format });
    if (error !== undefined) return false;
  }
  if (!(wanted & WITH_TABLE)) return true;
  const enable = { type: "flow_mod_table_id", enable: true } as const;
  return (await connection.transactNoReply(enable)) === undefined;
}

function noneAllowed(context: OfctlContext, usable: number): CliError {
  return new CliError(
    `none of the usable flow formats (${describeFormats(usable)}) is among the ` +
      `allowed flow formats (${describeFormats(context.allowed)})`,
  );
}

async function choose(
  context: OfctlContext,
  connection: Connection,
  usable: number,
  order: readonly number[],
): Promise<number> {
  const possible = usable & context.allowed;
  for (const format of order) {
    if (format & possible && (await setFormat(connection, format))) return format;
  }
  if (possible === 0) throw noneAllowed(context, usable);
  throw new CliError(
    `switch does not support any of the usable flow formats (${describeFormats(usable)})`,
  );
}

/** Agrees on a format for flows that the formats `usable` (PROTOCOL bits) can carry. */
export async function chooseForFlows(
  context: OfctlContext,
  connection: Connection,
  usable: number,
): Promise<number> {
  const possible = usable & context.allowed;
  if (possible === 0) throw noneAllowed(context, usable);
  const initial = initialFormat(connection);
  return initial & possible ? initial : choose(context, connection, usable, ADD_ORDER);
}

/** Agrees on a format for asking for flows. */
export function chooseForDump(
  context: OfctlContext,
  connection: Connection,
  usable: number,
): Promise<number> {
  return choose(context, connection, usable, DUMP_ORDER);
}

/** Requests can always name a table, so formats that cannot in flow-mods serve as well. */
export function withoutTableId(usable: number): number {
  let bits = usable;
  if (usable & PROTOCOL.OF10_STD_TID) bits |= PROTOCOL.OF10_STD;
  if (usable & PROTOCOL.OF10_NXM_TID) bits |= PROTOCOL.OF10_NXM;
  return bits;
}

/** `flow` as a message of `version`: later versions add to table 0 where 1.0 leaves the choice. */
export function forVersion(flow: FlowMod, version: number): FlowMod {
  const isDelete =
    flow.command === FLOW_COMMAND.DELETE || flow.command === FLOW_COMMAND.DELETE_STRICT;
  if (version === V10 || isDelete || flow.tableId !== TABLE_ALL) return flow;
  return { ...flow, tableId: 0 };
}

/** Whether messages about flows are Nicira's extensions in `format`. */
export function isNxm(format: number): boolean {
  return (format & NXM) !== 0;
}
