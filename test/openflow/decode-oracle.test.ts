// SPDX-License-Identifier: Apache-2.0
/** Broken flow-mods: the error that ovs-ofctl's decoder finds, found by ours. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OfpError } from "../../src/openflow/errors.js";
import { parseFlow } from "../../src/openflow/flow-text.js";
import { FLOW_COMMAND } from "../../src/openflow/messages/flow-mod.js";
import { decodeMessage, encodeMessage } from "../../src/openflow/messages/messages.js";
import { PROTOCOL } from "../../src/openflow/protocols.js";
import { Random, randomFlow } from "./random-flows.js";

interface Format {
  name: string;
  version: number;
  protocol: number;
  nx: boolean;
  /** Offset of the first byte worth breaking. */
  from: number;
}
const FORMATS: readonly Format[] = [
  { name: "NXM", version: 1, protocol: PROTOCOL.OF10_NXM_TID, nx: true, from: 40 },
  { name: "OpenFlow 1.0", version: 1, protocol: PROTOCOL.OF10_STD_TID, nx: false, from: 8 },
  { name: "OpenFlow 1.3", version: 4, protocol: PROTOCOL.OF13, nx: false, from: 48 },
];

function randomMessage(r: Random, format: Format): Uint8Array {
  for (;;) {
    const choice = { instructions: format.version > 1, push: format.version > 1 };
    try {
      const { flow, usable } = parseFlow(randomFlow(r, choice), FLOW_COMMAND.ADD);
      if (!(usable & format.protocol)) continue;
      return encodeMessage({ ...flow, nx: format.nx }, format.version, 1)[0];
    } catch {
      // Refused by the reader of text.
    }
  }
}

const INTERESTING = [0, 1, 2, 4, 7, 8, 9, 15, 16, 24, 0x7f, 0x80, 0xfe, 0xff];

/** Changes one or two bytes behind the header, or cuts or extends the message. */
function broken(r: Random, format: Format): Uint8Array {
  let bytes = Uint8Array.from(randomMessage(r, format));
  for (let n = 1 + r.below(2); n > 0 && bytes.length > format.from; n--) {
    const at = format.from + r.below(bytes.length - format.from);
    bytes[at] = r.chance(50) ? r.pick(INTERESTING) : bytes[at] ^ (1 << r.below(8));
  }
  if (r.chance(10)) {
    // Other lengths are the business of the message's own codec.
    bytes = bytes.slice(0, format.from + 8 * r.below((bytes.length - format.from) / 8));
    new DataView(bytes.buffer).setUint16(2, bytes.length);
  }
  return bytes;
}

/** The decode error that ovs-ofctl prints for each message, or `ok`. */
function theirs(messages: readonly Uint8Array[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), "ofp-parse-"));
  const file = join(directory, "messages");
  writeFileSync(file, Buffer.concat(messages));
  try {
    const out = execFileSync("ovs-ofctl", ["ofp-parse", file], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const verdicts = out.split("\n").filter((line) => /\(xid=0x1\)|^\*\*\*decode/.test(line));
    return verdicts.map((line) => /\*\*\*decode error: (\w+)\*\*\*/.exec(line)?.[1] ?? "ok");
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function ours(message: Uint8Array): string {
  try {
    decodeMessage(message, { flowModTableId: true });
    return "ok";
  } catch (error) {
    if (error instanceof OfpError) return error.code;
    throw error;
  }
}

/** Ours for actions and fields of the stock switch that we do not have. */
const UNKNOWN = [
  "OFPBAC_BAD_VENDOR_TYPE",
  "OFPBAC_BAD_TYPE",
  "OFPBMC_BAD_FIELD",
  "OFPBAC_BAD_SET_TYPE",
];

describe.each(FORMATS)("broken flow-mods in $name", (format) => {
  it("have the errors that ovs-ofctl finds", () => {
    const r = new Random(7 + format.protocol);
    const messages = Array.from({ length: 3000 }, () => broken(r, format));
    const expected = theirs(messages);
    expect(expected.length).toBe(messages.length);
    const wrong = messages.flatMap((message, i) => {
      const found = ours(message);
      if (UNKNOWN.includes(found)) return [];
      const hex = Buffer.from(message).toString("hex");
      return found === expected[i] ? [] : [`${found} not ${expected[i]}: ${hex}`];
    });
    expect(wrong.slice(0, 8)).toEqual([]);
  });
});
