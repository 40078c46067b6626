// SPDX-License-Identifier: Apache-2.0
/** The reconfiguration benchmark: nothing is lost, nothing is out of order.
 * `POLLUX_RECONFIGURATION=50,20,20` changes 50 ports, `n_rxq` and the mask 20 times each. */
import { expect, it } from "vitest";
import { measureReconfiguration } from "../../bench/reconfiguration/measure.js";

const scale = (process.env.POLLUX_RECONFIGURATION ?? "3,4,4").split(",").map(Number);
const [ports, queues, masks] = [scale[0]!, scale[1]!, scale[2]!];

it("ports, queues and cores change under full load", async () => {
  const result = await measureReconfiguration({ ports, queues, masks });
  const { load, numbered, drops, outcomes } = result;
  expect(load.received).toBeGreaterThan(100_000);
  expect(load.sent).toBe(load.received);
  expect(numbered.sent).toBeGreaterThan(100);
  expect(numbered).toMatchObject({ lost: 0, reordered: 0 });
  expect(drops).toEqual({});
  expect(outcomes.map(({ changes }) => changes)).toEqual([ports, queues, masks]);
  // Ports that come and go move nothing that stays; the other changes do.
  expect(outcomes[1]!.pauses.map(({ port }) => port)).toContain("changing");
  expect(outcomes[2]!.pauses.length).toBeGreaterThanOrEqual(masks - 1);
});
