// SPDX-License-Identifier: Apache-2.0
/** A bundle that changes ten thousand rules in two tables under traffic: no packet sees the one
 * table as it was and the other as it is. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startLoadedSwitch } from "../../harness/loaded-switch.js";

const RULES = 5000;
const FLIPS = 3;

/** Table 1 says which version table 2 is to have; one that has the other sends to table 3, where
 * packets are counted. Every rule of the bundle is of the one version or the other. */
function rulesOf(version: 1 | 2): string {
  const other = 3 - version;
  const lines = [
    `table=1,priority=1,actions=set_field:${version}->reg0,resubmit(,2)`,
    `table=2,priority=2,reg0=${version},actions=output:dst`,
    `table=2,priority=2,reg0=${other},actions=resubmit(,3)`,
  ];
  for (let n = 0; n < RULES; n++) {
    const address = `10.0.${n >> 8}.${n & 255}`;
    const set = `set_field:${version}->reg0,resubmit(,2)`;
    lines.push(`table=1,priority=9,ip,nw_src=${address},actions=${set}`);
    const verdict = "actions=output:dst";
    lines.push(`table=2,priority=9,ip,nw_src=${address},reg0=${version},${verdict}`);
    lines.push(`table=2,priority=9,ip,nw_src=${address},reg0=${other},actions=resubmit(,3)`);
  }
  return lines.map((line) => `${line}\n`).join("");
}

it("is atomic for packets", async () => {
  const sw = await startLoadedSwitch();
  try {
    const files = ([1, 2] as const).map((version) => {
      const file = join(sw.dir, `version-${version}`);
      writeFileSync(file, rulesOf(version));
      return file;
    });
    const load = (file: string) =>
      sw.must("ovs-ofctl", "-OOpenFlow13", "--bundle", "add-flows", "br0", file);
    await sw.must("ovs-ofctl", "add-flow", "br0", "table=3,actions=drop");
    await load(files[0]!);
    await sw.must("ovs-ofctl", "add-flow", "br0", "priority=50000,ip,actions=resubmit(,1)");
    for (let n = 1; n <= FLIPS; n++) {
      const done = load(files[n % 2]!);
      let isDone = false;
      void done.then(() => {
        isDone = true;
      });
      // Misses all the time, not just when the tables have changed.
      while (!isDone) await sw.must("ovs-appctl", "revalidator/purge");
      await done;
    }
    const mixed = await sw.must("ovs-ofctl", "dump-flows", "br0", "table=3");
    expect(mixed).toContain("n_packets=0,");
    const passed = await sw.must("ovs-ofctl", "dump-aggregate", "br0", "table=2");
    expect(Number(/packet_count=(\d+)/.exec(passed)?.[1])).toBeGreaterThan(0);
  } finally {
    await sw.stop();
  }
});
