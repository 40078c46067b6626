// SPDX-License-Identifier: Apache-2.0
import { autoAttach } from "./auto-attach.js";
import { bridge } from "./bridge.js";
import { controller, manager } from "./controller.js";
import { ctTimeoutPolicy, ctZone, datapath } from "./datapath.js";
import { flowTable } from "./flow-table.js";
import { interfaceTable } from "./interface.js";
import { flowSampleCollectorSet, ipfix } from "./ipfix.js";
import { mirror } from "./mirror.js";
import { netFlow } from "./netflow.js";
import { openVSwitch } from "./open-vswitch.js";
import { port } from "./port.js";
import { qos, queue } from "./qos.js";
import type { Row as AnyRow, RowValues as AnyRowValues, NewRow } from "./rows.js";
import { sFlow } from "./sflow.js";
import type { Database } from "./spec.js";
import { ssl } from "./ssl.js";

/** The configuration database of the switch, at the level of Open vSwitch 3.1. */
export const openVSwitchDatabase = {
  name: "Open_vSwitch",
  version: "8.3.1",
  cksum: "3012963480 26720",
  tables: {
    Open_vSwitch: openVSwitch,
    Bridge: bridge,
    Port: port,
    Interface: interfaceTable,
    Flow_Table: flowTable,
    QoS: qos,
    Queue: queue,
    Mirror: mirror,
    NetFlow: netFlow,
    sFlow: sFlow,
    IPFIX: ipfix,
    Flow_Sample_Collector_Set: flowSampleCollectorSet,
    Controller: controller,
    Manager: manager,
    Datapath: datapath,
    CT_Zone: ctZone,
    CT_Timeout_Policy: ctTimeoutPolicy,
    SSL: ssl,
    AutoAttach: autoAttach,
  },
} as const satisfies Database;

export type OpenVSwitchTables = (typeof openVSwitchDatabase)["tables"];
export type OvsTableName = keyof OpenVSwitchTables;

/** A row of a table of this database: Row<"Bridge">, Row<"Interface"> … */
export type Row<N extends OvsTableName> = AnyRow<OpenVSwitchTables, N>;
/** Values to insert into, or to update in, a table of this database. */
export type RowValues<N extends OvsTableName> = AnyRowValues<OpenVSwitchTables, N>;
export type { NewRow };
