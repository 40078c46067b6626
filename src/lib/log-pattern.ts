// SPDX-License-Identifier: Apache-2.0
import { hostname } from "node:os";

/** What one log message is made of; formatted by a pattern. */
export interface LogRecord {
  readonly program: string;
  readonly module: string;
  readonly level: string;
  readonly message: string;
  readonly sequence: number;
  readonly wallMs: number;
  readonly uptimeMs: number;
  /** Empty for the main thread. */
  readonly thread: string;
  /** Syslog priority value: facility * 8 + severity. */
  readonly priority: number;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const two = (n: number): string => String(n).padStart(2, "0");

interface DateParts {
  year: number;
  month: number;
  day: number;
  weekday: number;
  hour: number;
  minute: number;
  second: number;
  ms: number;
}

function dateParts(wallMs: number, utc: boolean): DateParts {
  const d = new Date(wallMs);
  return utc
    ? {
        year: d.getUTCFullYear(),
        month: d.getUTCMonth(),
        day: d.getUTCDate(),
        weekday: d.getUTCDay(),
        hour: d.getUTCHours(),
        minute: d.getUTCMinutes(),
        second: d.getUTCSeconds(),
        ms: d.getUTCMilliseconds(),
      }
    : {
        year: d.getFullYear(),
        month: d.getMonth(),
        day: d.getDate(),
        weekday: d.getDay(),
        hour: d.getHours(),
        minute: d.getMinutes(),
        second: d.getSeconds(),
        ms: d.getMilliseconds(),
      };
}

function dateField(letter: string, p: DateParts, wallMs: number): string {
  switch (letter) {
    case "Y":
      return String(p.year);
    case "y":
      return two(p.year % 100);
    case "m":
      return two(p.month + 1);
    case "d":
      return two(p.day);
    case "e":
      return String(p.day).padStart(2, " ");
    case "H":
      return two(p.hour);
    case "I":
      return two(p.hour % 12 || 12);
    case "M":
      return two(p.minute);
    case "S":
      return two(p.second);
    case "p":
      return p.hour < 12 ? "AM" : "PM";
    case "a":
      return DAYS[p.weekday] as string;
    case "b":
    case "h":
      return MONTHS[p.month] as string;
    case "T":
      return `${two(p.hour)}:${two(p.minute)}:${two(p.second)}`;
    case "F":
      return `${p.year}-${two(p.month + 1)}-${two(p.day)}`;
    case "s":
      return String(Math.floor(wallMs / 1000));
    case "%":
      return "%";
    default:
      return `%${letter}`;
  }
}

/**
 * strftime(3) of `wallMs` (Unix milliseconds) with the common conversions; a run of `#` becomes
 * that many digits of the fraction of the second, as in "%H:%M:%S.###".
 */
export function formatDate(template: string, wallMs: number, utc: boolean): string {
  const parts = dateParts(wallMs, utc);
  return template
    .replace(/%(.)/g, (_, letter: string) => dateField(letter, parts, wallMs))
    .replace(/#+/g, (run) =>
      String(parts.ms).padStart(3, "0").padEnd(run.length, "0").slice(0, run.length),
    );
}

const LEVEL_NAMES: Readonly<Record<string, string>> = {
  emer: "EMER",
  err: "ERR",
  warn: "WARN",
  info: "INFO",
  dbg: "DBG",
};

function conversion(letter: string, argument: string, r: LogRecord): string {
  switch (letter) {
    case "A":
      return r.program;
    case "B":
      return String(r.priority);
    case "c":
      return r.module;
    case "d":
      return formatDate(argument || "%Y-%m-%d %H:%M:%S", r.wallMs, false);
    case "D":
      return formatDate(argument || "%Y-%m-%d %H:%M:%S", r.wallMs, true);
    case "E":
      return hostname();
    case "m":
      return r.message;
    case "N":
      return String(r.sequence);
    case "n":
      return "\n";
    case "p":
      return LEVEL_NAMES[r.level] ?? r.level;
    case "P":
      return String(process.pid);
    case "r":
      return String(Math.floor(r.uptimeMs));
    case "t":
      return r.thread || argument || "main";
    case "T":
      return r.thread ? `(${r.thread})` : argument;
    case "%":
      return "%";
    default:
      return `%${letter}`;
  }
}

/**
 * Formats a record by a pattern of ovs-appctl(8) "PATTERN:destination:pattern": conversions
 * %A %B %c %d{} %D{} %E %m %N %n %p %P %r %t{} %T{} %%, each with an optional field width
 * (`-` left-justifies, a leading `0` pads with zeros).
 */
export function formatRecord(pattern: string, record: LogRecord): string {
  return pattern.replace(
    /%(-?)(0?)(\d*)([A-Za-z%])(?:(?<=[dDtT])\{([^}]*)\})?/g,
    (
      _,
      minus: string,
      zero: string,
      width: string,
      letter: string,
      argument: string | undefined,
    ) => {
      const text = conversion(letter, argument ?? "", record);
      const size = Number(width);
      return minus ? text.padEnd(size, " ") : text.padStart(size, zero || " ");
    },
  );
}
