// SPDX-License-Identifier: Apache-2.0
/** What is configured, and what the switch wrote about it: read as vsctl reads it. */
import { join } from "node:path";
import { type Json, parseJson } from "../../lib/json.js";
import { runDirectory } from "../directories.js";
import type { Invocation } from "../invocation.js";
import { vsctlMain } from "../vsctl/main.js";
import type { DatabaseFacts, InterfaceFacts, StringMap } from "./facts.js";
import type { HostFiles } from "./files.js";
import { pciFacts } from "./host-facts.js";

type RowValues = ReadonlyMap<string, Json>;

/** Rows of a table, RFC 7047 notation. Rejects with CliError. */
async function rows(
  invocation: Invocation,
  db: string | undefined,
  table: string,
  columns: readonly string[],
): Promise<RowValues[]> {
  let output = "";
  const args = [...(db === undefined ? [] : [`--db=${db}`]), "--timeout=5", "--no-wait"];
  args.push("--format=json", "--", `--columns=${columns.join(",")}`, "list", table);
  const stdout = (text: string) => {
    output += text;
  };
  await vsctlMain({ ...invocation, args, stdout });
  const { data } = parseJson(output) as { data: Json[][] };
  return data.map((row) => new Map(columns.map((name, i) => [name, row[i] ?? null])));
}

function mapOf(value: Json | undefined): StringMap {
  const pairs = Array.isArray(value) && value[0] === "map" ? (value[1] as Json[][]) : [];
  return new Map(pairs.map(([key, each]) => [String(key), String(each)]));
}

/** A scalar, "" for an empty set. */
function textOf(value: Json | undefined): string {
  if (!Array.isArray(value)) return value === null || value === undefined ? "" : String(value);
  return value[0] === "set" ? ((value[1] as Json[])[0] ?? "").toString() : "";
}

const PCI = /^(?:pci:)?((?:[0-9a-f]{1,8}:)?[0-9a-f]{1,2}:[0-9a-f]{1,2}\.[0-7])(?:,|$)/i;

function interfaceFacts(row: RowValues, files: HostFiles, runDir: string): InterfaceFacts {
  const name = textOf(row.get("name"));
  const type = textOf(row.get("type"));
  const options = mapOf(row.get("options"));
  const paths: Readonly<Record<string, string>> = {
    dpdkvhostuserclient: options.get("vhost-server-path") ?? "",
    dpdkvhostuser: join(runDir, name),
  };
  const ofport = textOf(row.get("ofport"));
  const address = type === "dpdk" ? PCI.exec(options.get("dpdk-devargs") ?? "")?.[1] : undefined;
  const path = Object.hasOwn(paths, type) ? paths[type] : undefined;
  return {
    ...{ name, type, options, status: mapOf(row.get("status")), error: textOf(row.get("error")) },
    adminState: textOf(row.get("admin_state")),
    linkState: textOf(row.get("link_state")),
    ofport: ofport === "" ? undefined : Number(ofport),
    socket: path === undefined ? undefined : files.socket(path),
    pci: address === undefined ? undefined : pciFacts(files, address),
  };
}

/** Rejects with CliError when the database does not answer. */
export async function databaseFacts(
  invocation: Invocation,
  db: string | undefined,
  files: HostFiles,
): Promise<DatabaseFacts> {
  const runDir = runDirectory(invocation.env);
  const [root] = await rows(invocation, db, "Open_vSwitch", ["other_config", "dpdk_initialized"]);
  const columns = ["name", "type", "options", "status", "error", "admin_state", "link_state"];
  const interfaces = await rows(invocation, db, "Interface", [...columns, "ofport"]);
  const controllers = await rows(invocation, db, "Controller", ["target", "is_connected"]);
  return {
    otherConfig: mapOf(root?.get("other_config")),
    dpdkInitialized: root?.get("dpdk_initialized") === true,
    interfaces: interfaces
      .map((row) => interfaceFacts(row, files, runDir))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    controllers: controllers.map((row) => ({
      target: textOf(row.get("target")),
      connected: row.get("is_connected") === true,
    })),
  };
}
