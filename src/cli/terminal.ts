// SPDX-License-Identifier: Apache-2.0
/** A terminal as a full-screen program uses it: its own screen, keys one by one. */

export interface Terminal {
  readonly rows: number;
  readonly columns: number;
  /** `callback` gets each key as the terminal sends it: a character, or a sequence that starts with
   * escape. */
  onKey(callback: (key: string) => void): void;
  onResize(callback: () => void): void;
  /** Shows these lines, cut to the screen. */
  draw(lines: readonly string[]): void;
  /** Gives the screen back as it was. */
  close(): void;
}

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
/** Sequences of cursor keys, then single characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how keys come.
const KEYS = /\x1b\[[0-9;]*[A-Za-z~]|[\s\S]/g;

/** The streams must be terminals. */
export function openTerminal(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Terminal {
  let keyed: ((key: string) => void) | undefined;
  let resized: (() => void) | undefined;
  const onData = (data: Buffer) => {
    for (const [key] of data.toString("latin1").matchAll(KEYS)) keyed?.(key);
  };
  const onResize = () => resized?.();
  input.setRawMode(true);
  input.on("data", onData);
  output.on("resize", onResize);
  output.write(ENTER);
  return {
    get rows() {
      return output.rows || 24;
    },
    get columns() {
      return output.columns || 80;
    },
    onKey: (callback) => {
      keyed = callback;
    },
    onResize: (callback) => {
      resized = callback;
    },
    draw(lines) {
      const visible = lines.slice(0, this.rows).map((line) => `${line}\x1b[K`);
      output.write(`\x1b[H${visible.join("\r\n")}\x1b[J`);
    },
    close() {
      input.off("data", onData);
      output.off("resize", onResize);
      input.setRawMode(false);
      input.pause();
      output.write(LEAVE);
    },
  };
}
