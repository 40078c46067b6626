// SPDX-License-Identifier: Apache-2.0

/** Severities from never to everything. A destination shows messages at or above its level. */
export const LEVELS = ["off", "emer", "err", "warn", "info", "dbg"] as const;
export type Level = (typeof LEVELS)[number];
export type MessageLevel = Exclude<Level, "off">;

/** In the order in which vlog/list-pattern and our tables have them. */
export const DESTINATIONS = ["syslog", "console", "file"] as const;
export type Destination = (typeof DESTINATIONS)[number];

export type LevelIndex = 0 | 1 | 2 | 3 | 4 | 5;

export function levelIndex(level: Level): LevelIndex {
  return LEVELS.indexOf(level) as LevelIndex;
}

/** What one module shows where: an index into LEVELS per destination. */
export type ModuleLevels = Record<Destination, LevelIndex>;

/** A level by its name in any case, as on a command line. */
export function parseLevel(word: string): Level | undefined {
  return LEVELS.find((level) => level === word.toLowerCase());
}

export function parseDestination(word: string): Destination | undefined {
  return DESTINATIONS.find((destination) => destination === word.toLowerCase());
}

/** Syslog severities of RFC 5424 §6.2.1. */
export const SYSLOG_SEVERITY: Readonly<Record<MessageLevel, number>> = {
  emer: 1,
  err: 3,
  warn: 4,
  info: 6,
  dbg: 7,
};

/** Syslog facilities by the names that FACILITY: takes (RFC 5424 §6.2.1). */
export const SYSLOG_FACILITIES: Readonly<Record<string, number>> = {
  kern: 0,
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  clock: 9,
  ftp: 11,
  ntp: 12,
  audit: 13,
  alert: 14,
  clock2: 15,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
};
