// SPDX-License-Identifier: Apache-2.0
import type { Decision } from "../../pmd/rxq/balancer.js";
import { threadTitle } from "../../pmd/stats/stats-show.js";
import type { BridgeManager } from "../bridge/bridge-manager.js";
import type { AutoLbState, SleepState } from "../dpif/pmd-operations.js";
import { type Command, structured } from "./command.js";
import { parsePmdArguments } from "./dpif-netdev.js";
import { AUTO_LB, autoLbJson, SLEEP, sleepJson } from "./pmd-json.js";

function sleepText({ defaultUs, pmds }: SleepState): string {
  const us = (value: number) => `${String(value).padStart(4)} us\n`;
  const blocks = pmds.map((pmd) => `${threadTitle(pmd)}\n  max sleep: ${us(pmd.maxUs)}`);
  return `Default max sleep: ${us(defaultUs)}${blocks.join("")}`;
}

function autoLbText(state: AutoLbState): string {
  const { enabled, intervalMinutes, loadThreshold, improvementThreshold } = state.settings;
  const lines = [
    `PMD auto load balance: ${enabled ? "enabled" : "disabled"}`,
    `  interval: ${intervalMinutes} min, load threshold: ${loadThreshold} %, ` +
      `improvement threshold: ${improvementThreshold} %`,
  ];
  if (state.nextLookMs !== undefined) {
    lines.push(`  next look: in ${seconds(state.nextLookMs - state.nowMs)} s`);
  }
  if (state.decisions.length === 0) lines.push("  no decisions yet");
  for (const decision of [...state.decisions].reverse()) {
    lines.push(...decisionLines(decision, state.nowMs));
  }
  return `${lines.join("\n")}\n`;
}

function decisionLines(decision: Decision, nowMs: number): string[] {
  const { outcome, reason, algorithm, settings, dryRun } = decision;
  const lines = [
    `decision ${seconds(nowMs - decision.atMs)} s ago: ${outcome}`,
    `  reason: ${reason}`,
    `  assignment: ${algorithm}, load threshold: ${settings.loadThreshold} %, ` +
      `improvement threshold: ${settings.improvementThreshold} %`,
  ];
  for (const pmd of decision.pmds) {
    const isolated = pmd.isolated ? ", isolated" : "";
    lines.push(
      `  core ${pmd.coreId} on numa node ${pmd.numaId}: load ${pmd.load} %, ` +
        `over the threshold for ${pmd.overloadedIntervals * 5} s${isolated}`,
    );
  }
  for (const node of dryRun?.nodes ?? []) {
    lines.push(
      `  numa node ${node.numaId}: variance ${node.currentVariance} now, ` +
        `${node.estimatedVariance} estimated, improvement ${node.improvement} %`,
    );
  }
  return lines;
}

function seconds(ms: number): number {
  return Math.max(0, Math.round(ms / 1000));
}

/** What PMDs are told to do, and what the load balancer thinks of it. */
export function pmdControlCommands(manager: BridgeManager): Command[] {
  return [
    structured({
      ...{ name: "dpif-netdev/pmd-sleep-show", usage: "[dp]", minArgs: 0, maxArgs: 1 },
      schema: SLEEP,
      read: (args) => parsePmdArguments(manager, args).dpif.pmdControl.sleep(),
      text: sleepText,
      json: sleepJson,
    }),
    structured({
      ...{ name: "dpif-netdev/pmd-auto-lb-show", usage: "[dp]", minArgs: 0, maxArgs: 1 },
      schema: AUTO_LB,
      read: (args) => parsePmdArguments(manager, args).dpif.pmdControl.autoLb(),
      text: autoLbText,
      json: autoLbJson,
    }),
  ];
}
