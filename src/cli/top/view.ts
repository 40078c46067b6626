// SPDX-License-Identifier: Apache-2.0
/** What `pollux top` shows and how keys change it: pure. */

export interface View {
  /** Moment that is shown, milliseconds since the epoch; undefined: now. */
  readonly atMs: number | undefined;
  /** Lines that are above the screen. */
  readonly scroll: number;
  readonly quit: boolean;
}

export const LIVE: View = { atMs: undefined, scroll: 0, quit: false };

const STEPS: Readonly<Record<string, number>> = {
  ...{ "[": -5_000, "]": 5_000, "{": -60_000, "}": 60_000 },
  ...{ "\x1b[D": -5_000, "\x1b[C": 5_000 },
};
const SCROLLS: Readonly<Record<string, number>> = {
  ...{ k: -1, j: 1, "\x1b[A": -1, "\x1b[B": 1 },
};

/** The view after a key; the same object when it means nothing. */
export function pressed(view: View, key: string, nowMs: number): View {
  if (key === "q" || key === "\x03") return { ...view, quit: true };
  if (key === "0") return { ...view, atMs: undefined };
  if (key === " " || key === "p") {
    return { ...view, atMs: view.atMs === undefined ? nowMs : undefined };
  }
  const step = STEPS[key];
  if (step !== undefined) return { ...view, atMs: Math.min(nowMs, (view.atMs ?? nowMs) + step) };
  const lines = SCROLLS[key];
  if (lines !== undefined) return { ...view, scroll: Math.max(0, view.scroll + lines) };
  return view;
}

/** The screen: as much of the frame as there is room for, and a line about the keys. */
export function screenLines(
  view: View,
  frame: string,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  nowMs: number,
): string[] {
  const room = Math.max(1, rows - 1);
  const lines = frame.trimEnd().split("\n");
  const from = Math.min(view.scroll, Math.max(0, lines.length - room));
  const shown = lines.slice(from, from + room);
  while (shown.length < room) shown.push("");
  const ago = view.atMs === undefined ? 0 : Math.round((nowMs - view.atMs) / 1000);
  const state = view.atMs === undefined ? "LIVE" : `PAUSED, ${ago} s ago`;
  const keys = "space pause  [ ] 5 s  { } 1 min  0 live  j k scroll  q quit";
  return [...shown, ` ${state}   ${keys}`].map((line) => line.slice(0, columns));
}
