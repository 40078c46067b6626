// SPDX-License-Identifier: Apache-2.0
import { dirname } from "node:path";
import { OperatorError } from "../lib/errors.js";
import {
  openLogFile,
  setLogLevel,
  setLogProgram,
  setLogSpec,
  setSyslogTarget,
  setSystemLog,
  vlog,
} from "../lib/log.js";
import { ensureDirectory } from "./directories.js";
import { registerLogModules } from "./log-modules.js";
import { type DaemonOptions, PROGRAM } from "./options.js";

const log = vlog("vswitchd");

function setTarget(target: string): void {
  const colon = target.lastIndexOf(":");
  const port = Number(target.slice(colon + 1));
  if (colon <= 0 || !Number.isInteger(port) || port < 1 || port > 65535) {
    throw new OperatorError("EINVAL", `${target}: bad syslog target`);
  }
  setSyslogTarget(target.slice(0, colon), port);
}

function setMethod(method: string): void {
  if (method === "null") setSystemLog(false);
  else if (method.startsWith("udp:")) setTarget(method.slice("udp:".length));
  else if (method !== "libc" && !method.startsWith("unix:")) {
    log.warn(`unsupported syslog method ${method}; using the system's`);
  }
}

/** Starts the log as the command line asks. Throws OperatorError. */
export function configureLog(options: DaemonOptions): void {
  setLogProgram(PROGRAM);
  registerLogModules();
  for (const spec of options.verbose) {
    if (spec === null) {
      setLogLevel("dbg", undefined, undefined);
      continue;
    }
    const error = setLogSpec(spec);
    if (error !== undefined) throw new OperatorError("EINVAL", `processing "${spec}": ${error}`);
  }
  if (options.syslogMethod !== undefined) setMethod(options.syslogMethod);
  if (options.syslogTarget !== undefined) setTarget(options.syslogTarget);
  if (options.logFile !== undefined) {
    ensureDirectory(dirname(options.logFile));
    openLogFile(options.logFile);
  }
}
