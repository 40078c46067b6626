// SPDX-License-Identifier: Apache-2.0
import { systemClock } from "./clock.js";
import { LogFile, SystemLog, UdpSyslog, writeAll } from "./log-destinations.js";
import {
  DESTINATIONS,
  type Destination,
  LEVELS,
  type Level,
  levelIndex,
  type MessageLevel,
  type ModuleLevels,
  parseDestination,
  parseLevel,
  SYSLOG_FACILITIES,
  SYSLOG_SEVERITY,
} from "./log-levels.js";
import { formatRecord, type LogRecord } from "./log-pattern.js";
import type { RateLimit } from "./rate-limit.js";

export { RateLimit } from "./rate-limit.js";

/** A message, or a function that makes it when (and only when) somebody will see it. */
export type Message = string | (() => string);

/**
 * A module's logger. Every method takes an optional RateLimit: messages beyond it are dropped and
 * their number is reported with the next one that passes.
 */
export interface Logger {
  readonly module: string;
  emer(message: Message, limit?: RateLimit): void;
  err(message: Message, limit?: RateLimit): void;
  warn(message: Message, limit?: RateLimit): void;
  info(message: Message, limit?: RateLimit): void;
  dbg(message: Message, limit?: RateLimit): void;
  log(level: MessageLevel, message: Message, limit?: RateLimit): void;
  /** Whether a message of `level` would be shown anywhere. */
  enabled(level: MessageLevel): boolean;
  /** The same module, with `thread` shown as "module(thread)", for messages from a worker. */
  from(thread: string): Logger;
}

/** Formats of the stock daemon; see ovs-appctl(8). */
const DEFAULT_PATTERNS: Readonly<Record<Destination, string>> = {
  syslog: "ovs|%05N|%c%T|%p|%m",
  console: "%D{%Y-%m-%dT%H:%M:%SZ}|%05N|%c%T|%p|%m",
  file: "%D{%Y-%m-%dT%H:%M:%S.###Z}|%05N|%c%T|%p|%m",
};

/** What precedes a message sent straight to a syslog collector (RFC 3164 §4.1). */
const UDP_PREFIX = "<%B> %D{%h %e %T} %E %A: ";

interface ModuleState {
  readonly levels: ModuleLevels;
  honoursRateLimits: boolean;
}

/** Everything vlog holds, in one place: there is one log per process. */
class LogState {
  readonly modules = new Map<string, ModuleState>();
  /** What modules that register later start with. */
  readonly defaults: ModuleLevels = { syslog: 4, console: 4, file: 4 };
  readonly patterns: Record<Destination, string> = { ...DEFAULT_PATTERNS };
  readonly file = new LogFile();
  readonly system = new SystemLog(() => this.program);
  udp: UdpSyslog | undefined;
  systemEnabled = true;
  program = "ovs-vswitchd";
  facility = SYSLOG_FACILITIES.daemon as number;
  sequence = 0;
  readonly startedMs = systemClock.now();

  module(name: string): ModuleState {
    let state = this.modules.get(name);
    if (!state) {
      state = { levels: { ...this.defaults }, honoursRateLimits: true };
      this.modules.set(name, state);
    }
    return state;
  }

  write(level: MessageLevel, module: string, levels: ModuleLevels, text: string, thread: string) {
    const severity = levelIndex(level);
    const record: LogRecord = {
      program: this.program,
      module,
      level,
      message: text,
      sequence: ++this.sequence,
      wallMs: systemClock.wall(),
      uptimeMs: systemClock.now() - this.startedMs,
      thread,
      priority: this.facility * 8 + SYSLOG_SEVERITY[level],
    };
    if (severity <= levels.console) writeAll(2, `${formatRecord(this.patterns.console, record)}\n`);
    if (severity <= levels.syslog) this.#syslog(record);
    if (severity <= levels.file && this.file.isOpen) {
      this.file.write(formatRecord(this.patterns.file, record));
    }
  }

  #syslog(record: LogRecord): void {
    if (!this.systemEnabled && !this.udp) return;
    for (const line of record.message.split("\n")) {
      const one = { ...record, message: line };
      const text = formatRecord(this.patterns.syslog, one);
      if (this.systemEnabled) this.system.write(record.priority, text);
      this.udp?.write(formatRecord(UDP_PREFIX, one) + text);
    }
  }
}

const state = new LogState();

class ModuleLogger implements Logger {
  constructor(
    readonly module: string,
    private readonly own: ModuleState,
    private readonly thread: string,
  ) {}

  enabled(level: MessageLevel): boolean {
    const { syslog, console, file } = this.own.levels;
    const severity = levelIndex(level);
    return severity <= syslog || severity <= console || (severity <= file && state.file.isOpen);
  }

  log(level: MessageLevel, message: Message, limit?: RateLimit): void {
    if (!this.enabled(level)) return;
    if (limit && this.own.honoursRateLimits && !this.#admit(level, limit)) return;
    const text = typeof message === "string" ? message : message();
    state.write(level, this.module, this.own.levels, text, this.thread);
  }

  #admit(level: MessageLevel, limit: RateLimit): boolean {
    const verdict = limit.admit();
    if (!verdict.pass) return false;
    if (verdict.dropped > 0) {
      const first = Math.round((verdict.nowMs - verdict.firstMs) / 1000);
      const last = Math.round((verdict.nowMs - verdict.lastMs) / 1000);
      const text =
        `Dropped ${verdict.dropped} log messages in last ${first} seconds ` +
        `(most recently, ${last} seconds ago) due to excessive rate`;
      state.write(level, this.module, this.own.levels, text, this.thread);
    }
    return true;
  }

  emer = (message: Message, limit?: RateLimit): void => this.log("emer", message, limit);
  err = (message: Message, limit?: RateLimit): void => this.log("err", message, limit);
  warn = (message: Message, limit?: RateLimit): void => this.log("warn", message, limit);
  info = (message: Message, limit?: RateLimit): void => this.log("info", message, limit);
  dbg = (message: Message, limit?: RateLimit): void => this.log("dbg", message, limit);

  from(thread: string): Logger {
    return new ModuleLogger(this.module, this.own, thread);
  }
}

/**
 * The logger of a module; the same name always gives the same levels. Names are those of the stock
 * daemon where it has one ("bridge", "dpif_netdev" …), so that `vlog/set` scripts keep working.
 */
export function vlog(module: string): Logger {
  return new ModuleLogger(module, state.module(module), "");
}

const log = vlog("vlog");

/** The name in %A and in syslog; the program's base name. */
export function setLogProgram(name: string): void {
  state.program = name;
}

/** Sets the level of one module or of all, at one destination or at all. */
export function setLogLevel(
  level: Level,
  module: string | undefined,
  destination: Destination | undefined,
): void {
  const index = levelIndex(level);
  const where = destination ? [destination] : DESTINATIONS;
  const tables = module
    ? [state.module(module).levels]
    : [...state.modules.values()].map((m) => m.levels);
  if (!module) tables.push(state.defaults);
  for (const table of tables) for (const each of where) table[each] = index;
}

/** Sets the pattern of one destination, or of all. */
export function setLogPattern(destination: Destination | undefined, pattern: string): void {
  for (const each of destination ? [destination] : DESTINATIONS) state.patterns[each] = pattern;
}

function setPatternSpec(rest: string): string | undefined {
  const colon = rest.indexOf(":");
  const where = colon < 0 ? rest : rest.slice(0, colon);
  const destination = parseDestination(where);
  if (!destination && where.toLowerCase() !== "any") return `unknown destination "${where}"`;
  // A missing or empty pattern changes nothing, as in the stock daemon.
  if (colon >= 0 && colon + 1 < rest.length) setLogPattern(destination, rest.slice(colon + 1));
  return undefined;
}

/**
 * One argument of `vlog/set` or of `-v`/`--verbose`: "PATTERN:destination:pattern",
 * "FACILITY:name", or words for a level, a destination and a module in any order and separated by
 * spaces, commas or colons; what is missing means dbg, everywhere and every module.
 * Returns undefined, or the stock daemon's error text.
 */
export function setLogSpec(spec: string): string | undefined {
  const upper = spec.toUpperCase();
  if (upper.startsWith("PATTERN:")) return setPatternSpec(spec.slice("PATTERN:".length));
  if (upper.startsWith("FACILITY:")) {
    const facility = SYSLOG_FACILITIES[spec.slice("FACILITY:".length).toLowerCase()];
    if (facility === undefined) return "invalid facility";
    state.facility = facility;
    return undefined;
  }
  let level: Level | undefined;
  let destination: Destination | undefined;
  let module: string | undefined;
  for (const word of spec.split(/[ ,:]+/).filter((w) => w !== "")) {
    if (word.toUpperCase() === "ANY") continue;
    const asLevel = parseLevel(word);
    const asDestination = parseDestination(word);
    const name = word.replaceAll("-", "_");
    if (asLevel) {
      if (level) return "cannot specify multiple levels";
      level = asLevel;
    } else if (asDestination) {
      if (destination) return "cannot specify multiple destinations";
      destination = asDestination;
    } else if (state.modules.has(name)) {
      if (module) return "cannot specify multiple modules";
      module = name;
    } else {
      return `no destination, level, or module "${word}"`;
    }
  }
  setLogLevel(level ?? "dbg", module, destination);
  return undefined;
}

/** What a module shows where. */
export interface ModuleLog extends Record<Destination, Level> {
  readonly module: string;
}

/** Levels of all modules, in order of name. */
export function logLevels(): ModuleLog[] {
  return [...state.modules.keys()].sort().map((module) => {
    const { console, syslog, file } = state.module(module).levels;
    const level = (index: number): Level => LEVELS[index] as Level;
    return { module, console: level(console), syslog: level(syslog), file: level(file) };
  });
}

/** What precedes a message at a destination and how the message is made; "none": nothing does. */
export interface LogPattern {
  readonly prefix: string;
  readonly format: string;
}

export function logPatterns(): Record<Destination, LogPattern> {
  const { syslog, console, file } = state.patterns;
  return {
    syslog: { prefix: UDP_PREFIX, format: syslog },
    console: { prefix: "none", format: console },
    file: { prefix: "none", format: file },
  };
}

/** Opens the log file (`--log-file=path`). Returns undefined, or why that failed. */
export function openLogFile(path: string): string | undefined {
  const error = state.file.open(path);
  if (error !== undefined) {
    log.warn(`failed to open ${path} for logging: ${error}`);
    return error;
  }
  log.info(`opened log file ${path}`);
  return undefined;
}

/** `vlog/reopen`: after log rotation. Returns the error text of the reply, or undefined. */
export function reopenLogFile(): string | undefined {
  const path = state.file.path;
  if (path === undefined) return "Logging to file not configured";
  if (state.file.isOpen) log.info("closing log file");
  state.file.close();
  return openLogFile(path);
}

/** `vlog/close`: stops writing the log file until it is reopened. */
export function closeLogFile(): void {
  state.file.close();
}

/** Also sends messages to a syslog collector at UDP `host`:`port` (`--syslog-target`). */
export function setSyslogTarget(host: string, port: number): void {
  state.udp?.close();
  state.udp = new UdpSyslog(host, port);
}

/** Turns the local syslog on or off (`--syslog-method=null`). */
export function setSystemLog(enabled: boolean): void {
  state.systemEnabled = enabled;
}

/**
 * `vlog/enable-rate-limit` and `vlog/disable-rate-limit`; no or "any" modules means all.
 * Returns undefined, or the stock daemon's error text.
 */
export function setRateLimiting(modules: readonly string[], enabled: boolean): string | undefined {
  const all = modules.length === 0 || modules.some((m) => m.toLowerCase() === "any");
  const names = all ? [...state.modules.keys()] : modules.map((m) => m.replaceAll("-", "_"));
  if (!names.every((name) => state.modules.has(name))) return "unknown module";
  for (const name of names) state.module(name).honoursRateLimits = enabled;
  return undefined;
}
