// SPDX-License-Identifier: Apache-2.0
/** Flows through our text and wire codecs and through ovs-ofctl: the same bytes, the same text. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatActions } from "../../src/openflow/actions-text.js";
import { OfpError } from "../../src/openflow/errors.js";
import { parseFlow } from "../../src/openflow/flow-text.js";
import { formatMatch } from "../../src/openflow/match-text.js";
import { FLOW_COMMAND, type FlowMod } from "../../src/openflow/messages/flow-mod.js";
import { decodeMessage, encodeMessage } from "../../src/openflow/messages/messages.js";
import { PROTOCOL } from "../../src/openflow/protocols.js";
import { ofctlSends } from "./fake-switch.js";
import { type ActionChoice, Random, randomFlow } from "./random-flows.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

interface Format {
  name: string;
  version: number;
  options: readonly string[];
  protocol: number;
  nx?: boolean;
}
const FORMATS: readonly Format[] = [
  {
    name: "NXM",
    version: 1,
    options: ["--no-names", "-O", "OpenFlow10", "-F", "NXM+table_id"],
    protocol: PROTOCOL.OF10_NXM_TID,
    nx: true,
  },
  {
    name: "OpenFlow 1.0",
    version: 1,
    options: ["--no-names", "-O", "OpenFlow10", "-F", "OpenFlow10+table_id"],
    protocol: PROTOCOL.OF10_STD_TID,
  },
  {
    name: "OpenFlow 1.3",
    version: 4,
    options: ["--no-names", "-O", "OpenFlow13"],
    protocol: PROTOCOL.OF13,
  },
];

/** What stands behind the command and the flow's settings when a flow-mod is printed. */
function printed(flow: FlowMod): string {
  const match = formatMatch(flow.match, flow.priority);
  return `${match}${match ? " " : ""}actions=${formatActions(flow.actions)}`;
}

/** What we make of a flow-mod: its text, or the complaint in the stock tools' words. */
function decodedText(bytes: Uint8Array): string {
  try {
    return printed(decodeMessage(bytes, { flowModTableId: true }).message as FlowMod);
  } catch (error) {
    if (error instanceof OfpError) return `***decode error: ${error.code}***`;
    throw error;
  }
}

/** What a printed flow-mod says beside match and actions. */
const SETTING = /^(?:table:\d+|(?:cookie|idle|hard):\w+|send_flow_rem|check_overlap|reset_counts)$/;

/** Match and actions of a printed flow-mod. */
function essence(line: string): string {
  const at = line.indexOf("actions=");
  const head = line
    .slice(line.indexOf(": ADD") + 5, at)
    .trim()
    .split(" ");
  return [...head.filter((word) => !SETTING.test(word)), line.slice(at)].join(" ").trim();
}

/** The same part of what `ovs-ofctl parse-flows` prints of each flow-mod. */
function parseFlows(options: readonly string[], lines: readonly string[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), "parse-flows-"));
  const file = join(directory, "flows");
  writeFileSync(file, `${lines.join("\n")}\n`);
  try {
    const out = execFileSync("ovs-ofctl", [...options, "parse-flows", file], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
      stdio: ["ignore", "pipe", "pipe"],
    });
    return out.split("\n").filter((line) => /FLOW_MOD/.test(line));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** 0 for a flow that is refused: errors have a test of their own. */
function usableFor(line: string): number {
  try {
    return parseFlow(line, FLOW_COMMAND.ADD).usable;
  } catch {
    return 0;
  }
}

function flowsFor(format: Format, seed: number, count: number): string[] {
  const r = new Random(seed);
  const choice: ActionChoice = { instructions: format.version > 1, push: format.version > 1 };
  const lines: string[] = [];
  while (lines.length < count) {
    const line = randomFlow(r, choice);
    if (usableFor(line) & format.protocol) lines.push(line);
  }
  return lines;
}

/** The message without its transaction id. */
function body(message: Uint8Array): string {
  const copy = Uint8Array.from(message);
  copy.fill(0, 4, 8);
  return hex(copy);
}

describe.each(FORMATS)("random flows in $name", (format) => {
  const lines = flowsFor(format, 42 + format.protocol, 1500);

  it("are written as ovs-ofctl writes them", async () => {
    const sent = await ofctlSends(format.version, format.options, "add-flows", lines);
    expect(sent.stderr.replace(/^.*\|WARN\|.*\n/gm, "")).toBe("");
    const ours = lines.map((line) => {
      const { flow } = parseFlow(line, FLOW_COMMAND.ADD);
      return body(encodeMessage({ ...flow, nx: format.nx }, format.version, 0)[0]);
    });
    const wrong = lines.flatMap((line, i) =>
      ours[i] === body(sent.flowMods[i])
        ? []
        : [`${line}\n  ${ours[i]}\n  ${body(sent.flowMods[i])}`],
    );
    expect(sent.flowMods.length).toBe(lines.length);
    expect(wrong.slice(0, 5)).toEqual([]);
  });

  it("print as ovs-ofctl prints them", () => {
    const theirs = parseFlows(format.options, lines);
    const wrong = lines.flatMap((line, i) => {
      const { flow } = parseFlow(line, FLOW_COMMAND.ADD);
      const bytes = encodeMessage({ ...flow, nx: format.nx }, format.version, 0)[0];
      const ours = decodedText(bytes);
      const isError = ours.startsWith("***");
      const isSame = isError ? theirs[i].includes(ours) : essence(theirs[i]) === ours;
      return isSame ? [] : [`${line}\n  ${ours}\n  ${theirs[i]}`];
    });
    expect(wrong.slice(0, 5)).toEqual([]);
  });
});
