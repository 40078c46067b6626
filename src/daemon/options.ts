// SPDX-License-Identifier: Apache-2.0
/** The command line of `pollux switchd`, ovs-vswitchd(8). Reading it has no side effects. */
import { isAbsolute, join } from "node:path";
import { type OptionSpec, type ParsedOption, parseOptions } from "../cli/options.js";
import { TLS_OPTIONS, TlsOptions } from "../cli/tls-options.js";
import type { DummyLevel } from "../dpif/dummy-netdevs.js";
import { OperatorError } from "../lib/errors.js";
import type { TlsFiles } from "../net/tls-files.js";
import { type Directories, directories } from "./directories.js";

/** The name of the stock daemon: of pid file, log file and control socket, and in messages. */
export const PROGRAM = "ovs-vswitchd";

const SPECS: readonly OptionSpec[] = [
  { name: "help", arg: "none", short: "h" },
  { name: "version", arg: "none", short: "V" },
  { name: "mlockall", arg: "none" },
  { name: "unixctl", arg: "required" },
  { name: "detach", arg: "none" },
  { name: "monitor", arg: "none" },
  { name: "user", arg: "required" },
  { name: "no-chdir", arg: "none" },
  { name: "no-self-confinement", arg: "none" },
  { name: "pidfile", arg: "optional" },
  { name: "overwrite-pidfile", arg: "none" },
  { name: "verbose", arg: "optional", short: "v" },
  { name: "log-file", arg: "optional" },
  { name: "syslog-method", arg: "required" },
  { name: "syslog-target", arg: "required" },
  ...TLS_OPTIONS,
  { name: "enable-dummy", arg: "optional" },
  { name: "dummy-numa", arg: "required" },
  { name: "disable-system", arg: "none" },
  { name: "disable-system-route", arg: "none" },
  { name: "hw-rawio-access", arg: "none" },
  { name: "dpdk", arg: "optional" },
];

/** A command line, read. */
export interface DaemonOptions {
  readonly directories: Directories;
  /** What `help` or `version` asks for instead of a daemon. */
  readonly show: "help" | "version" | undefined;
  /** Connection method of somebody else's database; undefined: the embedded one. */
  readonly database: string | undefined;
  readonly pidfile: string | undefined;
  readonly overwritePidfile: boolean;
  readonly detach: boolean;
  readonly monitor: boolean;
  readonly chdir: boolean;
  readonly mlockall: boolean;
  /** Path of the control socket; undefined: `<rundir>/ovs-vswitchd.<pid>.ctl`; null: none. */
  readonly unixctl: string | null | undefined;
  readonly logFile: string | undefined;
  /** Arguments of -v in order; null is a bare -v. */
  readonly verbose: readonly (string | null)[];
  readonly syslogMethod: string | undefined;
  readonly syslogTarget: string | undefined;
  readonly tls: TlsFiles | undefined;
  readonly dummy: DummyLevel | undefined;
  /** Nodes of the cores that the switch is to believe in. */
  readonly dummyNuma: string | undefined;
  readonly disableSystem: boolean;
  readonly disableSystemRoute: boolean;
  /** What was asked for and is not done, to be said at start. */
  readonly notices: readonly string[];
}

function last(options: readonly ParsedOption[], name: string): ParsedOption | undefined {
  return options.findLast((option) => option.name === name);
}

/** Only an absolute name stays true after the daemon has changed its directory. */
function fileOption(
  option: ParsedOption | undefined,
  folder: string,
  fallback: string,
): string | undefined {
  if (!option) return undefined;
  const name = option.value ?? fallback;
  return isAbsolute(name) ? name : join(folder, name);
}

function dummyLevel(option: ParsedOption | undefined): DummyLevel | undefined {
  if (!option) return undefined;
  switch (option.value) {
    case null:
      return "normal";
    case "override":
    case "system":
      return option.value;
    default:
      throw new OperatorError("EINVAL", `${option.value}: unknown dummy level`);
  }
}

function noticesOf(options: readonly ParsedOption[]): string[] {
  const user = last(options, "user");
  return user ? [`--user=${user.value}: ignored; the datapath needs the privileges of root`] : [];
}

/**
 * Reads the command line. Throws OptionError or OperatorError with the text that belongs after
 * "ovs-vswitchd: ".
 */
export function parseDaemonOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DaemonOptions {
  const { options, operands } = parseOptions(args, SPECS, true);
  const has = (name: string): boolean => last(options, name) !== undefined;
  if (has("dpdk")) {
    throw new OperatorError("EINVAL", "Using --dpdk to configure DPDK is not supported.");
  }
  if (operands.length > 1) {
    const text = "at most one non-option argument accepted; use --help for usage";
    throw new OperatorError("EINVAL", text);
  }
  const dirs = directories(env);
  const tls = new TlsOptions();
  for (const option of options) tls.apply(option);
  const unixctl = last(options, "unixctl")?.value;
  return {
    directories: dirs,
    show: has("help") ? "help" : has("version") ? "version" : undefined,
    database: operands[0],
    pidfile: fileOption(last(options, "pidfile"), dirs.run, `${PROGRAM}.pid`),
    overwritePidfile: has("overwrite-pidfile"),
    detach: has("detach"),
    monitor: has("monitor"),
    chdir: !has("no-chdir"),
    mlockall: has("mlockall"),
    unixctl: unixctl === "none" ? null : unixctl ? absolute(unixctl, dirs.run) : undefined,
    logFile: fileOption(last(options, "log-file"), dirs.log, `${PROGRAM}.log`),
    verbose: options.filter(({ name }) => name === "verbose").map(({ value }) => value),
    syslogMethod: last(options, "syslog-method")?.value ?? env.OVS_SYSLOG_METHOD,
    syslogTarget: last(options, "syslog-target")?.value ?? undefined,
    tls: tls.files,
    dummy: dummyLevel(last(options, "enable-dummy")),
    dummyNuma: last(options, "dummy-numa")?.value ?? undefined,
    disableSystem: has("disable-system"),
    disableSystemRoute: has("disable-system-route"),
    notices: noticesOf(options),
  };
}

function absolute(name: string, folder: string): string {
  return isAbsolute(name) ? name : join(folder, name);
}
