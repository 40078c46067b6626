// SPDX-License-Identifier: Apache-2.0
/** `pollux switchd`: options → database → bridges → datapath → sockets. */
import { pathToFileURL } from "node:url";
import { OptionError } from "./cli/options.js";
import { announceReady, currentRole, type Role, runFront, survivePipes } from "./daemon/detach.js";
import { configureLog } from "./daemon/logging.js";
import { runMonitor } from "./daemon/monitor.js";
import { type DaemonOptions, PROGRAM, parseDaemonOptions } from "./daemon/options.js";
import { checkNotRunning } from "./daemon/pidfile.js";
import { Switchd } from "./daemon/switchd.js";
import { programVersion, usageText, versionText } from "./daemon/usage.js";
import { OperatorError } from "./lib/errors.js";
import { setLogLevel, vlog } from "./lib/log.js";

const log = vlog("vswitchd");

/** A bug of ours must not leave half a switch running: say it loudly and let the monitor act. */
function abortOnBugs(): void {
  const abort = (error: unknown): void => {
    log.emer(`unhandled: ${error instanceof Error ? error.stack : String(error)}`);
    process.abort();
  };
  process.on("uncaughtException", abort);
  process.on("unhandledRejection", abort);
}

function onSignals(switchd: Switchd): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGALRM", "SIGHUP"] as const) {
    process.on(signal, () => {
      log.info(`received ${signal}, exiting`);
      void switchd.stop();
    });
  }
}

async function runWorker(options: DaemonOptions, role: Role): Promise<number> {
  // The stock start scripts look for a process of this name.
  process.title = PROGRAM;
  for (const notice of options.notices) log.warn(notice);
  const switchd = new Switchd(options);
  onSignals(switchd);
  try {
    if (!(await switchd.start())) return await switchd.ended;
  } catch (error) {
    await switchd.stop(1);
    throw error;
  }
  abortOnBugs();
  if (options.detach) setLogLevel("off", undefined, "console");
  if (role === "worker" || options.detach) survivePipes();
  announceReady(role);
  if (switchd.isActive) vlog("bridge").info(programVersion());
  if (options.chdir && options.detach) process.chdir("/");
  return switchd.ended;
}

async function run(options: DaemonOptions): Promise<number> {
  const role = currentRole(process.env);
  if (options.show !== undefined) {
    const text = options.show === "help" ? usageText(options.directories) : versionText();
    process.stdout.write(text);
    return 0;
  }
  if (role === "front") {
    if (options.pidfile && !options.overwritePidfile) checkNotRunning(options.pidfile);
    if (options.detach) return runFront(options.monitor ? "monitor" : "worker");
  }
  configureLog(options);
  if (options.monitor && role !== "worker") return runMonitor(role);
  return runWorker(options, role);
}

/**
 * Runs the daemon with the arguments after `switchd`. Resolves with the exit status: at once for
 * --help, --version and --detach, else when the switch has stopped.
 */
export async function switchdMain(args: readonly string[]): Promise<number> {
  try {
    return await run(parseDaemonOptions(args, process.env));
  } catch (error) {
    if (!(error instanceof OperatorError || error instanceof OptionError)) throw error;
    process.stderr.write(`${PROGRAM}: ${error.message}\n`);
    return 1;
  }
}

/** The subcommand of the command line: ends the process, whatever still holds it open. */
export async function switchdCommand({
  args,
}: {
  readonly args: readonly string[];
}): Promise<never> {
  process.exit(await switchdMain(args));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await switchdCommand({ args: process.argv.slice(2) });
}
