// SPDX-License-Identifier: Apache-2.0
/** The families of commands. A new one is a file of its own and a line here. */
import type { BridgeManager } from "../bridge/bridge-manager.js";
import type { Command } from "./command.js";
import { coverageCommands } from "./coverage.js";
import { type DaemonControl, daemonCommands } from "./daemon.js";
import { dpctlCommands } from "./dpctl.js";
import { dpifCommands, upcallCommands } from "./dpif.js";
import { dpifNetdevCommands } from "./dpif-netdev.js";
import { fdbCommands } from "./fdb.js";
import { implementationCommands } from "./implementations.js";
import { netdevDummyCommands } from "./netdev-dummy.js";
import { ofprotoCommands } from "./ofproto.js";
import { pmdControlCommands } from "./pmd-control.js";
import { pmdPerfCommands } from "./pmd-perf.js";
import { pmdStallCommands } from "./pmd-stalls.js";
import { pmdTopCommands } from "./pmd-top.js";
import { rxqPlanCommands } from "./rxq-plan.js";
import { timeCommands } from "./time.js";
import { upcallSwitches } from "./upcall-switches.js";
import { vlogCommands } from "./vlog.js";

export function allCommands(manager: BridgeManager, control: DaemonControl): Command[] {
  return [
    ...vlogCommands,
    ...daemonCommands(manager, control),
    ...coverageCommands(manager),
    ...dpifNetdevCommands(manager),
    ...pmdPerfCommands(manager),
    ...pmdControlCommands(manager),
    ...pmdStallCommands(manager),
    ...pmdTopCommands(manager),
    ...rxqPlanCommands(manager),
    ...dpctlCommands(manager),
    ...implementationCommands(manager),
    ...dpifCommands(manager),
    ...upcallCommands(manager),
    ...upcallSwitches(manager),
    ...fdbCommands(manager),
    ...ofprotoCommands(manager),
    ...netdevDummyCommands(manager),
    ...timeCommands(manager),
  ];
}
