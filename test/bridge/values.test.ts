// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { bridgeMac, datapathId, defaultBridgeMac } from "../../src/bridge/bridge-identity.js";
import { configBoolean, configInteger, formatMac } from "../../src/bridge/config-values.js";
import { statsIntervalMs } from "../../src/bridge/global-settings.js";
import { OfportAllocator } from "../../src/bridge/ofport-allocator.js";
import { ManualClock } from "../../src/lib/clock.js";

const mac = (text: string) => Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
const map = (values: Record<string, string>) => new Map(Object.entries(values));

describe("values of other_config", () => {
  it.each([
    ["7", 7],
    [" 7 ", 7],
    ["0x10", 16],
    ["-5", 1],
    ["1000", 100],
    ["many", 50],
    ["7 apples", 50],
    ["", 50],
  ])("reads the integer %j within 1 … 100", (text, expected) => {
    expect(configInteger(map({ n: text }), "n", 50, 1, 100)).toBe(expected);
  });

  it("takes the default for booleans that are none", () => {
    expect(configBoolean(map({ b: "TRUE" }), "b", false)).toBe(true);
    expect(configBoolean(map({ b: "no" }), "b", true)).toBe(true);
    expect(configBoolean(map({}), "b", false)).toBe(false);
  });

  it("never updates statistics faster than every five seconds", () => {
    expect(statsIntervalMs(map({ "stats-update-interval": "10" }))).toBe(5000);
    expect(statsIntervalMs(map({ "stats-update-interval": "20000" }))).toBe(20000);
  });
});

describe("identity of a bridge", () => {
  const UUID = "46dcb64e-2f6f-4f10-b1fd-b16ce50e3dd3";

  it("makes the address of a bridge without any from its UUID, as the stock daemon does", () => {
    expect(formatMac(defaultBridgeMac(UUID))).toBe("4e:b6:dc:46:10:4f");
  });

  it("takes the lowest address of a manufacturer", () => {
    const candidates = [
      { configured: undefined, device: mac("52:54:00:00:00:01") },
      { configured: undefined, device: mac("00:1b:21:00:00:02") },
      { configured: "00:1b:21:00:00:01", device: mac("00:1b:20:00:00:00") },
      { configured: undefined, device: mac("00:00:00:00:00:00") },
      { configured: undefined, device: undefined },
    ];
    expect(formatMac(bridgeMac(UUID, new Map(), candidates))).toBe("00:1b:21:00:00:01");
  });

  it("prefers what the operator says, unless it is no station's address", () => {
    const wanted = (hwaddr: string) => formatMac(bridgeMac(UUID, map({ hwaddr }), []));
    expect(wanted("02:00:00:00:00:09")).toBe("02:00:00:00:00:09");
    expect(wanted("01:00:00:00:00:09")).toBe("4e:b6:dc:46:10:4f");
    expect(wanted("nonsense")).toBe("4e:b6:dc:46:10:4f");
  });

  it("makes the datapath id", () => {
    const address = mac("4e:b6:dc:46:10:4f");
    const id = (text: string) => datapathId(map({ "datapath-id": text }), address);
    expect(datapathId(new Map(), address)).toBe(0x4eb6dc46104fn);
    expect(id("00000000000000ff")).toBe(0xffn);
    expect(id("0000000000000000")).toBe(0x4eb6dc46104fn);
    expect(id("ff")).toBe(0x4eb6dc46104fn);
  });
});

describe("OpenFlow port numbers", () => {
  it("counts up and does not reuse a number while there are others", () => {
    const ports = new OfportAllocator(new ManualClock());
    expect([1, 2, 3].map((n) => ports.allocate(`p${n}`, undefined))).toEqual([1, 2, 3]);
    ports.release(2);
    expect(ports.allocate("p4", undefined)).toBe(4);
  });

  it("grants requests for free numbers and skips them afterwards", () => {
    const ports = new OfportAllocator(new ManualClock());
    expect(ports.allocate("a", 2)).toBe(2);
    expect(ports.allocate("b", 2)).toBe(1);
    expect(ports.allocate("c", undefined)).toBe(3);
    expect(ports.isFree(2)).toBe(false);
    ports.release(2);
    expect(ports.allocate("d", 2)).toBe(2);
    expect(ports.allocate("e", 0xff00)).toBe(4);
  });

  it("reuses the number that was free longest when none is fresh, and then says no", () => {
    const clock = new ManualClock();
    const ports = new OfportAllocator(clock);
    for (let n = 1; n < 0xff00; n++) ports.allocate(`p${n}`, undefined);
    expect(ports.allocate("one too many", undefined)).toBeUndefined();
    ports.release(9);
    clock.advance(10);
    ports.release(5);
    expect(ports.allocate("x", undefined)).toBe(9);
    expect(ports.allocate("y", undefined)).toBe(5);
  });
});
