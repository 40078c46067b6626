// SPDX-License-Identifier: Apache-2.0
/** The published shapes of JSON replies: scripts rely on them, so none changes by accident. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { allCommands } from "../../src/appctl/commands.js";
import { actionList, datapathFields, openflowFields } from "../../src/appctl/flow-json.js";
import { CommandRegistry } from "../../src/appctl/registry.js";
import type { BridgeManager } from "../../src/bridge/bridge-manager.js";
import { ROOT } from "../harness/processes.js";

/** Written anew with UPDATE_SCHEMA=1. */
const PUBLISHED = join(ROOT, "src/appctl/replies.schema.json");

interface Schemas {
  readonly $schema: string;
  readonly title: string;
  readonly $defs: Readonly<Record<string, object>>;
}

function schemas(): Schemas {
  const manager = { bridges: new Map(), datapath: undefined, passes: 0 };
  const registry = new CommandRegistry();
  registry.add(...allCommands(manager as unknown as BridgeManager, { exit: () => {} }));
  return registry.schemas() as unknown as Schemas;
}

describe("schemas of replies", () => {
  const now = schemas();
  if (process.env.UPDATE_SCHEMA || !existsSync(PUBLISHED)) {
    writeFileSync(PUBLISHED, `${JSON.stringify(now, null, 2)}\n`);
  }
  const published = JSON.parse(readFileSync(PUBLISHED, "utf8")) as Schemas;

  it.each(Object.keys(published.$defs))("%s is as published", (name) => {
    expect(now.$defs[name]).toEqual(published.$defs[name]);
  });

  it("are JSON Schema", () => {
    expect(new Ajv2020({ strict: true, strictTypes: false }).validateSchema(now)).toBe(true);
    const names = Object.keys(now.$defs);
    expect(names).toEqual([...new Set(names)]);
  });

  it("say what members are", () => {
    const bare = Object.entries(now.$defs).filter(([, schema]) => Object.keys(schema).length === 0);
    expect(bare).toEqual([]);
  });
});

describe("flows in JSON", () => {
  it("takes datapath fields apart", () => {
    const text =
      "recirc_id(0),in_port(2)," +
      "eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02/01:00:00:00:00:00)," +
      "eth_type(0x8100),vlan(vid=5,pcp=0),encap(eth_type(0x0800),ipv4(frag=no))";
    expect(datapathFields(text)).toEqual({
      recirc_id: "0",
      in_port: "2",
      eth: { src: "00:00:00:00:00:01", dst: "00:00:00:00:00:02/01:00:00:00:00:00" },
      eth_type: "0x8100",
      vlan: { vid: "5", pcp: "0" },
      encap: { eth_type: "0x0800", ipv4: { frag: "no" } },
    });
  });

  it("takes OpenFlow matches and actions apart", () => {
    expect(openflowFields("priority=5,tcp,in_port=1,nw_src=10.0.0.0/8")).toEqual({
      ...{ priority: "5", tcp: true, in_port: "1", nw_src: "10.0.0.0/8" },
    });
    expect(openflowFields("")).toEqual({});
    const learn = "learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:2)";
    expect(actionList(`${learn},resubmit(,1),output:"a,b"`)).toEqual([
      ...[learn, "resubmit(,1)", 'output:"a,b"'],
    ]);
    expect(actionList("drop")).toEqual([]);
  });
});
