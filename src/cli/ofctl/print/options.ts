// SPDX-License-Identifier: Apache-2.0
import type { PortNames } from "../../../openflow/text/ports.js";

/** How messages are printed. */
export interface PrintOptions {
  /** 0 leaves packets out, 1 (the default of most commands) shows them, 2 adds headers. */
  readonly verbosity: number;
  /** Names to print ports by; undefined: numbers. */
  readonly ports: PortNames | undefined;
}
