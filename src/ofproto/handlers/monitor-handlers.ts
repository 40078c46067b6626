// SPDX-License-Identifier: Apache-2.0
/** Messages about flow monitors. */
import { OfpError } from "../../openflow/errors.js";
import { MONITOR_FLAG } from "../../openflow/messages/flow-monitor.js";
import { FLOW_EVENT } from "../../openflow/messages/flow-updates.js";
import { TABLE_ALL } from "../../openflow/messages/port-number.js";
import { refresh } from "../connmgr/flow-monitors.js";
import { TABLES } from "../ofproto-table.js";
import type { Handler } from "./handler.js";

function checkTable(tableId: number): void {
  if (tableId !== TABLE_ALL && tableId >= TABLES) throw new OfpError("OFPBRC_BAD_TABLE_ID");
}

/** Answers with the flows that there are, where a monitor wants them. */
export const flowMonitor: Handler<"flow_monitor_request"> = (request, message) => {
  const { ofproto, connection } = request;
  const added = connection.monitors.request(message.monitors, checkTable);
  const initial = added.filter(({ flags }) => (flags & MONITOR_FLAG.INITIAL) !== 0);
  const updates = refresh(initial, ofproto.flows, () => FLOW_EVENT.INITIAL);
  request.reply({ type: "flow_monitor_reply", updates });
};

export const flowMonitorCancel: Handler<"flow_monitor_cancel"> = ({ connection }, message) => {
  connection.monitors.cancel(message.id);
};
