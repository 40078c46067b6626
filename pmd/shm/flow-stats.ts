// SPDX-License-Identifier: Apache-2.0
/**
 * Statistics per flow id: one record each, written by the PMD that owns the flow.
 *
 *   0        8      16        24         26       32
 *   | packets| bytes| used_ms | tcp_flags| unused |
 *
 * `used_ms`: milliseconds of CLOCK_MONOTONIC (the clock of `process.hrtime`), 0 when never used.
 * Exact once the PMD has finished the burst; a record is zeroed when FLOW_PUT is applied.
 */

import { struct } from "./struct-layout.js";

export const FLOW_STATS = struct("FlowStats", 32, [
  ["packets", 8],
  ["bytes", 8],
  ["used_ms", 8],
  ["tcp_flags", 2],
]);
