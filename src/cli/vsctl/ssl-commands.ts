// SPDX-License-Identifier: Apache-2.0
import type { CommandLine, CommandSyntax } from "./command.js";
import type { CommandContext } from "./context.js";
import type { Interest } from "./interest.js";
import {
  flagOf,
  referencesOf,
  textOf,
  writeEmpty,
  writeReferences,
  writeSet,
} from "./row-values.js";
import type { Row } from "./transaction.js";

const COLUMNS = ["private_key", "certificate", "ca_cert", "bootstrap_ca_cert"] as const;

function prepare(_line: CommandLine, interest: Interest): void {
  interest.add("Open_vSwitch", "ssl");
  interest.add("SSL", ...COLUMNS);
}

function currentSsl({ txn, root }: CommandContext): Row | undefined {
  root.verify("ssl");
  return referencesOf(txn, root, "ssl", "SSL")[0];
}

function getSsl(context: CommandContext): void {
  const ssl = currentSsl(context);
  if (ssl === undefined) return;
  for (const column of COLUMNS) ssl.verify(column);
  context.print(
    `Private key: ${textOf(ssl, "private_key")}`,
    `Certificate: ${textOf(ssl, "certificate")}`,
    `CA Certificate: ${textOf(ssl, "ca_cert")}`,
    `Bootstrap: ${flagOf(ssl, "bootstrap_ca_cert")}`,
  );
}

function deleteSsl(context: CommandContext): void {
  const ssl = currentSsl(context);
  if (ssl === undefined) return;
  ssl.delete();
  writeEmpty(context.root, "ssl");
}

function setSsl(context: CommandContext, { args, options }: CommandLine): void {
  currentSsl(context)?.delete();
  const ssl = context.txn.insert("SSL");
  const [privateKey, certificate, caCert] = args as [string, string, string];
  writeSet(ssl, "private_key", privateKey);
  writeSet(ssl, "certificate", certificate);
  writeSet(ssl, "ca_cert", caCert);
  writeSet(ssl, "bootstrap_ca_cert", options.has("--bootstrap"));
  writeReferences(context.root, "ssl", [ssl]);
}

export const SSL_COMMANDS: readonly CommandSyntax[] = [
  { name: "get-ssl", minArgs: 0, maxArgs: 0, usage: "", options: [], prepare, run: getSsl },
  { name: "del-ssl", minArgs: 0, maxArgs: 0, usage: "", options: [], prepare, run: deleteSsl },
  {
    name: "set-ssl",
    minArgs: 3,
    maxArgs: 3,
    usage: "PRIVATE-KEY CERTIFICATE CA-CERT",
    options: ["--bootstrap"],
    prepare,
    run: setSsl,
  },
];
