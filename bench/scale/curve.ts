// SPDX-License-Identifier: Apache-2.0
/** The cost of a packet over the number of microflows, a line per number of masks. */
import { measureCase } from "../path/measure.js";

export interface Curve {
  readonly masks: number;
  /** [microflows, cycles per packet (the fastest tenth of the rounds)], by microflows. */
  readonly points: readonly (readonly [flows: number, cycles: number])[];
}

/** Default settings of the caches; 256 rules over the masks. */
export function curve(
  masks: number,
  flows: readonly number[],
  how: { isa: number; quick: boolean },
): Curve {
  const points = flows.map((count) => {
    const spec = { flows: count, masks, rules: Math.min(256, count), emc: 100 };
    return [count, measureCase(`${masks} masks, ${count} flows`, spec, how).p10] as const;
  });
  return { masks, points };
}

const WIDTH = 720;
const HEIGHT = 420;
const LEFT = 56;
const BOTTOM = 40;
const COLOURS = ["#1b6ca8", "#c0392b", "#27864b", "#8e44ad", "#b9770e", "#17807e", "#5d6d7e"];

function short(count: number): string {
  if (count >= 1 << 20) return `${count >> 20} M`;
  return count >= 1024 ? `${count >> 10} k` : String(count);
}

/** The curves as an SVG picture (SVG 1.1): microflows on a logarithmic axis, cycles on a linear. */
export function svg(curves: readonly Curve[]): string {
  const all = curves.flatMap((one) => one.points);
  const logs = all.map(([flows]) => Math.log2(flows));
  const [least, most] = [Math.min(...logs), Math.max(...logs)];
  const top = Math.ceil(Math.max(...all.map(([, cycles]) => cycles)) / 20) * 20;
  const x = (flows: number) =>
    LEFT + ((Math.log2(flows) - least) / (most - least || 1)) * (WIDTH - LEFT - 110);
  const y = (cycles: number) => HEIGHT - BOTTOM - (cycles / top) * (HEIGHT - BOTTOM - 20);
  const text = (at: number, height: number, words: string, anchor = "middle") =>
    `<text x="${at.toFixed(0)}" y="${height.toFixed(0)}" text-anchor="${anchor}">${words}</text>`;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
      'font-family="sans-serif" font-size="12">',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(WIDTH / 2, HEIGHT - 6, "microflows"),
    text(LEFT, 14, "cycles per packet", "start"),
  ];
  for (const flows of new Set(all.map(([count]) => count))) {
    lines.push(text(x(flows), HEIGHT - BOTTOM + 16, short(flows)));
  }
  for (let cycles = 0; cycles <= top; cycles += 20) {
    const at = y(cycles).toFixed(1);
    lines.push(`<path d="M${LEFT} ${at}H${WIDTH - 110}" stroke="#ddd"/>`);
    lines.push(text(LEFT - 6, y(cycles) + 4, String(cycles), "end"));
  }
  for (const [i, { masks, points }] of curves.entries()) {
    const colour = COLOURS[i % COLOURS.length];
    const path = points.map(([flows, cycles]) => `${x(flows).toFixed(1)},${y(cycles).toFixed(1)}`);
    lines.push(`<polyline points="${path.join(" ")}" fill="none" stroke="${colour}"/>`);
    lines.push(`<path d="M${WIDTH - 100} ${30 + i * 18}h16" stroke="${colour}"/>`);
    lines.push(text(WIDTH - 80, 34 + i * 18, `${masks} mask${masks > 1 ? "s" : ""}`, "start"));
  }
  return `${[...lines, "</svg>"].join("\n")}\n`;
}
