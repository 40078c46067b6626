// SPDX-License-Identifier: Apache-2.0
/** Timeouts, notifications, limits, fail modes: what flows live through. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/lib/clock.js";
import { setLogSpec } from "../../../src/lib/log.js";
import { Ofproto } from "../../../src/ofproto/ofproto.js";
import type { TablesChange } from "../../../src/ofproto/ofproto-types.js";
import { OfpError } from "../../../src/openflow/errors.js";
import { emptyMatch } from "../../../src/openflow/match.js";
import {
  COOKIE_KEEP,
  FLOW_COMMAND,
  type FlowMod,
} from "../../../src/openflow/messages/flow-mod.js";
import { FLOW_MOD } from "./message-samples.js";

let clock: ManualClock;
let changes: TablesChange[];
let synced: number;
let ofproto: Ofproto;

beforeEach(() => {
  setLogSpec("console:off");
  clock = new ManualClock();
  changes = [];
  synced = 0;
  ofproto = new Ofproto({
    ...{ name: "br0", datapathId: 1n, clock },
    hooks: {
      onTablesChanged: (change) => changes.push(change),
      syncStats: () => {
        synced++;
      },
    },
  });
  ofproto.setFailMode("secure");
  changes = [];
});

afterEach(() => ofproto.close());

function mod(patch: Partial<FlowMod>): void {
  const flow = { ...FLOW_MOD, tableId: 0, flags: 0, idleTimeout: 0, hardTimeout: 0 };
  ofproto.flowMod({ ...flow, ...patch });
}

const rules = () => [...ofproto.flows.all()].filter((rule) => rule.tableId < 254);

function code(body: () => void): string | undefined {
  try {
    body();
  } catch (error) {
    return error instanceof OfpError ? error.code : String(error);
  }
  return undefined;
}

describe("timeouts", () => {
  it("hard: counted from the last change", () => {
    mod({ hardTimeout: 10 });
    clock.advance(9000);
    mod({ command: FLOW_COMMAND.MODIFY, newCookie: COOKIE_KEEP, actions: [] });
    clock.advance(9000);
    ofproto.expire();
    expect(rules()).toHaveLength(1);
    clock.advance(1001);
    ofproto.expire();
    expect(rules()).toHaveLength(0);
  });

  it("idle: counted from the last packet, after the counts were brought up to date", () => {
    mod({ idleTimeout: 10 });
    const [rule] = rules();
    clock.advance(9000);
    rule?.credit(1, 60, clock.now());
    clock.advance(9000);
    ofproto.expire();
    expect([rules().length, synced]).toEqual([1, 0]);
    clock.advance(2000);
    ofproto.expire();
    expect([rules().length, synced]).toEqual([0, 1]);
  });

  it("only flows with a timeout are looked at", () => {
    for (let priority = 0; priority < 100; priority++) mod({ priority });
    mod({ priority: 200, idleTimeout: 1 });
    expect(ofproto.flows.mortal.size).toBe(1);
    mod({ priority: 200 });
    expect(ofproto.flows.mortal.size).toBe(0);
  });
});

describe("counts", () => {
  it("survive a modify and a re-add, unless they are reset", () => {
    mod({});
    rules()[0]?.credit(5, 500, 0);
    mod({ command: FLOW_COMMAND.MODIFY, actions: [] });
    expect(rules()[0]).toMatchObject({ packets: 5, bytes: 500, actions: [] });
    clock.advance(1000);
    mod({ newCookie: 9n });
    expect(rules()[0]).toMatchObject({ packets: 5, cookie: 9n, createdMs: 1000 });
    mod({ flags: 4 });
    expect(rules()[0]).toMatchObject({ packets: 0, bytes: 0 });
    rules()[0]?.credit(5, 500, 0);
    clock.advance(1000);
    mod({ flags: 4, command: FLOW_COMMAND.MODIFY });
    expect(rules()[0]).toMatchObject({ packets: 0, createdMs: 1000, modifiedMs: 2000 });
  });
});

describe("changes", () => {
  it("are announced once per message, with the tables", () => {
    mod({});
    mod({ tableId: 3 });
    mod({ tableId: 0xff, command: FLOW_COMMAND.DELETE, match: emptyMatch() });
    expect(changes.map((c) => [...c.tables])).toEqual([[0], [3], [0, 3]]);
    const versions = changes.map((c) => c.version);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    mod({ tableId: 0xff, command: FLOW_COMMAND.DELETE, match: emptyMatch() });
    expect(changes).toHaveLength(3);
  });

  it("of a transaction that fails are taken back", () => {
    mod({ priority: 1 });
    mod({ priority: 2, idleTimeout: 5 });
    rules()[0]?.credit(3, 30, 0);
    const before = rules().map((rule) => ({ ...rule }));
    changes = [];
    const failed = code(() =>
      ofproto.flows.transact((transaction) => {
        const flow = { ...FLOW_MOD, tableId: 0, flags: 0 };
        ofproto.flows.apply(transaction, { ...flow, priority: 3 });
        ofproto.flows.apply(transaction, { ...flow, priority: 1, actions: [], newCookie: 99n });
        ofproto.flows.apply(transaction, { ...flow, priority: 1, flags: 4 });
        ofproto.flows.apply(transaction, { ...flow, command: 4, priority: 2 });
        ofproto.flows.apply(transaction, { ...flow, command: 1, actions: [], newCookie: 7n });
        ofproto.flows.apply(transaction, { ...flow, tableId: 254 });
      }),
    );
    expect(failed).toBe("OFPBRC_EPERM");
    const byPriority = (a: { priority: number }, b: { priority: number }) =>
      a.priority - b.priority;
    expect(
      rules()
        .map((rule) => ({ ...rule }))
        .sort(byPriority),
    ).toEqual(before.sort(byPriority));
    expect(ofproto.flows.mortal.size).toBe(1);
    expect(changes).toEqual([]);
  });
});

describe("limits", () => {
  it("a full table takes no more flows", () => {
    ofproto.setTableConfig(0, { maxFlows: 2 });
    mod({ priority: 1 });
    mod({ priority: 2 });
    expect(code(() => mod({ priority: 3 }))).toBe("OFPFMFC_TABLE_FULL");
    mod({ priority: 2, actions: [] });
    ofproto.setTableConfig(0, {});
    mod({ priority: 3 });
    expect(rules()).toHaveLength(3);
  });
});

describe("fail modes", () => {
  it("standalone without controllers is a learning switch", () => {
    ofproto.setFailMode("standalone");
    expect(rules()).toMatchObject([
      { priority: 0, hidden: false, actions: [{ port: 0xfffffffa }] },
    ]);
    mod({});
    ofproto.setFailMode("secure");
    expect(rules()).toEqual([]);
  });

  it("standalone with an unreachable controller opens after a while, above all flows", () => {
    ofproto.setFailMode("standalone");
    ofproto.setControllers([{ target: "unix:/nonexistent/controller" }]);
    expect(rules()).toEqual([]);
    clock.advance(14_000);
    ofproto.expire();
    expect(rules()).toEqual([]);
    clock.advance(2000);
    ofproto.expire();
    expect(rules()).toMatchObject([{ hidden: true, priority: 0xf0f0f0 }]);
    expect(ofproto.flows.select({ ...FLOW_MOD, match: emptyMatch(), tableId: 0 })).toEqual([]);
    mod({ command: FLOW_COMMAND.DELETE, match: emptyMatch() });
    expect(rules()).toHaveLength(1);
    ofproto.setControllers([]);
    expect(rules()).toMatchObject([{ hidden: false, priority: 0 }]);
  });
});
