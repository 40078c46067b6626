// SPDX-License-Identifier: Apache-2.0
/** Messages that no tool sends get the same answers from this switch as from the stock one. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../harness/processes.js";
import { StockSwitch, stockInstalled } from "../../harness/stock-switch.js";
import { RAW_CASES } from "./raw-cases.js";
import { RawClient } from "./raw-client.js";
import { RAW_VERSION_CASES } from "./raw-version-cases.js";
import { TestSwitch } from "./test-switch.js";

/** What an answer says, as the stock tools print it. */
async function printed(bytes: Uint8Array): Promise<string> {
  const { stdout } = await run("ovs-ofctl", ["ofp-print", Buffer.from(bytes).toString("hex")]);
  return stdout
    .replace(/xid=0x[0-9a-f]+/g, "xid")
    .replace(/duration[_=]?[\d.]+s/g, "duration")
    .replace(/addr:[0-9a-f:]+/g, "addr");
}

/** Sends messages one after the other on one connection; returns what came back for each. */
async function talk(path: string, version: number, hexes: readonly string[]): Promise<string[]> {
  const client = await RawClient.open(path, version);
  const story: string[] = [];
  for (const hex of hexes) {
    const bytes = Buffer.from(hex, "hex");
    const first = client.received.length;
    client.sendRaw(bytes);
    await client.answers(bytes.readUInt32BE(4), true);
    for (const { bytes: answer } of client.received.splice(first))
      story.push(await printed(answer));
    story.push(client.closed ? "closed" : "--");
    if (client.closed) break;
  }
  client.close();
  return story;
}

describe.skipIf(!stockInstalled("dummy"))("raw messages to both switches", () => {
  let stock: StockSwitch;
  let ours: TestSwitch;

  beforeAll(async () => {
    stock = await StockSwitch.start({ mode: "dummy" });
    await stock.must(
      "ovs-vsctl",
      ...["add-br", "br0", "--", "set", "bridge", "br0", "datapath-type=dummy"],
      ...["fail-mode=secure", "other-config:datapath-id=00000000000000a1"],
      ...["--", "add-port", "br0", "p1", "--", "set", "int", "p1", "type=dummy"],
      ...["ofport_request=1", "--", "add-port", "br0", "p2"],
      ...["--", "set", "int", "p2", "type=dummy", "ofport_request=2"],
    );
    ours = new TestSwitch();
    await ours.ofproto.start();
  });

  afterAll(async () => {
    ours?.stop();
    await stock?.stop();
  });

  it.each([...RAW_CASES, ...RAW_VERSION_CASES])("$version: $what", async ({ version, hexes }) => {
    const theirs = await talk(`${stock.dir}/br0.mgmt`, version, hexes);
    const mine = await talk(ours.socket, version, hexes);
    expect(mine).toEqual(theirs);
  });
});
