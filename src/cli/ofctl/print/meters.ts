// SPDX-License-Identifier: Apache-2.0
/** Messages about meters, in text. */
import type {
  MeterConfigReply,
  MeterConfigRequest,
  MeterMod,
  MeterStats,
  MeterStatsReply,
  MeterStatsRequest,
} from "../../../openflow/messages/meters.js";
import { METER_COMMAND } from "../../../openflow/meter.js";
import { formatMeterConfig, formatMeterId } from "../../../openflow/meter-text.js";
import { durationText } from "./duration.js";

const COMMANDS: Record<number, string> = {
  [METER_COMMAND.ADD]: "ADD",
  [METER_COMMAND.MODIFY]: "MOD",
  [METER_COMMAND.DELETE]: "DEL",
};

export function meterModText(m: MeterMod): string {
  return ` ${COMMANDS[m.command] ?? `cmd:${m.command}`} ${formatMeterConfig(m)}`;
}

export function meterRequestText({ meterId }: MeterStatsRequest | MeterConfigRequest): string {
  return ` meter=${formatMeterId(meterId)}`;
}

export function meterConfigText({ meters }: MeterConfigReply): string {
  return meters.map((meter) => `\n${formatMeterConfig(meter)}`).join("");
}

function statsText(meter: MeterStats): string {
  const bands = meter.bands.map(
    ({ packets, bytes }, i) => `${i}: packet_count:${packets} byte_count:${bytes}\n`,
  );
  return (
    `\nmeter:${formatMeterId(meter.meterId)} flow_count:${meter.flowCount} ` +
    `packet_in_count:${meter.packets} byte_in_count:${meter.bytes} ` +
    `duration:${durationText(meter.durationMs)} bands:\n${bands.join("")}`
  );
}

export function meterStatsText({ meters }: MeterStatsReply): string {
  return meters.map(statsText).join("");
}
