// SPDX-License-Identifier: Apache-2.0
/** A plan with its queues where somebody wants them, as far as the rules allow it. */
import { type AssignEvent, type AssignPlan, type PmdCore, rxqKey } from "./assign.js";

/** Core by `rxqKey`. */
export type Placement = ReadonlyMap<string, number>;

/** The plan, but with every queue that `wanted` names, and that is not pinned, on the core that it
 * says, unless that core does not exist or is isolated. */
export function followPlacement(
  plan: AssignPlan,
  cores: readonly PmdCore[],
  wanted: Placement,
): AssignPlan {
  const open = new Map(
    cores.filter(({ coreId }) => !plan.isolated.has(coreId)).map((core) => [core.coreId, core]),
  );
  const target = (rxq: { port: string; queue: number }) => open.get(wanted.get(rxqKey(rxq)) ?? -1);
  const placements = plan.placements.map((placement) => {
    const core = placement.pinned ? undefined : target(placement.rxq);
    if (!core) return placement;
    const crossNuma = core.numaId !== placement.rxq.numaId;
    return { ...placement, coreId: core.coreId, crossNuma };
  });
  const events = plan.events.map((event): AssignEvent => {
    if (event.kind !== "assigned" && event.kind !== "cross-numa") return event;
    const core = target(event.rxq);
    return core ? { ...event, core } : event;
  });
  const local = (event: AssignEvent) =>
    event.kind === "cross-numa" && event.core.numaId === event.rxq.numaId;
  return { ...plan, placements, events: events.filter((event) => !local(event)) };
}
