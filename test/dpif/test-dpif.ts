// SPDX-License-Identifier: Apache-2.0
/** A datapath for tests: on ordinary memory, so that the machine's hugepages are left alone. */
import { tmpdir } from "node:os";
import { type Dpif, type DpifStartOptions, isFailure } from "../../src/dpif/dpif.js";
import { openDpif } from "../../src/dpif/open.js";

export async function openTestDpif(options: Partial<DpifStartOptions> = {}): Promise<Dpif> {
  const opened = await openDpif({
    otherConfig: { "dpdk-init": "true", "dpdk-extra": "--no-huge -m 512 --no-shconf" },
    rundir: tmpdir(),
    log: process.env.POLLUX_TEST_LOG ? (...line) => console.log(...line) : undefined,
    ...options,
  });
  if (isFailure(opened)) throw new Error(`${opened.error} ${opened.remedy ?? ""}`);
  return opened;
}

/** Adds a port that must be possible; its number. */
export async function addPort(
  dpif: Dpif,
  name: string,
  type: string,
  options: Record<string, string> = {},
): Promise<number> {
  const added = await dpif.portAdd({ name, type, options });
  if (isFailure(added)) throw new Error(added.error);
  return added.portNo;
}

/** Waits until `condition` holds; gives up, loudly, long after it should have. */
export async function eventually(condition: () => boolean, seconds = 20): Promise<void> {
  const until = Date.now() + seconds * 1000;
  while (!condition()) {
    if (Date.now() > until) throw new Error(`never came true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
