// SPDX-License-Identifier: Apache-2.0
/**
 * Long lists of names in short: what names have in common up to an underscore is written once,
 * `eth_{src,dst}`, and numbered names become ranges, `reg0...reg15`.
 */

/** Up to and including the first underscore; all of a name without one. */
function stem(name: string): string {
  const at = name.indexOf("_");
  return at < 0 ? name : name.slice(0, at + 1);
}

function splitNumber(name: string): { word: string; number: number } | undefined {
  const found = /^(.*?)(\d+)$/.exec(name);
  return found === null ? undefined : { word: found[1]!, number: Number(found[2]) };
}

/** How many names from `start` on count up from the first. */
function rangeLength(names: readonly string[], start: number): number {
  const first = splitNumber(names[start]!);
  if (first === undefined) return 1;
  let length = 1;
  while (names[start + length] === `${first.word}${first.number + length}`) length++;
  return length;
}

function groupLength(names: readonly string[], start: number): number {
  const common = stem(names[start]!);
  if (!common.endsWith("_")) return 1;
  let length = 1;
  while (names[start + length]?.startsWith(common)) length++;
  return length;
}

/** The short forms of `names`, which keep their order. */
export function shortenNames(names: readonly string[]): string[] {
  const words: string[] = [];
  for (let i = 0; i < names.length; ) {
    const range = rangeLength(names, i);
    if (range > 2) {
      words.push(`${names[i]}...${names[i + range - 1]}`);
      i += range;
      continue;
    }
    const group = groupLength(names, i);
    if (group > 1) {
      const common = stem(names[i]!);
      const rest = names.slice(i, i + group).map((name) => name.slice(common.length));
      words.push(`${common}{${shortenNames(rest).join(",")}}`);
    } else words.push(names[i]!);
    i += group;
  }
  return words;
}
