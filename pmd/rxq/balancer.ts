// SPDX-License-Identifier: Apache-2.0
/**
 * The load balancer's memory: which PMDs have been overloaded for how long, when it looked last,
 * and what it decided and why. Pure but for its own state; the caller has the clock.
 */
import { USAGE_STEPS } from "../stats/usage-history.js";
import type { AssignSettings } from "./assign.js";
import {
  AUTO_LB_DEFAULTS,
  type AutoLbSettings,
  type DryRun,
  dryRun,
  dryRunObstacle,
  loadPercent,
  type PmdLoad,
} from "./auto-lb.js";

/** Decisions that are remembered. */
export const DECISIONS_KEPT = 20;
const MINUTE_MS = 60_000;

export interface PmdOverload {
  readonly coreId: number;
  readonly numaId: number;
  readonly isolated: boolean;
  /** Percent of its cycles that its queues cost over the last minute. */
  readonly load: number;
  /** Intervals in a row, up to now, in which it was over the load threshold. */
  readonly overloadedIntervals: number;
}

export type Outcome = "reassigned" | "not overloaded" | "not possible" | "not worth it";

/** One look of the balancer, with everything it went by. */
export interface Decision {
  /** The caller's clock. */
  readonly atMs: number;
  readonly settings: AutoLbSettings;
  readonly algorithm: AssignSettings["algorithm"];
  readonly pmds: readonly PmdOverload[];
  readonly outcome: Outcome;
  readonly reason: string;
  readonly dryRun?: DryRun;
  /** What the stock switch says of it at level debug. */
  readonly debug: readonly string[];
}

export class Balancer {
  settings: AutoLbSettings = AUTO_LB_DEFAULTS;
  private readonly overloaded = new Map<number, number>();
  private readonly kept: Decision[] = [];
  private lastLookMs: number | undefined;
  /** Undefined after a change of configuration: look again whether a dry run is of use. */
  private obstacle: { readonly text: string | undefined } | undefined;

  /** Newest last. */
  get decisions(): readonly Decision[] {
    return this.kept;
  }

  /** When the next look is due, on the caller's clock; undefined: not before it is enabled. */
  get nextLookMs(): number | undefined {
    if (!this.settings.enabled || this.lastLookMs === undefined) return undefined;
    return this.lastLookMs + this.settings.intervalMinutes * MINUTE_MS;
  }

  overloadedIntervals(coreId: number): number {
    return this.overloaded.get(coreId) ?? 0;
  }

  /** A measuring interval of a PMD has ended. @param busyPercent of its cycles. */
  interval(coreId: number, isolated: boolean, busyPercent: number): void {
    if (!this.settings.enabled || isolated) return;
    const over = busyPercent >= this.settings.loadThreshold;
    this.overloaded.set(coreId, over ? this.overloadedIntervals(coreId) + 1 : 0);
  }

  /** The queues of a PMD have changed: its load begins anew. */
  restarted(coreId: number): void {
    this.overloaded.delete(coreId);
  }

  /** Ports, cores or settings have changed. */
  reconfigured(): void {
    this.obstacle = undefined;
  }

  /** Looks if it is time: the decision, or undefined when it is not. */
  look(nowMs: number, assign: AssignSettings, pmds: readonly PmdLoad[]): Decision | undefined {
    if (!this.settings.enabled) {
      this.lastLookMs = undefined;
      return undefined;
    }
    this.lastLookMs ??= nowMs;
    if (nowMs <= this.nextLookMs!) return undefined;
    this.lastLookMs = nowMs;
    const decision = {
      ...{ atMs: nowMs, settings: this.settings, algorithm: assign.algorithm },
      pmds: pmds.map((pmd) => this.describe(pmd)),
      ...this.decide(assign, pmds),
    };
    this.kept.push(decision);
    if (this.kept.length > DECISIONS_KEPT) this.kept.shift();
    return decision;
  }

  private describe(pmd: PmdLoad): PmdOverload {
    const { coreId, numaId, isolated } = pmd;
    const overloadedIntervals = this.overloadedIntervals(coreId);
    return { coreId, numaId, isolated, load: loadPercent(pmd), overloadedIntervals };
  }

  private decide(
    assign: AssignSettings,
    pmds: readonly PmdLoad[],
  ): Pick<Decision, "outcome" | "reason" | "dryRun" | "debug"> {
    const { loadThreshold, improvementThreshold } = this.settings;
    if (![...this.overloaded.values()].some((intervals) => intervals >= USAGE_STEPS)) {
      const reason = `no PMD was at ${loadThreshold}% or more for a whole minute`;
      return { outcome: "not overloaded", reason, debug: [] };
    }
    const obstacle = this.findObstacle(assign, pmds);
    if (obstacle) return { outcome: "not possible", ...obstacle };
    const run = dryRun(pmds, assign, improvementThreshold);
    const debug = ["PMD auto load balance performing dry run.", ...dryRunText(run)];
    if (run.crossNuma) {
      debug.push(
        "PMD auto load balance detected cross-numa polling with " +
          "multiple numa nodes. Unable to accurately estimate.",
      );
      const reason = "queues would be polled from another NUMA node: loads cannot be estimated";
      return { outcome: "not possible", reason, dryRun: run, debug };
    }
    const verdict = run.met ? "met" : "not met";
    const threshold = `improvement threshold ${improvementThreshold}% is ${verdict}`;
    debug.push(`PMD load variance ${threshold}.`);
    const best = Math.max(0, ...run.nodes.map(({ improvement }) => improvement));
    const reason = `variance improves by ${best}%: ${threshold}`;
    return { outcome: run.met ? "reassigned" : "not worth it", reason, dryRun: run, debug };
  }

  /** Why a dry run is of no use; asked once per configuration. */
  private findObstacle(
    assign: AssignSettings,
    pmds: readonly PmdLoad[],
  ): Pick<Decision, "reason" | "debug"> | undefined {
    const nothing = "PMD auto load balance nothing to do, ";
    if (this.obstacle) {
      const { text } = this.obstacle;
      if (text === undefined) return undefined;
      return { reason: text, debug: [`${nothing}no configuration changes since last check.`] };
    }
    const text = dryRunObstacle(pmds, assign.algorithm);
    this.obstacle = { text };
    return text === undefined ? undefined : { reason: text, debug: [nothing + text] };
  }
}

function dryRunText(run: DryRun): string[] {
  return run.nodes.map(
    (node) =>
      `Numa node ${node.numaId}. Current variance ${node.currentVariance} ` +
      `Estimated variance ${node.estimatedVariance}. Variance improvement ${node.improvement}%.`,
  );
}
