// SPDX-License-Identifier: Apache-2.0
/** Commands about implementations and caches: the stock daemon's answers, with two PMDs. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../harness/processes.js";
import { StockSwitch, stockInstalled } from "../harness/stock-switch.js";
import { Switch } from "../harness/switch.js";

const PARSER = "dpif-netdev/miniflow-parser-set";
const PRIORITY = "dpif-netdev/subtable-lookup-prio-set";

/** In this order: what one sets, the next shows. */
const SAME: readonly (readonly string[])[] = [
  ["dpif-netdev/dpif-impl-get"],
  ["dpif-netdev/dpif-impl-get", "x"],
  ["dpif-netdev/dpif-impl-set"],
  ["dpif-netdev/dpif-impl-set", "dpif_scalar"],
  ["dpif-netdev/dpif-impl-set", "dpif_best"],
  ["dpif-netdev/dpif-impl-set", "dpif_scalar", "x"],
  ["dpif-netdev/miniflow-parser-get"],
  ["dpif-netdev/miniflow-parser-get", "x"],
  [PARSER],
  [PARSER, "scalar"],
  [PARSER, "study"],
  [PARSER, "study", "500"],
  [PARSER, "study", "5", "6"],
  [PARSER, "study", "x"],
  [PARSER, "study", "0"],
  [PARSER, "study", "0x10"],
  [PARSER, "study", "4294967296"],
  [PARSER, "-pmd", "1", "scalar"],
  ["dpif-netdev/miniflow-parser-get"],
  [PARSER, "-pmd", "9", "scalar"],
  [PARSER, "-pmd", "x", "scalar"],
  [PARSER, "-pmd", "4294967295", "scalar"],
  [PARSER, "-pmd"],
  [PARSER, "-pmd", "1"],
  [PARSER, "-pmd", "1", "study", "7"],
  [PARSER, "scalar", "5"],
  [PARSER, "scalar", "-pmd", "1"],
  [PARSER, "-foo", "scalar"],
  [PARSER, "none"],
  [PARSER, "1", "2", "3", "4", "5", "6"],
  [PARSER, "autovalidator"],
  ["dpif-netdev/miniflow-parser-get"],
  ["dpif-netdev/subtable-lookup-info-get"],
  ["dpif-netdev/subtable-lookup-prio-get"],
  [PRIORITY, "generic"],
  [PRIORITY, "generic", "5"],
  [PRIORITY, "autovalidator", "255"],
  ["dpif-netdev/subtable-lookup-info-get"],
  [PRIORITY, "generic", "256"],
  [PRIORITY, "generic", "-1"],
  [PRIORITY, "generic", "3x"],
  [PRIORITY, "none", "3"],
  [PRIORITY, "generic", "1", "2"],
  ["dpif-netdev/subtable-lookup-info-get"],
  ["odp-execute/action-impl-show"],
  ["odp-execute/action-impl-show", "x"],
  ["odp-execute/action-impl-set"],
  ["odp-execute/action-impl-set", "autovalidator"],
  ["odp-execute/action-impl-show"],
  ["odp-execute/action-impl-set", "none"],
  ["odp-execute/action-impl-set", "scalar"],
  ["odp-execute/action-impl-show"],
  ["dpctl/cache-get-size"],
  ["dpctl/cache-get-size", "dummy@ovs-dummy"],
  ["dpctl/cache-get-size", "x"],
  ["dpctl/cache-get-size", "-x"],
  ["dpctl/cache-get-size", "x", "y"],
  ["dpctl/cache-set-size", "x", "masks-cache"],
  ["dpctl/cache-set-size", "x", "masks-cache", "y"],
  ["dpctl/cache-set-size", "dummy@ovs-dummy", "masks-cache", "5"],
  ["dpctl/cache-set-size", "dummy@ovs-dummy", "masks-cache", "-5"],
  ["dpif-netdev/bond-show"],
  ["dpif-netdev/bond-show", "ovs-dummy"],
  ["dpif-netdev/bond-show", "x"],
];

describe.skipIf(!stockInstalled("dummy"))("implementations, beside the stock daemon", () => {
  let stock: StockSwitch;
  let sw: Switch;

  beforeAll(async () => {
    const args = ["--dummy-numa=0,0,1,1"];
    stock = await StockSwitch.start({ mode: "dummy", args });
    sw = await Switch.start({ args: ["--enable-dummy=override", "--disable-system", ...args] });
    for (const each of [stock, sw]) {
      await each.must(
        ...["ovs-vsctl", "--timeout=20", "add-br", "br0", "--", "set", "Bridge", "br0"],
        ...["datapath_type=dummy", "--", "add-port", "br0", "p1", "--", "set", "Interface", "p1"],
        ...["type=dummy-pmd", "--", "set", "Open_vSwitch", ".", "other_config:pmd-cpu-mask=3"],
      );
      await until("two PMDs", async () => {
        const { stdout } = await each.appctl("dpif-netdev/dpif-impl-get");
        return stdout.includes("0,1");
      });
    }
  });
  afterAll(async () => {
    await sw?.stop();
    await stock?.stop();
  });

  it.each(SAME)("%s %s %s %s %s", async (...words) => {
    const args = words.filter((word) => word !== undefined);
    expect(await sw.appctl(...args)).toEqual(await stock.appctl(...args));
  });
});
