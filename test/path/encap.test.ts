// SPDX-License-Identifier: Apache-2.0
/** Labels, the NSH, Ethernet headers and programs within actions: frames in, frames out. */
import { afterAll, describe, expect, it } from "vitest";
import { KEY_BYTES, KEY_FIELDS, KEY_OVERLAYS } from "../../pmd/shm/flow-key.js";
import { extractKey } from "../../src/odp/extract-key.js";
import { type Action, loadHarness, TestPmd } from "../harness/path.js";

const native = loadHarness();
const pmd = new TestPmd(native);
const PORT = 1;
pmd.addPort(PORT);
pmd.addPort(2);
pmd.settings({ vlanLimit: 2 });
pmd.run();
afterAll(() => {
  pmd.close();
  expect(native.buffersInUse()).toBe(0);
});

const MACS = "020000000001020000000002";
const TAG = "81000005";
const IPV4 = "45000014000100004011000" + "00a0000010a000002";
const LABEL = "0003e93f";
const NSH1 = "0fc60103000123ff" + "00000001000000020000000300000004";
const OUTPUT: Action = { type: "output", port: PORT };

/** What leaves port 1, in order. */
function run(hex: string, actions: readonly Action[]): string[] {
  pmd.execute(Uint8Array.from(Buffer.from(hex, "hex")), PORT, actions);
  pmd.run();
  pmd.sent(2);
  return pmd.sent(PORT).map((frame) => Buffer.from(frame).toString("hex"));
}

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const push = (entry: number, ethertype: number): Action => ({
  type: "push_mpls",
  entry,
  ethertype,
});
const pop = (ethertype: number): Action => ({ type: "pop_mpls", ethertype });
const setMpls = (value: string): Action => ({
  type: "set",
  header: "mpls",
  value: bytes(value),
  mask: bytes("ffffffff"),
});
const eth: Action = { type: "push_eth", dst: bytes("0a0000000001"), src: bytes("0a0000000002") };

const plain = `${MACS}0800${IPV4}`;
const labelled = `${MACS}8847${LABEL}${IPV4}`;

const CASES: readonly (readonly [what: string, from: string, actions: Action[], to: string[]])[] = [
  ["pushes a label", plain, [push(0x3e93f, 0x8847), OUTPUT], [`${MACS}8847${LABEL}${IPV4}`]],
  [
    "pushes a label behind a tag",
    `${MACS}${TAG}0800${IPV4}`,
    [push(0x3e93f, 0x8848), OUTPUT],
    [`${MACS}${TAG}8848${LABEL}${IPV4}`],
  ],
  [
    "pushes a second label in front of the first",
    labelled,
    [push(0x0000203f, 0x8847), OUTPUT],
    [`${MACS}88470000203f${LABEL}${IPV4}`],
  ],
  ["pops the last label", labelled, [pop(0x0800), OUTPUT], [plain]],
  [
    "pops a label behind a tag",
    `${MACS}${TAG}8847${LABEL}${IPV4}`,
    [pop(0x0800), OUTPUT],
    [`${MACS}${TAG}0800${IPV4}`],
  ],
  [
    "pops one of two labels",
    `${MACS}88470000203f${LABEL}${IPV4}`,
    [pop(0x8847), OUTPUT],
    [labelled],
  ],
  ["pushes and pops", plain, [push(0x3e93f, 0x8847), pop(0x0800), OUTPUT], [plain]],
  [
    "leaves a packet without labels alone",
    plain,
    [pop(0x0800), setMpls("00000140"), OUTPUT],
    [plain],
  ],
  ["sets a label", labelled, [setMpls("00005140"), OUTPUT], [`${MACS}884700005140${IPV4}`]],
  [
    "puts a frame behind a label, and that behind an Ethernet header",
    plain,
    [{ type: "add_mpls", entry: 0x3e93f, ethertype: 0x8847 }, eth, OUTPUT],
    [`0a00000000010a00000000028847${LABEL}${plain}`],
  ],
  [
    "takes a frame out from behind a label",
    `0a00000000010a00000000028847${LABEL}${plain}`,
    [{ type: "pop_eth" }, pop(0x6558), OUTPUT],
    [plain],
  ],
  [
    "puts a frame behind an NSH",
    plain,
    [{ type: "push_nsh", header: bytes(NSH1) }, eth, OUTPUT],
    [`0a00000000010a0000000002894f${NSH1}${plain}`],
  ],
  [
    "sets the NSH",
    `${MACS}894f${NSH1}${plain}`,
    [
      {
        type: "set",
        header: "nsh",
        value: bytes(`01050000${"00045603"}${"0000000a"}${"00".repeat(12)}`),
        mask: bytes(`03ff0000${"ffffffff"}${"000000ff"}${"00".repeat(12)}`),
      },
      OUTPUT,
    ],
    [`${MACS}894f11460103000456030000000a${NSH1.slice(24)}${plain}`],
  ],
  [
    "takes the Ethernet header away and puts another on",
    plain,
    [{ type: "pop_eth" }, eth, OUTPUT],
    [`0a00000000010a00000000020800${IPV4}`],
  ],
  [
    "clones: what it does to the packet stays there",
    plain,
    [{ type: "clone", actions: [push(0x3e93f, 0x8847), OUTPUT] }, OUTPUT],
    [labelled, plain],
  ],
  [
    "checks the length: larger",
    plain,
    [{ type: "check_pkt_len", length: 33, greater: [OUTPUT], lessEqual: [eth] }],
    [plain],
  ],
  [
    "checks the length: not larger",
    plain,
    [{ type: "check_pkt_len", length: 34, greater: [], lessEqual: [OUTPUT, OUTPUT] }, OUTPUT],
    [plain, plain, plain],
  ],
];

describe("encapsulation", () => {
  it.each(CASES)("%s", (_what, from, actions, to) => {
    expect(run(from, actions)).toEqual(to);
    expect(pmd.imbalance()).toBe(0);
  });

  it("extracts labels and the NSH as the slow path does", () => {
    const nsh = `${MACS}894f${NSH1}${plain}`;
    for (const hex of [
      labelled,
      `${MACS}${TAG}88480000203f${LABEL}${IPV4}`,
      nsh,
      nsh.slice(0, 60),
    ]) {
      const frame = bytes(hex);
      const key = new Uint8Array(KEY_BYTES);
      extractKey(frame, key, 2);
      const extracted = native.extractKey(frame, 0, 2).subarray(0, KEY_BYTES);
      expect(Buffer.from(extracted).toString("hex")).toBe(Buffer.from(key).toString("hex"));
    }
    const key = new Uint8Array(KEY_BYTES);
    extractKey(bytes(`${MACS}894f${NSH1}${plain}`), key, 2);
    const at = (place: { offset: number; bytes: number }): string =>
      Buffer.from(key.subarray(place.offset, place.offset + place.bytes)).toString("hex");
    expect(at(KEY_FIELDS.eth_type)).toBe("894f");
    expect(at(KEY_OVERLAYS.nsh_flags)).toBe("00");
    expect(at(KEY_OVERLAYS.nsh_ttl)).toBe("3f");
    expect(at(KEY_OVERLAYS.nsh_np)).toBe("03");
    expect(at(KEY_OVERLAYS.nsh_path_hdr)).toBe("000123ff");
    expect(at(KEY_OVERLAYS.nsh_context)).toBe("00000001000000020000000300000004");
  });
});
