// SPDX-License-Identifier: Apache-2.0
import type { PmdCore } from "../../pmd/rxq/assign.js";
import type { DpifStartOptions } from "./dpif.js";
import type { DpifLog } from "./log.js";

/** What the start found out. */
export interface DatapathStart {
  readonly options: DpifStartOptions;
  readonly log: DpifLog;
  readonly dpdkInitialized: boolean;
  readonly hugepages: boolean;
  /** Cores that PMDs may be on. */
  readonly cores: readonly PmdCore[];
  /** Cores that this process may use: others but with `--dummy-numa`. */
  readonly ownCores: readonly number[];
  readonly socketDir: string;
}
