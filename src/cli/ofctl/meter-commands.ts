// SPDX-License-Identifier: Apache-2.0
/** Commands about meters: ovs-ofctl(8), "Meter Table Commands". */
import type { OfMessage } from "../../openflow/messages/messages.js";
import { METER_COMMAND, METER_ID } from "../../openflow/meter.js";
import { parseMeter } from "../../openflow/meter-text.js";
import { PROTOCOLS } from "../../openflow/protocols.js";
import { DONE, type OfctlCommand } from "./command.js";
import type { OfctlContext } from "./context.js";
import { chooseForFlows } from "./flow-format.js";

function meterCommand(command: number) {
  return async (context: OfctlContext, [target, text]: readonly string[]) => {
    const all = { type: "meter_mod", command, flags: 0, meterId: METER_ID.ALL, bands: [] } as const;
    const message = text === undefined ? all : parseMeter(text, command);
    await context.with(target!, async (connection) => {
      await chooseForFlows(context, connection, PROTOCOLS.OF13_UP);
      const error = await connection.transactNoReply(message);
      if (error !== undefined) await context.fail(target!, error);
    });
    return DONE;
  };
}

/** Asks about one meter, or all of them. */
function request(make: (meterId: number) => OfMessage) {
  return async (context: OfctlContext, [target, text]: readonly string[]) => {
    const meterId = text === undefined ? METER_ID.ALL : parseMeter(text, null).meterId;
    await context.with(target!, async (connection) => {
      await chooseForFlows(context, connection, PROTOCOLS.OF13_UP);
      for await (const bytes of connection.transactMultipart(make(meterId))) {
        await context.print(target!, bytes);
      }
    });
    return DONE;
  };
}

const dumpMeters = request((meterId) => ({ type: "meter_config_request", meterId }));
const meterStats = request((meterId) => ({ type: "meter_stats_request", meterId }));
const deleteMeters = meterCommand(METER_COMMAND.DELETE);
const meterFeatures = request(() => ({ type: "meter_features_request" }));

const writing = (name: string, minArgs: number, run: OfctlCommand["run"]): OfctlCommand => ({
  ...{ name, minArgs, maxArgs: 2, writes: true, run },
});

export const METER_COMMANDS: readonly OfctlCommand[] = [
  writing("add-meter", 2, meterCommand(METER_COMMAND.ADD)),
  writing("mod-meter", 2, meterCommand(METER_COMMAND.MODIFY)),
  writing("del-meter", 1, deleteMeters),
  writing("del-meters", 1, deleteMeters),
  { name: "dump-meter", minArgs: 1, maxArgs: 2, run: dumpMeters },
  { name: "dump-meters", minArgs: 1, maxArgs: 2, run: dumpMeters },
  { name: "meter-stats", minArgs: 1, maxArgs: 2, run: meterStats },
  { name: "meter-features", minArgs: 1, maxArgs: 1, run: meterFeatures },
];
