// SPDX-License-Identifier: Apache-2.0
/** The tutorial on advanced features of Open vSwitch: a learning switch for VLANs made of flow
 * tables alone. What it prints is what is printed here, but for `eth,` in megaflows and the inner
 * tag of tagged packets, which came after it was written, and for `vlan_tci=0x0000` in megaflows,
 * which the Ethernet type says now. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installed } from "../harness/processes.js";
import { LearnSwitch } from "./learn-switch.js";

const LEARN =
  "learn(table=10,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]," +
  "load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15])";
const BPDU = "dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0";
const NONE = "00:00:00:00:00:00";
const UNICAST = `dl_src=${NONE}/01:00:00:00:00:00`;
const NO_BPDU = `dl_dst=${NONE}/ff:ff:ff:ff:ff:f0`;

let sw: LearnSwitch;

async function addFlows(...flows: readonly string[]): Promise<void> {
  const added = await sw.ofctl(["add-flows", "br0", "-"], `${flows.join("\n")}\n`);
  expect(added).toMatchObject({ status: 0, stderr: "" });
}

function traced(argv: string): string {
  return sw
    .trace(...argv.split(" "))
    .replace(/^(Megaflow: recirc_id=0,)eth,/m, "$1")
    .replaceAll("vlan_tci1=0x0000,", "")
    .trimEnd();
}

/** A trace: the packet, the lines of its way, its end, the megaflow and what the datapath does. */
function story(
  flow: string,
  way: readonly string[],
  end: { final?: string; megaflow: string; actions?: string },
): string {
  return [
    `Flow: ${flow}`,
    "",
    'bridge("br0")',
    "-------------",
    ...way,
    "",
    `Final flow: ${end.final ?? "unchanged"}`,
    `Megaflow: recirc_id=0,${end.megaflow}`,
    `Datapath actions: ${end.actions ?? "drop"}`,
  ].join("\n");
}

const lastLine = (argv: string): string =>
  /^Datapath actions: (.*)$/m.exec(traced(argv))?.[1] ?? "";

async function learned(): Promise<string[]> {
  const { stdout } = await sw.ofctl(["dump-flows", "br0", "table=10"]);
  const [head, ...flows] = stdout.trimEnd().split("\n");
  expect(head).toMatch(/^NXST_FLOW reply \(xid=0x\w+\):$/);
  return flows.map((line) => line.replace(/^.*idle_age=\d+, /, ""));
}

const TO_TABLE_2 = [" 0. priority 0", "    resubmit(,1)"];
const learnedFlow = (mac: string, port: number): string =>
  `     -> table=10 vlan_tci=0x0014/0x0fff,dl_dst=${mac} priority=32768` +
  ` actions=load:0x${port}->NXM_NX_REG0[0..15]`;
const TABLE_2 = [" 2. priority 32768", `    ${LEARN}`];

describe.skipIf(!installed("ovs-ofctl"))("the tutorial on advanced features", () => {
  beforeAll(async () => {
    sw = new LearnSwitch();
    await sw.switch.ofproto.start();
  });
  afterAll(() => sw?.stop());

  it("admits packets in table 0", async () => {
    await addFlows(
      "table=0, dl_src=01:00:00:00:00:00/01:00:00:00:00:00, actions=drop",
      "table=0, dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0, actions=drop",
      "table=0, priority=0, actions=resubmit(,1)",
    );
    const flow = `in_port=1,vlan_tci=0x0000,dl_src=${NONE},dl_dst=01:80:c2:00:00:`;
    expect(traced("in_port=1,dl_dst=01:80:c2:00:00:05")).toBe(
      story(`${flow}05,dl_type=0x0000`, [` 0. ${BPDU}, priority 32768`, "    drop"], {
        megaflow: `in_port=1,${UNICAST},${BPDU},dl_type=0x0000`,
      }),
    );
    const megaflow = `in_port=1,${UNICAST},${BPDU.replace("00/", "10/")},dl_type=0x0000`;
    expect(traced("in_port=1,dl_dst=01:80:c2:00:00:10")).toBe(
      story(`${flow}10,dl_type=0x0000`, [...TO_TABLE_2, " 1. No match.", "    drop"], { megaflow }),
    );
  });

  it("sorts out VLANs in table 1", async () => {
    await addFlows(
      "table=1, priority=0, actions=drop",
      "table=1, priority=99, in_port=1, actions=resubmit(,2)",
      "table=1, priority=99, in_port=2, vlan_tci=0, actions=mod_vlan_vid:20, resubmit(,2)",
      "table=1, priority=99, in_port=3, vlan_tci=0, actions=mod_vlan_vid:30, resubmit(,2)",
      "table=1, priority=99, in_port=4, vlan_tci=0, actions=mod_vlan_vid:30, resubmit(,2)",
    );
    const rest = `dl_src=${NONE},dl_dst=${NONE},dl_type=0x0000`;
    const masks = `${UNICAST},${NO_BPDU},dl_type=0x0000`;
    const miss = [" 2. No match.", "    drop"];
    expect(traced("in_port=1,vlan_tci=5")).toBe(
      story(
        `in_port=1,vlan_tci=0x0005,${rest}`,
        [...TO_TABLE_2, " 1. in_port=1, priority 99", "    resubmit(,2)", ...miss],
        { megaflow: `in_port=1,${masks}` },
      ),
    );
    const access = [" 1. in_port=2,vlan_tci=0x0000, priority 99", "    mod_vlan_vid:20"];
    expect(traced("in_port=2")).toBe(
      story(
        `in_port=2,vlan_tci=0x0000,${rest}`,
        [...TO_TABLE_2, ...access, "    resubmit(,2)", ...miss],
        {
          final: `in_port=2,dl_vlan=20,dl_vlan_pcp=0,${rest}`,
          megaflow: `in_port=2,${masks}`,
        },
      ),
    );
    expect(traced("in_port=2,vlan_tci=5")).toBe(
      story(`in_port=2,vlan_tci=0x0005,${rest}`, [...TO_TABLE_2, " 1. priority 0", "    drop"], {
        megaflow: `in_port=2,vlan_tci=0x0005,${masks}`,
      }),
    );
  });

  it("learns in table 2", async () => {
    await addFlows(
      "table=2 actions=learn(table=10, NXM_OF_VLAN_TCI[0..11], " +
        "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[], " +
        "load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15]), resubmit(,3)",
    );
    const mac = "50:00:00:00:00:01";
    const way = [
      ...[...TO_TABLE_2, " 1. in_port=1, priority 99", "    resubmit(,2)", ...TABLE_2],
      ...[learnedFlow(mac, 1), "    resubmit(,3)", " 3. No match.", "    drop"],
    ];
    expect(traced(`in_port=1,vlan_tci=20,dl_src=${mac} -generate`)).toBe(
      story(`in_port=1,vlan_tci=0x0014,dl_src=${mac},dl_dst=${NONE},dl_type=0x0000`, way, {
        megaflow: `in_port=1,vlan_tci=0x0014/0x1fff,dl_src=${mac},${NO_BPDU},dl_type=0x0000`,
      }),
    );
    const flow = (port: number): string =>
      `vlan_tci=0x0014/0x0fff,dl_dst=${mac} actions=load:0x${port}->NXM_NX_REG0[0..15]`;
    expect(await learned()).toEqual([flow(1)]);
    traced(`in_port=2,dl_src=${mac} -generate`);
    expect(await learned()).toEqual([flow(2)]);
  });

  it("looks destinations up in table 3", async () => {
    await addFlows(
      "table=3 priority=50 actions=resubmit(,10), resubmit(,4)",
      "table=3 priority=99 dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 actions=resubmit(,4)",
    );
    await sw.ofctl(["del-flows", "br0", "table=10"]);
    const [a, b] = ["f0:00:00:00:00:01", "90:00:00:00:00:01"];
    const table3 = (...found: string[]): string[] => [
      ...["    resubmit(,3)", " 3. priority 50", "    resubmit(,10)", ...found],
      ...["    resubmit(,4)", " 4. No match.", "    drop"],
    ];
    const trunk = [...TO_TABLE_2, " 1. in_port=1, priority 99", "    resubmit(,2)", ...TABLE_2];
    const packet = `dl_src=${a},dl_dst=${b},dl_type=0x0000`;
    const there = (...found: string[]): string =>
      story(
        `in_port=1,dl_vlan=20,dl_vlan_pcp=0,${packet}`,
        [...trunk, learnedFlow(a, 1), ...table3(...found)],
        { megaflow: `in_port=1,dl_vlan=20,${packet}` },
      );
    const first = `in_port=1,dl_vlan=20,dl_src=${a},dl_dst=${b} -generate`;
    expect(traced(first)).toBe(there("    10. No match.", "            drop"));

    const back = `dl_src=${b},dl_dst=${a},dl_type=0x0000`;
    const access = [" 1. in_port=2,vlan_tci=0x0000, priority 99", "    mod_vlan_vid:20"];
    const found = (mac: string, port: number): string[] => [
      `    10. vlan_tci=0x0014/0x0fff,dl_dst=${mac}, priority 32768`,
      `            load:0x${port}->NXM_NX_REG0[0..15]`,
    ];
    expect(traced(`in_port=2,dl_src=${b},dl_dst=${a} -generate`)).toBe(
      story(
        `in_port=2,vlan_tci=0x0000,${back}`,
        [
          ...[...TO_TABLE_2, ...access, "    resubmit(,2)", ...TABLE_2, learnedFlow(b, 2)],
          ...table3(...found(a, 1)),
        ],
        {
          final: `reg0=0x1,in_port=2,dl_vlan=20,dl_vlan_pcp=0,${back}`,
          megaflow: `in_port=2,${back}`,
        },
      ),
    );
    const again = traced(first).split("\n");
    expect(again.slice(0, -4)).toEqual(
      there(...found(b, 2))
        .split("\n")
        .slice(0, -4),
    );
  });

  it("sends in table 4", async () => {
    await addFlows(
      "table=4 reg0=1 actions=1",
      "table=4 reg0=2 actions=strip_vlan,2",
      "table=4 reg0=3 actions=strip_vlan,3",
      "table=4 reg0=4 actions=strip_vlan,4",
      "table=4 reg0=0 priority=99 dl_vlan=20 actions=1,strip_vlan,2",
      "table=4 reg0=0 priority=99 dl_vlan=30 actions=1,strip_vlan,3,4",
      "table=4 reg0=0 priority=50            actions=1",
    );
    const all = "dl_dst=ff:ff:ff:ff:ff:ff";
    expect(lastLine(`in_port=1,${all},dl_vlan=30`)).toBe("pop_vlan,3,4");
    expect(lastLine(`in_port=3,${all}`)).toBe("push_vlan(vid=30,pcp=0),1,pop_vlan,4");
    expect(lastLine(`in_port=1,${all}`)).toBe("drop");
    expect(lastLine(`in_port=1,${all},dl_vlan=55`)).toBe("drop");
    expect(lastLine(`in_port=1,${all},dl_vlan=20`)).toBe("pop_vlan,2");
    expect(lastLine(`in_port=2,${all}`)).toBe("push_vlan(vid=20,pcp=0),1");
    expect(lastLine(`in_port=4,${all}`)).toBe("push_vlan(vid=30,pcp=0),1,pop_vlan,3");
    expect(lastLine("in_port=4,dl_dst=01:00:00:00:00:00")).toBe(
      "push_vlan(vid=30,pcp=0),1,pop_vlan,3",
    );
    const [a, b] = ["10:00:00:00:00:01", "20:00:00:00:00:01"];
    const there = `in_port=1,dl_vlan=30,dl_src=${a},dl_dst=${b} -generate`;
    expect(lastLine(there)).toBe("pop_vlan,3,4");
    expect(lastLine(`in_port=4,dl_src=${b},dl_dst=${a} -generate`)).toBe(
      "push_vlan(vid=30,pcp=0),1",
    );
    expect(lastLine(there)).toBe("pop_vlan,4");
  });
});
