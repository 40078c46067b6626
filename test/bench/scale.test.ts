// SPDX-License-Identifier: Apache-2.0
/** The scale benchmark at a small setting, and its picture. */
import { expect, it } from "vitest";
import { curve, svg } from "../../bench/scale/curve.js";
import { ISA } from "../harness/path.js";

it("measures a curve per number of masks and draws it", () => {
  const curves = [1, 63].map((masks) => curve(masks, [256, 1024], { isa: ISA.best, quick: true }));
  for (const { points } of curves) {
    expect(points.map(([flows]) => flows)).toEqual([256, 1024]);
    for (const [, cycles] of points) expect(cycles).toBeGreaterThan(1);
  }
  const picture = svg(curves);
  expect(picture.match(/<polyline points="[\d.]+,[\d.]+ [\d.]+,[\d.]+"/g)).toHaveLength(2);
  expect(picture).toContain(">63 masks<");
  expect(picture).not.toContain("NaN");
});
