// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { OfpError } from "../../../src/openflow/errors.js";
import { LATEST, V10, V13 } from "../../../src/openflow/messages/codec.js";
import { readHeader } from "../../../src/openflow/messages/frame.js";
import {
  decodeMessage,
  encodeMessage,
  messageWires,
  type OfMessage,
} from "../../../src/openflow/messages/messages.js";
import { installed, run } from "../../harness/processes.js";
import { SAMPLES, sampleMatch } from "./message-samples.js";
import { VERSION_SAMPLES } from "./version-samples.js";

const ALL_SAMPLES = [...SAMPLES, ...VERSION_SAMPLES];

/** Flows carry views over the same bytes: compare the bytes. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, each: unknown) => {
      if (typeof each === "bigint") return `${each}n`;
      if (key === "view" || key === "words") return undefined;
      if (each instanceof Uint8Array) return Buffer.from(each).toString("hex");
      return each;
    }),
  );
}

const CASES = ALL_SAMPLES.flatMap((sample) =>
  sample.versions.map((version) => ({ ...sample, version })),
);

describe("every message", () => {
  it.each(CASES)("$message.type in version $version survives", ({ message, version }) => {
    const parts = encodeMessage(message, version, 0x1234);
    expect(parts).toHaveLength(1);
    const decoded = decodeMessage(parts[0] as Uint8Array);
    expect(decoded.xid).toBe(0x1234);
    expect(decoded.version).toBe(version);
    const { wire, ...rest } = plain(decoded.message) as Record<string, unknown>;
    expect(rest).toEqual(plain(message));
    if (message.type === "error") expect(wire).toBeDefined();
  });

  it("is sampled", () => {
    const sampled = new Set(ALL_SAMPLES.map(({ message }) => message.type));
    const all = new Set([...messageWires()].map(({ type }) => type));
    expect([...all].filter((type) => !sampled.has(type as OfMessage["type"]))).toEqual([]);
  });

  it("has a place of its own on the wire", () => {
    const seen = new Set<string>();
    for (const { wire } of messageWires()) {
      for (
        let version = wire.versions[0];
        version <= Math.min(wire.versions[1], LATEST);
        version++
      ) {
        const place = [version, wire.type, wire.stat, wire.vendor, wire.subtype].join("/");
        expect(seen.has(place), `${wire.name} at ${place}`).toBe(false);
        seen.add(place);
      }
    }
  });
});

describe.skipIf(!installed("ovs-ofctl"))("ovs-ofctl ofp-print", () => {
  it.each(CASES)(
    "reads $message.type in version $version",
    async ({ message, version, prints }) => {
      const [bytes] = encodeMessage(message, version, 1) as [Uint8Array];
      const hex = Buffer.from(bytes).toString("hex");
      const { stdout, stderr, status } = await run("ovs-ofctl", ["ofp-print", hex]);
      expect(status).toBe(0);
      expect(stdout).toContain(prints);
      expect(stdout + stderr).not.toMatch(/decode error|\*\*\*trunc/);
    },
  );
});

describe("long replies", () => {
  const flows = Array.from({ length: 3000 }, (_, i) => ({
    ...{ tableId: 0, priority: i, match: sampleMatch(), cookie: 0n, durationMs: 0 },
    ...{ idleTimeout: 0, hardTimeout: 0, idleAge: null, hardAge: null, packets: 0, bytes: 0 },
    ...{ flags: 0, importance: 0, actions: [{ type: "output", port: 1, maxLen: 0 }] as const },
  }));

  it.each([V10, V13])("are cut between entries in version %i", (version) => {
    const parts = encodeMessage({ type: "flow_stats_reply", flows }, version, 5);
    expect(parts.length).toBeGreaterThan(3);
    const decoded = parts.map((part) => decodeMessage(part).message);
    expect(parts.every((part) => readHeader(part).length === part.length)).toBe(true);
    const priorities = decoded.flatMap((message) =>
      message.type === "flow_stats_reply" ? message.flows.map((flow) => flow.priority) : [],
    );
    expect(priorities).toEqual(flows.map((flow) => flow.priority));
    expect(decoded.map((message) => "more" in message && message.more === true)).toEqual([
      ...parts.slice(1).map(() => true),
      false,
    ]);
  });
});

describe("errors of decoding", () => {
  const cases: [string, string, string][] = [
    ["an unknown type", "01630008 00000001", "OFPBRC_BAD_TYPE"],
    ["an unknown statistic", "0110000c 00000001 00550000", "OFPBRC_BAD_STAT"],
    ["an unknown vendor", "01040010 00000001 00123456 00000001", "OFPBRC_BAD_VENDOR"],
    ["an unknown Nicira message", "01040010 00000001 00002320 000003e7", "OFPBRC_BAD_SUBTYPE"],
    ["a short message", "0109000a 00000001 0000", "OFPBRC_BAD_LEN"],
    ["bytes too many", "0109000e 00000001 0000 0000 0000", "OFPBRC_BAD_LEN"],
    [
      "a bad command",
      `010e0048 00000001 ${"00".repeat(48)}0009${"00".repeat(14)}`,
      "OFPFMFC_BAD_COMMAND",
    ],
  ];
  it.each(cases)("%s", (_what, hex, code) => {
    const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
    expect(() => decodeMessage(bytes)).toThrowError(OfpError);
    try {
      decodeMessage(bytes);
    } catch (error) {
      expect((error as OfpError).code).toBe(code);
    }
  });
});
