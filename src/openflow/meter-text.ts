// SPDX-License-Identifier: Apache-2.0
/** Meters in text: `ovs-ofctl(8)`, "Meter Table Commands" and "Meter Syntax". */
import type { MeterFeaturesReply, MeterMod } from "./messages/meters.js";
import {
  BAND_TYPE,
  METER_COMMAND,
  METER_FLAG,
  METER_ID,
  type MeterBand,
  type MeterConfig,
} from "./meter.js";
import { parseU8, parseU32, syntaxError } from "./text/numbers.js";

const RESERVED: readonly (readonly [name: string, id: number])[] = [
  ["slowpath", METER_ID.SLOWPATH],
  ["controller", METER_ID.CONTROLLER],
  ["all", METER_ID.ALL],
];
const FLAGS: readonly (readonly [name: string, bit: number])[] = [
  ["kbps", METER_FLAG.KBPS],
  ["pktps", METER_FLAG.PKTPS],
  ["burst", METER_FLAG.BURST],
  ["stats", METER_FLAG.STATS],
];
const BANDS: readonly (readonly [name: string, type: number])[] = [
  ["drop", BAND_TYPE.DROP],
  ["dscp_remark", BAND_TYPE.DSCP_REMARK],
];

/** The number of a meter, or the name of one that is not for flows. */
export function formatMeterId(id: number): string {
  if (id <= METER_ID.MAX) return String(id);
  return RESERVED.find(([, reserved]) => reserved === id)?.[0] ?? "unknown";
}

function formatBand(band: MeterBand, flags: number): string {
  const name = BANDS.find(([, type]) => type === band.type)?.[0] ?? String(band.type);
  const burst = flags & METER_FLAG.BURST ? ` burst_size=${band.burstSize}` : "";
  const level = band.type === BAND_TYPE.DSCP_REMARK ? ` prec_level=${band.precLevel}` : "";
  return `\ntype=${name} rate=${band.rate}${burst}${level}`;
}

/** `meter=1 kbps bands=`, then a line per band. */
export function formatMeterConfig({ meterId, flags, bands }: MeterConfig): string {
  const known = FLAGS.filter(([, bit]) => flags & bit);
  const rest = known.reduce((left, [, bit]) => left & ~bit, flags);
  const words = known.map(([name]) => `${name} `).join("");
  const other = rest ? `flags:0x${rest.toString(16)} ` : "";
  const lines = bands.map((band) => formatBand(band, flags)).join("");
  return `meter=${formatMeterId(meterId)} ${words}${other}bands=${lines}\n`;
}

function bitNames(bits: number, names: readonly (readonly [string, number])[]): string {
  if (bits === 0) return "0";
  const found = names.filter(([, bit]) => bits & bit);
  const rest = found.reduce((left, [, bit]) => left & ~bit, bits) >>> 0;
  return [...found.map(([name]) => name), ...(rest ? [`0x${rest.toString(16)}`] : [])].join(" ");
}

/** What a switch says about its meters, from the line break on. */
export function formatMeterFeatures(m: MeterFeaturesReply): string {
  const types = BANDS.map(([name, type]) => [name, 1 << type] as const);
  return (
    `\nmax_meter:${m.maxMeters} max_bands:${m.maxBands} max_color:${m.maxColor}\n` +
    `band_types: ${bitNames(m.bandTypes, types)}\n` +
    `capabilities: ${bitNames(m.capabilities, FLAGS)}\n`
  );
}

/** Words as the stock tool cuts them: a name up to a blank, comma or `=`, a value up to a blank or
 * comma. */
class Words {
  constructor(private rest: string) {}

  name(): string | undefined {
    return this.take(/^[=, \t\r\n]*([^=, \t\r\n]+)/);
  }

  value(name: string): string {
    const value = this.take(/^[, \t\r\n=]?[, \t\r\n]*([^, \t\r\n]+)/);
    if (value === undefined) throw syntaxError(`field ${name} missing value`);
    return value;
  }

  private take(pattern: RegExp): string | undefined {
    const found = pattern.exec(this.rest);
    if (!found) return undefined;
    this.rest = this.rest.slice(found[0].length);
    return found[1];
  }
}

function parseMeterId(value: string): number {
  const reserved = RESERVED.find(([name]) => name === value)?.[1];
  if (reserved !== undefined) return reserved;
  const id = parseU32(value);
  if (id > METER_ID.MAX || id === 0) throw syntaxError("invalid value for meter");
  return id;
}

function parseHead(text: string, withFlags: boolean): { meterId: number; flags: number } {
  const words = new Words(text);
  let [meterId, flags] = [0, 0];
  for (let name = words.name(); name !== undefined; name = words.name()) {
    const word = name;
    const flag = withFlags ? FLAGS.find(([each]) => each === word)?.[1] : undefined;
    if (flag !== undefined) {
      flags |= flag;
      continue;
    }
    const value = words.value(name);
    if (name !== "meter") throw syntaxError(`unknown keyword ${name}`);
    meterId = parseMeterId(value);
  }
  if (meterId === 0) throw syntaxError("must specify 'meter'");
  if (withFlags && flags === 0) {
    throw syntaxError("meter must specify either 'kbps' or 'pktps'");
  }
  return { meterId, flags };
}

type Draft = { -readonly [K in keyof MeterBand]: MeterBand[K] };

function parseBandKey(band: Draft, name: string, value: string): void {
  if (name === "rate") band.rate = parseU32(value);
  else if (name === "burst_size") band.burstSize = parseU32(value);
  else if (name === "prec_level") band.precLevel = parseU8(value, name);
  else throw syntaxError(`unknown keyword ${name}`);
}

function parseBands(text: string): Draft[] {
  const words = new Words(text);
  const bands: Draft[] = [];
  for (let name = words.name(); name !== undefined; name = words.name()) {
    const value = words.value(name);
    const last = bands.at(-1);
    if (name === "type") {
      const type = BANDS.find(([each]) => each === value)?.[1];
      if (type === undefined) throw syntaxError(`field ${name} unknown value ${value}`);
      bands.push({ type, rate: 0, burstSize: 0, precLevel: 0 });
    } else if (!last) {
      throw syntaxError("band must start with the 'type' keyword");
    } else {
      parseBandKey(last, name, value);
    }
  }
  if (bands.length === 0) throw syntaxError("meter must have bands");
  return bands;
}

function checkBand(band: MeterBand, flags: number): void {
  const isRemark = band.type === BAND_TYPE.DSCP_REMARK;
  if (isRemark && !band.precLevel) {
    throw syntaxError("'dscp_remark' band must have 'prec_level'");
  }
  if (!isRemark && band.precLevel) {
    throw syntaxError("Only 'dscp_remark' band may have 'prec_level'");
  }
  if (!band.rate) throw syntaxError("band must have 'rate'");
  const hasBurst = (flags & METER_FLAG.BURST) !== 0;
  if (hasBurst && !band.burstSize) {
    throw syntaxError("band must have 'burst_size' when 'burst' flag is set");
  }
  if (!hasBurst && band.burstSize) {
    throw syntaxError("band may have 'burst_size' only when 'burst' flag is set");
  }
}

/** Reads a meter for `command` (METER_COMMAND); null: only its number, as for a request. Throws
 * the message of `ovs-ofctl`. */
export function parseMeter(text: string, command: number | null): MeterMod {
  const hasBands = command === METER_COMMAND.ADD || command === METER_COMMAND.MODIFY;
  const what = { type: "meter_mod", command: command ?? METER_COMMAND.DELETE } as const;
  if (!hasBands) return { ...what, ...parseHead(text, false), bands: [] };
  const at = text.indexOf("band");
  const equals = at < 0 ? -1 : text.indexOf("=", at + 1);
  if (equals < 0) throw syntaxError("must specify bands");
  const head = parseHead(text.slice(0, at), true);
  const bands = parseBands(text.slice(equals + 1));
  for (const band of bands) checkBand(band, head.flags);
  return { ...what, ...head, bands };
}
