// SPDX-License-Identifier: Apache-2.0
/** `learn` beside the stock switch: the same flows, the same packets, the same traces, and the same
 * flow tables afterwards. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AT } from "../../src/ofproto/translate/headers.js";
import type { Flow } from "../../src/openflow/flow.js";
import { run } from "../harness/processes.js";
import { StockSwitch, stockInstalled } from "../harness/stock-switch.js";
import { parseMatchText } from "./flow-text.js";
import { LearnSwitch } from "./learn-switch.js";
import { Random } from "./random.js";

/** What can say every learned match, whatever bits of a VLAN tag it has. */
const OFCTL = ["-O", "OpenFlow10"];
const VARYING = /\b(duration|idle_age|hard_age)=[\d.]+s?,? ?/g;

let stock: StockSwitch;
let ours: LearnSwitch;

/** Runs ovs-ofctl on both; what they print must be the same. */
async function ofctl(command: string, ...args: string[]): Promise<string> {
  const line = [...OFCTL, command, "br0", ...args];
  const normal = (text: string): string =>
    text
      .replace(/^\d{4}-\d\d-\d\dT\S+\|\d+\|/gm, "")
      .replace(/xid=0x[0-9a-f]+/g, "xid")
      .replaceAll(VARYING, "")
      // Learned matches can be such that no client takes them; then bytes are shown.
      .replace(/^0[0-9a-f]{7} {2}.*\n/gm, "")
      .split("\n")
      .sort()
      .join("\n");
  const theirs = await run("ovs-ofctl", line, { env: stock.env });
  const mine = await ours.ofctl(line);
  expect(normal(mine.stdout + mine.stderr)).toBe(normal(theirs.stdout + theirs.stderr));
  return mine.stdout;
}

const megaflowMask = (text: string): Flow =>
  parseMatchText(/^Megaflow: (.*)$/m.exec(text)?.[1] ?? "").mask;

const isVlanType = (at: number): boolean => at === AT.vlan0 + 2 || at === AT.vlan0 + 3;

async function trace(...argv: string[]): Promise<string> {
  const theirs = await stock.must("ovs-appctl", "ofproto/trace", "br0", ...argv);
  const mine = ours.trace(...argv);
  // Ports of the datapath are numbered differently; a lookup of the stock switch also looks at
  // flows that the packet cannot see yet, so that its megaflow may be narrower.
  const normal = (text: string): string =>
    text
      .replace(/Datapath actions: .*/, "")
      .replace(/Megaflow: .*/, "")
      .trimEnd();
  expect(normal(mine), argv.join(" ")).toBe(normal(theirs));
  const [ourMask, theirMask] = [mine, theirs].map((text) => megaflowMask(text));
  const narrower = [...ourMask.bytes.keys()].filter(
    (i) => ourMask.bytes[i] & ~theirMask.bytes[i] && !isVlanType(i),
  );
  expect(narrower, `${argv.join(" ")}\n${mine}${theirs}`).toEqual([]);
  return mine;
}

describe.skipIf(!stockInstalled("dummy"))("learn beside the stock switch", () => {
  beforeAll(async () => {
    stock = await StockSwitch.start({ mode: "dummy" });
    const ports = [1, 2, 3, 4].flatMap((n) => [
      ...["--", "add-port", "br0", `p${n}`],
      ...["--", "set", "interface", `p${n}`, `ofport_request=${n}`],
    ]);
    await stock.must(
      "ovs-vsctl",
      ...["add-br", "br0", "--", "set", "bridge", "br0", "fail-mode=secure"],
      ...["protocols=OpenFlow10,OpenFlow13", ...ports],
    );
    ours = new LearnSwitch();
    await ours.switch.ofproto.start();
  });
  afterAll(async () => {
    ours?.stop();
    await stock?.stop();
  });
  beforeEach(() => ofctl("del-flows"));

  it("learns, replaces, and shows what it learned", async () => {
    const learn = "learn(table=7,hard_timeout=60,idle_timeout=30,cookie=0x5,send_flow_rem,";
    const specs = "eth_dst=eth_src,vlan_tci[0..11],load:7->reg2[4..9],output:in_port)";
    await ofctl("add-flow", `actions=${learn}${specs},resubmit(,7)`);
    await trace("in_port=1,dl_src=50:54:00:00:00:01");
    await trace("in_port=1,dl_src=50:54:00:00:00:01", "-generate");
    await trace("in_port=2,dl_src=50:54:00:00:00:02,dl_dst=50:54:00:00:00:01", "-generate");
    await trace("in_port=3,dl_vlan=9,dl_src=50:54:00:00:00:01", "-generate");
    await trace("in_port=3,dl_src=50:54:00:00:00:01", "-generate");
    const flows = await ofctl("dump-flows");
    expect(flows.match(/ table=7/g)).toHaveLength(3);
    await trace("in_port=4,dl_dst=50:54:00:00:00:01", "-generate");
  });

  it("does not show a flow to the packet that teaches it", async () => {
    await ofctl("add-flow", "actions=learn(table=7,eth_dst[],load:1->reg1),resubmit(,7)");
    expect(await trace("in_port=1", "-generate")).toContain("7. No match");
    expect(await trace("in_port=1", "-generate")).toContain("load:0x1->NXM_NX_REG1[]");
  });

  it("stops at the limit and says so", async () => {
    const learn = "learn(table=7,limit=1,cookie=0x5,eth_dst=eth_src,result_dst=reg0[3],";
    await ofctl("add-flow", `actions=${learn}output:in_port),resubmit(,7)`);
    for (const [port, mac] of ["11", "11", "22", "21", "12"]) {
      await trace(`in_port=${port},dl_src=50:54:00:00:00:0${mac}`, "-generate");
    }
    await ofctl(
      "add-flow",
      "in_port=3,actions=learn(table=6,limit=1),learn(table=6,limit=1,reg1=5)",
    );
    expect(await trace("in_port=3", "-generate")).toContain("Limit exceeded");
    await ofctl("dump-flows");
  });

  it("is refused where the switch's own flows are", async () => {
    await ofctl("add-flow", "actions=learn(table=254,eth_type=0x800),2");
    expect(await trace("in_port=1", "-generate")).toContain("OFPBRC_EPERM");
  });

  it("sends where a learned flow may send only", async () => {
    const outputs = [0, 1, 2, 3].map((n) => `output:reg${n}`).join(",");
    await ofctl("add-flow", `actions=learn(table=9,eth_type=0x806,${outputs},output:in_port)`);
    await trace("in_port=2,reg0=0x12345,reg1=0xfffd,reg2=0xfffb,reg3=0xfffa", "-generate");
    await trace("in_port=2,reg0=0xfff8,reg1=0xfffc,reg2=0xfffe,reg3=0xfeff", "-generate");
    await ofctl("dump-flows", "table=9");
  });

  it("takes learned flows away with those that taught them", async () => {
    const learn = (table: number, spec: string): string =>
      `learn(table=${table},cookie=0x77,delete_learned,${spec})`;
    await ofctl("add-flow", `in_port=1,actions=${learn(5, "eth_dst=eth_src")}`);
    await ofctl("add-flow", `in_port=2,actions=${learn(5, "eth_src[]")}`);
    await ofctl("add-flow", `in_port=3,actions=clone(${learn(6, "eth_src[]")})`);
    for (const port of [1, 2, 3])
      await trace(`in_port=${port},dl_src=50:54:00:00:00:0${port}`, "-generate");
    await ofctl("del-flows", "in_port=1");
    expect(await ofctl("dump-flows")).toContain("table=5");
    await ofctl("mod-flows", "in_port=2,actions=drop");
    await ofctl("add-flow", "in_port=3,actions=normal");
    expect(await ofctl("dump-flows")).not.toContain("table=5");
  });

  it("shortens timeouts after a FIN: fin_timeout", async () => {
    const fin = "fin_idle_timeout=4,fin_hard_timeout=9";
    const specs = "eth_type=0x800,nw_proto=6,ip_dst=ip_src,load:tcp_src->reg1[3..18]";
    await ofctl("add-flow", `tcp,actions=learn(table=8,${fin},priority=55,${specs}),resubmit(,8)`);
    await trace("in_port=2,tcp,nw_src=10.0.0.1,tcp_src=5", "-generate");
    await trace("in_port=2,tcp,nw_src=10.0.0.2,nw_dst=10.0.0.1,tcp_src=5", "-generate");
    await ofctl("dump-flows");
  });

  it("does the same with random specs and packets", async () => {
    const random = new Random(77);
    const specs = [
      ...["NXM_OF_VLAN_TCI[0..11]", "vlan_tci[]", "eth_dst=eth_src", "eth_src[8..39]"],
      ...["in_port[]", "reg1[3..18]=in_port", "reg1[3..10]=0x5a", "metadata[]", "tun_id=7"],
      ...["load:in_port->reg0[0..15]", "load:0x1234->reg0[16..31]", "load:eth_src->xxreg1[3..50]"],
      ...["output:in_port", "output:reg0[0..3]", "eth_dst[]", "reg9=reg0[]", "pkt_mark=reg0[]"],
      ...["eth_type[]", "load:0->vlan_tci", "in_port=LOCAL", "load:in_port->pkt_mark[8..23]"],
    ];
    const options = ["priority=9", "idle_timeout=60", "hard_timeout=70", "cookie=3", "limit=2"];
    for (let round = 0; round < 25; round++) {
      await ofctl("del-flows");
      for (let port = 1; port <= 4; port++) {
        const chosen = new Set([`table=${5 + random.below(2)}`]);
        for (let n = random.below(3); n > 0; n--) chosen.add(random.pick(options));
        for (let n = random.below(4); n > 0; n--) chosen.add(random.pick(specs));
        const learn = `learn(${[...chosen].join(",")})`;
        await ofctl("add-flow", `in_port=${port},actions=${learn},resubmit(,5),resubmit(,6)`);
      }
      for (let n = 0; n < 6; n++) {
        const vlan = random.pick(["", ",dl_vlan=20", ",vlan_tci=5"]);
        const mac = `50:54:00:00:00:0${random.below(3)}`;
        const from = `in_port=${1 + random.below(4)},dl_src=${mac}`;
        const packet = `${from},reg0=${random.below(5)}${vlan}`;
        await trace(packet, ...(random.oneIn(4) ? [] : ["-generate"]));
      }
      await ofctl("dump-flows");
    }
  });
});
