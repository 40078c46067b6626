// SPDX-License-Identifier: Apache-2.0
/** The stock ovs-appctl and ours, talking to the same stock daemon. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appctlMain } from "../../src/cli/appctl/main.js";
import { run } from "../harness/processes.js";
import { StockSwitch, stockInstalled } from "../harness/stock-switch.js";
import { ALARM_STATUS, capture } from "./capture.js";

const CASES = [
  "version",
  "list-commands",
  "foo",
  "version 1 2",
  "",
  "-t foo version",
  "-t /nonexistent/x.ctl version",
  "-t ovs-vswitchd version",
  "--target=ovs-vswitchd version",
  "--tar ovs-vswitchd version",
  "-t ovsdb-server version",
  "-T 0 version",
  "-T x version",
  "-T 5 version",
  "--timeout= version",
  "-t",
  "--foo",
  "-x",
  "-V",
  "-o",
  "-e version",
  "vlog/set foo",
  "vlog/list",
  "vlog/list-pattern",
  "fdb/show",
  "fdb/show nobr",
  "fdb/show br0",
  "ofproto/list",
  "ofproto/list x",
  "dpif/show",
  "dpctl/show",
  "dpctl/dump-flows",
  "ofproto/trace br0 in_port=1",
  "ofproto/trace br0 nosuchfield=1",
  "bridge/dump-flows br0",
  "version -T 3",
  "-t stale version",
  "-t garbage version",
  "-t empty version",
];

describe.skipIf(!stockInstalled("dummy"))("appctl beside ovs-appctl", () => {
  let stock: StockSwitch;

  beforeAll(async () => {
    stock = await StockSwitch.start({ mode: "dummy" });
    await stock.vsctl("add-br", "br0", "--", "set", "Bridge", "br0", "datapath_type=dummy");
    writeFileSync(join(stock.dir, "garbage.pid"), "hello\n");
    writeFileSync(join(stock.dir, "empty.pid"), "");
    writeFileSync(join(stock.dir, "stale.pid"), "4194303\n");
  });
  afterAll(() => stock?.stop());

  it.each(CASES)("appctl %s", async (line) => {
    const args = line.split(" ").filter((word) => word !== "");
    const mine = await capture(appctlMain, "ovs-appctl", args, { env: stock.env });
    const theirs = await run("ovs-appctl", args, { env: stock.env });
    const errors = theirs.stderr.replace(/^\d{4}-\d\d-\d\dT.*\n/gm, "");
    expect(mine).toEqual({ ...theirs, stderr: errors });
  });

  it("gives up after the timeout", async () => {
    const { listenStreams } = await import("../../src/net/listen.js");
    const path = join(stock.dir, "mute.ctl");
    const listener = await listenStreams(`punix:${path}`, () => {});
    const args = ["-T", "1", "-t", path, "version"];
    const { status } = await capture(appctlMain, "ovs-appctl", args, { env: stock.env });
    listener.close();
    expect(status).toBe(ALARM_STATUS);
  });

  it("says so when the daemon goes away", async () => {
    const { listenStreams } = await import("../../src/net/listen.js");
    const path = join(stock.dir, "rude.ctl");
    const listener = await listenStreams(`punix:${path}`, (stream) => {
      stream.on("data", () => stream.destroy());
    });
    const args = ["-t", path, "version"];
    const mine = await capture(appctlMain, "ovs-appctl", args, { env: stock.env });
    const theirs = await run("ovs-appctl", args, { env: stock.env });
    listener.close();
    expect(mine).toEqual({
      ...theirs,
      stderr: theirs.stderr.replace(/^\d{4}-\d\d-\d\dT.*\n/gm, ""),
    });
  });
});
