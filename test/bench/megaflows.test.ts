// SPDX-License-Identifier: Apache-2.0
/** The table of megaflows at a small setting: what each optimisation is good for. */
import { expect, it } from "vitest";
import { churn, ROWS } from "../../bench/megaflows/churn.js";

const CONNECTIONS = 2000;

it("prefix tracking and staged lookup keep megaflows few", async () => {
  const results = new Map<string, Awaited<ReturnType<typeof churn>>>();
  for (const row of ROWS) results.set(row.name, await churn(row, CONNECTIONS));
  const flows = (name: string) => results.get(name)!.flows;
  expect(flows("megaflows disabled")).toBeGreaterThan(1.9 * CONNECTIONS);
  expect(results.get("megaflows disabled")!.masks).toBe(1);
  expect(flows("no optimisations")).toBeGreaterThan(1.7 * CONNECTIONS);
  expect(flows("priority sorting only")).toBeLessThan(flows("no optimisations"));
  for (const name of ["prefix tracking only", "staged lookup only", "all optimisations"]) {
    expect(flows(name)).toBeLessThan(20);
    expect(results.get(name)!.masks).toBeLessThan(20);
  }
});
