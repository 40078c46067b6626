// SPDX-License-Identifier: Apache-2.0
/** Decoders and readers of text survive anything: a value or the error that is meant for it. */
import { describe, expect, it } from "vitest";
import { formatActions, parseInstructions } from "../../src/openflow/actions-text.js";
import { readActions, readInstructions, writeActions } from "../../src/openflow/actions-wire.js";
import { OfpError } from "../../src/openflow/errors.js";
import { FIELDS } from "../../src/openflow/fields.js";
import { parseFlow } from "../../src/openflow/flow-text.js";
import { formatMatch } from "../../src/openflow/match-text.js";
import { FLOW_COMMAND } from "../../src/openflow/messages/flow-mod.js";
import { WireReader, WireWriter } from "../../src/openflow/messages/wire.js";
import { decodeNxMatch, readOxmMatch, writeEntries } from "../../src/openflow/nxm-match.js";
import { readOfp10Match, writeOfp10Match } from "../../src/openflow/ofp10-match.js";
import { Random, randomActions, randomFlow } from "./random-flows.js";

/** Runs `decode`; true if it gave a value, false for an OfpError; anything else fails the test. */
function survives(decode: () => void): boolean {
  try {
    decode();
    return true;
  } catch (error) {
    if (error instanceof OfpError) return false;
    throw error;
  }
}

const MUTATIONS = 120_000;

function mutate(r: Random, bytes: Uint8Array): Uint8Array {
  const out = Uint8Array.from(bytes);
  for (let n = 1 + r.below(4); n > 0 && out.length > 0; n--)
    out[r.below(out.length)] = r.below(256);
  return r.chance(20) ? out.subarray(0, r.below(out.length + 1)) : out;
}

describe("wire decoders", () => {
  it("give a value or an OfpError for mutated actions", () => {
    const r = new Random(11);
    const seeds = Array.from({ length: 400 }, () => {
      const version = r.pick([1, 4]);
      const choice = { instructions: false, push: version > 1 };
      const { actions } = parseInstructions(randomActions(r, "tcp", "dl_vlan=", choice));
      const w = new WireWriter();
      writeActions(w, actions, version);
      return { version, bytes: w.slice() };
    });
    let values = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const { version, bytes } = r.pick(seeds);
      const broken = mutate(r, bytes);
      const read = r.chance(80) ? readActions : readInstructions;
      const decode = () => {
        const actions = read(new WireReader(broken), broken.length, version);
        expect(formatActions(actions)).not.toBe("");
        writeActions(new WireWriter(), actions, version);
      };
      if (survives(decode)) values++;
    }
    expect(values).toBeGreaterThan(MUTATIONS / 20);
  });

  it("give a value or an OfpError for mutated matches", () => {
    const r = new Random(12);
    const seeds = Array.from({ length: 400 }, () => {
      const { flow } = parseFlow(
        randomFlow(r, { instructions: false, push: false }).replace(/actions=.*/, "actions=1"),
        FLOW_COMMAND.ADD,
      );
      const w = new WireWriter();
      const kind = r.pick(["nxm", "oxm", "10"] as const);
      if (kind === "10") writeOfp10Match(w, flow.match);
      else writeEntries(w, flow.match, kind === "nxm" ? 0 : 4);
      return { kind, bytes: w.slice() };
    });
    let values = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const { kind, bytes } = r.pick(seeds);
      const broken = mutate(r, bytes);
      const decode = () => {
        const match =
          kind === "10" ? readOfp10Match(new WireReader(broken)) : decodeNxMatch(broken).match;
        formatMatch(match);
        // What was decoded has no value bit outside its mask.
        const { words } = match.flow;
        expect(words.some((word, n) => word & ~match.mask.words[n])).toBe(false);
      };
      if (survives(decode)) values++;
    }
    expect(values).toBeGreaterThan(MUTATIONS / 20);
  });

  it("give a value or an OfpError for noise", () => {
    const r = new Random(13);
    for (let i = 0; i < 50_000; i++) {
      const bytes = Uint8Array.from({ length: r.below(80) }, () => r.below(256));
      survives(() => readOxmMatch(new WireReader(bytes)));
      survives(() => readInstructions(new WireReader(bytes), bytes.length & ~7, 4));
    }
  });

  it("refuse actions nested without end", () => {
    const depth = 4000;
    const bytes = new Uint8Array(depth * 16);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < depth; i++) {
      view.setUint16(16 * i, 0xffff);
      view.setUint16(16 * i + 2, bytes.length - 16 * i);
      view.setUint32(16 * i + 4, 0x2320);
      view.setUint16(16 * i + 8, 42);
    }
    expect(() => readActions(new WireReader(bytes), bytes.length, 1)).toThrow(OfpError);
  });
});

describe("readers of text", () => {
  it("give a flow or an error in words for mutated flows", () => {
    const r = new Random(14);
    for (let i = 0; i < 40_000; i++) {
      const line = randomFlow(r, { instructions: true, push: true });
      const at = r.below(line.length);
      const text =
        line.slice(0, at) + String.fromCharCode(32 + r.below(96)) + line.slice(at + r.below(4));
      try {
        parseFlow(text, FLOW_COMMAND.ADD);
      } catch (error) {
        expect((error as Error).name).toBe("OperatorError");
      }
    }
  });

  it("refuse actions nested without end", () => {
    const text = `${"clone(".repeat(5000)}1${")".repeat(5000)}`;
    expect(() => parseInstructions(text)).toThrow("Action nested too deeply");
  });
});

describe("the field table", () => {
  it("has ids that are indexes and names that are unique", () => {
    expect(FIELDS.map((field) => field.id)).toEqual(FIELDS.map((_, i) => i));
    const names = FIELDS.flatMap((field) => [field.name, field.alias ?? []].flat());
    expect(new Set(names).size).toBe(names.length);
  });
});
