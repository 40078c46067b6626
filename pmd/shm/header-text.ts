// SPDX-License-Identifier: Apache-2.0
/**
 * The C++ side of the contract as text, and its fingerprint.
 *
 * The fingerprint is compiled into the addon; whoever loads the addon compares it with
 * `abiFingerprint()` and refuses to go on when they differ.
 */

import { createHash } from "node:crypto";
import { ACTION, HASH_ALG } from "./actions.js";
import { COMMAND, COMMAND_STRUCTS, RESOLVE } from "./commands.js";
import * as counters from "./counters.js";
import { DROP_REASONS } from "./drop-reasons.js";
import {
  ETH_TYPE_NONE,
  FRAG_ANY,
  FRAG_LATER,
  KEY_BYTES,
  KEY_CLASS_BYTES,
  KEY_FIELDS,
  VLAN_CFI,
} from "./flow-key.js";
import { FLOW_STATS } from "./flow-stats.js";
import * as limits from "./limits.js";
import {
  PERF_BINS,
  PERF_BLOCK,
  PERF_BLOCK_BYTES,
  PERF_EVENTS_MAX,
  PERF_HISTOGRAMS,
  PERF_HISTORY,
  PERF_STRUCTS,
  SUSPICION,
} from "./perf.js";
import { CACHE_LINE, CONTROL_WORDS, PMD_SHM, PMD_SHM_BYTES } from "./pmd-shm.js";
import { RING_HEADER_BYTES } from "./ring.js";
import { STALL_STEP, STALL_STRUCTS, STALLS_KEPT } from "./stalls.js";
import type { StructLayout } from "./struct-layout.js";
import { INSTALL, UPCALL, UPCALL_RECORD } from "./upcalls.js";

const KEY: StructLayout = { name: "FlowKey", bytes: KEY_BYTES, fields: KEY_FIELDS };

function pascal(name: string): string {
  const camelCase = /^[a-z]+[A-Z]/.test(name);
  if (camelCase) return name.charAt(0).toUpperCase() + name.slice(1);
  return name
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join("");
}

function constants(prefix: string, values: Readonly<Record<string, number>>): string[] {
  return Object.entries(values).map(
    ([name, value]) => `inline constexpr uint32_t k${prefix}${pascal(name)} = ${value};`,
  );
}

function indexes(enumName: string, names: readonly string[]): string[] {
  return [
    `enum ${enumName} : uint32_t {`,
    ...names.map((name, index) => `  k${enumName}${pascal(name)} = ${index},`),
    `  k${enumName}Count = ${names.length},`,
    "};",
  ];
}

function structText(layout: StructLayout): string[] {
  const fields = Object.entries(layout.fields).sort(([, a], [, b]) => a.offset - b.offset);
  const lines = [`struct ${layout.name} {`];
  let offset = 0;
  const padTo = (target: number) => {
    if (target > offset) lines.push(`  uint8_t pad_${offset}[${target - offset}];`);
  };
  for (const [name, { offset: at, bytes }] of fields) {
    padTo(at);
    const integer = (bytes === 2 || bytes === 4 || bytes === 8) && at % bytes === 0;
    if (bytes === 1) lines.push(`  uint8_t ${name};`);
    else if (integer) lines.push(`  uint${bytes * 8}_t ${name};`);
    else lines.push(`  uint8_t ${name}[${bytes}];`);
    offset = at + bytes;
  }
  padTo(layout.bytes);
  lines.push("};");
  lines.push(`static_assert(sizeof(${layout.name}) == ${layout.bytes});`);
  for (const [name, { offset: at }] of fields) {
    lines.push(`static_assert(offsetof(${layout.name}, ${name}) == ${at});`);
  }
  return lines;
}

/** Sorted: the order of a module's exports depends on who loads it. */
function numericLimits(): Record<string, number> {
  const numbers = Object.entries(limits).filter(([, value]) => typeof value === "number");
  return Object.fromEntries(numbers.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function body(): string {
  const sections = [
    constants("", numericLimits()),
    constants("", { CACHE_LINE, RING_HEADER_BYTES, PMD_SHM_BYTES }),
    constants("Shm", PMD_SHM as Record<string, number>),
    constants("Control", CONTROL_WORDS),
    constants("", { KEY_BYTES, FRAG_ANY, FRAG_LATER, VLAN_CFI, ETH_TYPE_NONE }),
    [`inline constexpr uint32_t kKeyClassBytes[3] = {${KEY_CLASS_BYTES.join(", ")}};`],
    structText(KEY),
    constants("Command", COMMAND),
    constants("Resolve", RESOLVE),
    ...COMMAND_STRUCTS.map((layout) => structText(layout)),
    constants("Upcall", UPCALL),
    constants("Install", INSTALL),
    structText(UPCALL_RECORD),
    constants("Action", ACTION),
    constants("HashAlg", HASH_ALG),
    structText(FLOW_STATS),
    constants("", { PERF_BINS, PERF_HISTORY, PERF_EVENTS_MAX, PERF_BLOCK_BYTES }),
    constants("PerfOffset", PERF_BLOCK),
    constants("Suspicion", SUSPICION),
    indexes("PerfHistogram", PERF_HISTOGRAMS),
    ...PERF_STRUCTS.map((layout) => structText(layout)),
    constants("", { STALLS_KEPT }),
    constants("StallStep", STALL_STEP),
    ...STALL_STRUCTS.map((layout) => structText(layout)),
    indexes("PmdCounter", counters.PMD_COUNTERS),
    indexes("PortCounter", counters.PORT_COUNTERS),
    indexes("RxqCounter", counters.RXQ_COUNTERS),
    constants("", {
      PMD_COUNTERS_BYTES: counters.PMD_COUNTERS_BYTES,
      PORT_COUNTERS_BYTES: counters.PORT_COUNTERS_BYTES,
      RXQ_COUNTERS_BYTES: counters.RXQ_COUNTERS_BYTES,
    }),
    indexes("Drop", DROP_REASONS),
  ];
  return sections.map((lines) => lines.join("\n")).join("\n\n");
}

/** Of everything that both sides must agree on. */
export function abiFingerprint(): string {
  return createHash("sha256").update(body()).digest("hex").slice(0, 16);
}

/** native/generated/shm.h */
export function headerText(): string {
  return `// SPDX-License-Identifier: Apache-2.0
// Generated from pmd/shm by generate-header.ts. Do not edit.
#pragma once
#include <cstddef>
#include <cstdint>

namespace pollux {

inline constexpr char kAbiFingerprint[] = "${abiFingerprint()}";

${body()}

}  // namespace pollux
`;
}
