// SPDX-License-Identifier: Apache-2.0
/** Flows in text become the same messages, formats and errors as with the stock tool. */
import { describe, expect, it } from "vitest";
import { ofctlMain } from "../../src/cli/ofctl/main.js";
import { installed, run } from "../harness/processes.js";
import { capture } from "./capture.js";
import { readCases } from "./cases.js";

const VERSIONS = [[], ["-O", "OpenFlow13"]];

describe.skipIf(!installed("ovs-ofctl"))("parse-flow beside the stock tool", () => {
  it.each(readCases("ofctl-flows.txt"))("%s", async (flow) => {
    for (const options of VERSIONS) {
      const args = [...options, "parse-flow", flow];
      const mine = await capture(ofctlMain, "ovs-ofctl", args);
      const theirs = await run("ovs-ofctl", args);
      const stderr = theirs.stderr.replace(/^\d{4}-\d\d-\d\dT.*\n/gm, "");
      expect(mine).toEqual({ ...theirs, stderr });
    }
  });
});
