// SPDX-License-Identifier: Apache-2.0
/** Groups and meters: the same commands, traces and packets on both switches, the same answers. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OFP_VERSION, SPOKEN_VERSIONS } from "../../src/ofproto/ofproto-types.js";
import type { RunResult } from "../harness/processes.js";
import { StockSwitch, stockInstalled } from "../harness/stock-switch.js";
import { Switch } from "../harness/switch.js";

/** What differs between two runs of the same switch, too. */
function normal({ status, stdout, stderr }: RunResult): string {
  const text = `${stdout}${stderr}`
    .replace(/^\d{4}-\d\d-\d\dT\S+\|\d+\|/gm, "")
    .replace(/duration[=:][\d.]+s/g, "duration")
    .replace(/\/\S+\.mgmt/g, "MGMT")
    .replace(/\/\S+\/(good|bad)\b/g, "$1")
    .replace(/recirc_id=0x[0-9a-f]+|recirc\(0x[0-9a-f]+\)/g, "recirc")
    .replace(/^00000000 .*\n(0000.*\n)*/gm, "HEX\n");
  // Dumps of several groups or meters come in any order.
  const lines = text.replace(/\n(\d: |type=)/g, " $1").split("\n");
  return [`exit ${status}`, ...(/OFPST_METER|_GROUP/.test(text) ? lines.sort() : lines)].join("\n");
}

const MEMBERS = [
  ...["add-br", "br0", "--", "set", "bridge", "br0", "datapath-type=dummy", "fail-mode=secure"],
  "protocols=OpenFlow10,OpenFlow13,OpenFlow14,OpenFlow15",
  "other-config:datapath-id=00000000000000a1",
  ...[1, 2, 3, 4].flatMap((n) => [
    ...["--", "add-port", "br0", `p${n}`, "--", "set", "interface", `p${n}`],
    ...["type=dummy", `ofport_request=${n}`],
  ]),
];

const O10 = "";
const O13 = "-O OpenFlow13 ";
const O15 = "-O OpenFlow15 ";
/** What the commands about meters and the newest forms of groups are tried in. */
const SPEAKS_15 = SPOKEN_VERSIONS.includes(OFP_VERSION.OF15);
const UDP = "udp,nw_src=10.0.0.1,nw_dst=10.0.0.2,udp_src=7,udp_dst=9";

/** Lines of ovs-ofctl, or of ovs-appctl after "@". */
const STEPS: readonly string[] = [
  ...[O10, O13, O15].flatMap((o) => [
    `${o}dump-group-features br0`,
    `${o}add-group br0 group_id=1,type=all,bucket=output:2,bucket=actions=output:3`,
    `${o}add-group br0 group_id=1,type=all,bucket=output:2`,
    `${o}add-group br0 group_id=2,type=select,bucket=weight:10,output:2,bucket=weight=30,output:3`,
    `${o}add-group br0 group_id=3,type=indirect,bucket=mod_nw_dst:1.2.3.4,output:4`,
    `${o}add-group br0 group_id=3,type=indirect,bucket=output:4,bucket=output:3`,
    `${o}add-group br0 group_id=4,type=ff,bucket=watch_port:2,output:2,` +
      "bucket=watch_port:3,output:3",
    `${o}add-group br0 group_id=5,type=ff,bucket=output:2`,
    `${o}add-group br0 group_id=6,type=all,bucket=weight:3,output:2`,
    `${o}add-group br0 group_id=7,type=all,bucket=watch_port:1,output:2`,
    `${o}add-group br0 group_id=8,type=ff,bucket=watch_group:4,output:2`,
    `${o}mod-group br0 group_id=99,type=all,bucket=output:2`,
    `${o}--may-create mod-group br0 group_id=9,type=all,bucket=output:2`,
    `${o}--may-create mod-group br0 group_id=9,type=all,bucket=output:3`,
    `${o}dump-groups br0`,
    `${o}dump-groups br0 3`,
    `${o}dump-group-stats br0`,
    `${o}dump-group-stats br0 group_id=2`,
    `${o}add-flow br0 in_port=1,actions=group:77`,
    `${o}add-flow br0 in_port=1,actions=group:1`,
    `${o}add-flow br0 in_port=2,actions=group:1`,
    `${o}dump-group-stats br0 group_id=1`,
    `${o}del-groups br0 group_id=1`,
    `${o}dump-flows --no-stats br0`,
    `${o}del-groups br0 group_id=1`,
    `${o}del-groups br0 bucket=output:1`,
    `${o}del-groups br0`,
    `${o}dump-groups br0`,
  ]),
  ...[O10, O15].flatMap((o) => [
    `${o}add-group br0 group_id=1,type=select,bucket=bucket_id:1,output:1,` +
      "bucket=bucket_id:2,output:2",
    `${o}insert-buckets br0 group_id=1,command_bucket_id=last,bucket=bucket_id=5,output:3`,
    `${o}insert-buckets br0 group_id=1,command_bucket_id=first,bucket=bucket_id=6,` +
      "weight:7,output:3",
    `${o}insert-buckets br0 group_id=1,command_bucket_id=2,bucket=bucket_id=7,` +
      "output:3,bucket=bucket_id=8,output:4",
    `${o}insert-buckets br0 group_id=1,command_bucket_id=2,bucket=bucket_id=7,output:3`,
    `${o}insert-buckets br0 group_id=1,command_bucket_id=77,bucket=bucket_id=9,output:3`,
    `${o}insert-buckets br0 group_id=1,command_bucket_id=all,bucket=bucket_id=9,output:3`,
    `${o}insert-buckets br0 group_id=1,bucket=bucket_id=9,output:3`,
    `${o}insert-buckets br0 group_id=2,command_bucket_id=last,bucket=bucket_id=9,output:3`,
    `${o}dump-groups br0`,
    `${o}remove-buckets br0 group_id=1,command_bucket_id=7`,
    `${o}remove-buckets br0 group_id=1,command_bucket_id=7`,
    `${o}remove-buckets br0 group_id=1,command_bucket_id=first`,
    `${o}remove-buckets br0 group_id=1,command_bucket_id=last`,
    `${o}dump-groups br0`,
    `${o}remove-buckets br0 group_id=1,command_bucket_id=all`,
    `${o}dump-groups br0 1`,
    `${o}del-groups br0`,
    `${o}add-group br0 group_id=1,type=select,selection_method=hash,fields(ip_src,` +
      "tcp_dst=0xff),bucket=output:2",
    `${o}add-group br0 group_id=2,type=select,selection_method=hash,` +
      "selection_method_param=5,fields=eth_dst,bucket=output:2",
    `${o}add-group br0 group_id=3,type=select,selection_method=dp_hash,` +
      "selection_method_param=0x100000002,bucket=output:2",
    `${o}add-group br0 group_id=4,type=select,selection_method=odd,bucket=output:2`,
    `${o}add-group br0 group_id=5,type=all,selection_method=hash,bucket=output:2`,
    `${o}add-group br0 group_id=6,type=select,fields=ip_src,bucket=output:2`,
    `${o}add-group br0 group_id=7,type=select,selection_method=dp_hash,fields=ip_src,` +
      "bucket=output:2",
    `${o}add-group br0 group_id=8,type=select,selection_method=hash,fields=ip_src=0,` +
      "bucket=output:2",
    `${o}add-group br0 group_id=9,type=select,selection_method=hash,fields=nope,bucket=output:2`,
    `${o}dump-groups br0`,
    `${o}del-groups br0`,
  ]),
  // Mistakes of people.
  "add-group br0 group_id=1",
  "add-group br0 type=all",
  "add-group br0 group_id=1,type=none",
  "add-group br0 group_id=4294967295,type=all",
  "add-group br0 group_id=1,type=all,what=1",
  "add-group br0 group_id=1,type=all,bucket=",
  "add-group br0 group_id=1,type=all,bucket=what:1",
  "add-group br0 group_id=1,type=all,command_bucket_id=1,bucket=output:1",
  "add-group br0 group_id=1,type=ff,bucket=watch_port:x,output:1",
  "parse-group group_id=1,type=select,bucket=weight:3,output:1,bucket=bucket_id=4,output:2",
  // Translation.
  "del-flows br0",
  "add-group br0 group_id=1,type=all,bucket=output:2,bucket=mod_nw_dst:9.9.9.9,output:3",
  "add-group br0 group_id=2,type=select,bucket=weight:10,output:2,bucket=weight=30,output:3",
  "add-group br0 group_id=3,type=indirect,bucket=group:1",
  "add-group br0 group_id=4,type=ff,bucket=watch_port:2,output:2,bucket=watch_port:3,output:3",
  "add-group br0 group_id=5,type=select,selection_method=hash,fields(ip_src," +
    "udp_dst),bucket=output:2,bucket=output:3,bucket=weight:0,output:4",
  "add-group br0 group_id=6,type=ff,bucket=watch_group:4,output:4,bucket=watch_port:1,group:1",
  "add-group br0 group_id=7,type=all,bucket=resubmit(,7),bucket=group:7",
  "add-group br0 group_id=8,type=select,selection_method=hash,bucket=output:2,bucket=output:3",
  "add-group br0 group_id=9,type=all,bucket=set_field:7->reg0,bucket=push_vlan:0x8100,group:2",
  "add-group br0 group_id=10,type=all,bucket=CONTROLLER:100,bucket=dec_ttl,output:2",
  "add-flow br0 table=7,actions=mod_dl_src:00:00:00:00:00:09,output:4",
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((group) => [
    `add-flow br0 actions=group:${group},mod_dl_dst:00:00:00:00:00:01,output:LOCAL`,
    `@ofproto/trace br0 in_port=1,${UDP}`,
    `@ofproto/trace br0 in_port=1,tcp,nw_src=1.1.1.1,nw_dst=2.2.2.2,tcp_dst=80,nw_ttl=9`,
  ]),
  `@ofproto/trace br0 in_port=1,${UDP},dp_hash=0x35`,
  "add-flow br0 actions=group:2",
  ...[1, 2, 7, 0x1d, 0xff, 0x12345].map((hash) => {
    return `@ofproto/trace br0 in_port=1,${UDP},dp_hash=${hash}`;
  }),
  `-O OpenFlow13 add-flow br0 actions=write_actions(group:4,output:1)`,
  `@ofproto/trace br0 in_port=1,${UDP}`,
  "@netdev-dummy/set-admin-state p2 down",
  "add-flow br0 actions=group:4",
  `@ofproto/trace br0 in_port=1,${UDP}`,
  "add-flow br0 actions=group:6",
  `@ofproto/trace br0 in_port=1,${UDP}`,
  "@netdev-dummy/set-admin-state p3 down",
  `@ofproto/trace br0 in_port=1,${UDP}`,
  "add-flow br0 actions=group:4",
  `@ofproto/trace br0 in_port=1,${UDP}`,
  "@netdev-dummy/set-admin-state up",
  "del-flows br0",
  "del-groups br0",
  // Meters: commands.
  "-O OpenFlow13 add-meter br0 meter=1,kbps,bands=type=drop,rate=1000",
  "-O OpenFlow13 add-meter br0 meter=1,kbps,bands=type=drop,rate=1000",
  "-O OpenFlow13 add-meter br0 meter=2,pktps,burst,stats,bands=type=drop,rate=10," +
    "burst_size=3,type=drop,rate=20,burst_size=5",
  "-O OpenFlow13 mod-meter br0 meter=3,kbps,bands=type=drop,rate=1000",
  "-O OpenFlow13 mod-meter br0 meter=2,kbps,burst,bands=type=drop,rate=10,burst_size=3",
  "-O OpenFlow13 add-meter br0 meter=controller,pktps,bands=type=drop,rate=5",
  "-O OpenFlow13 add-meter br0 meter=slowpath,pktps,bands=type=drop,rate=5",
  "-O OpenFlow13 add-meter br0 meter=5,pktps,kbps,bands=type=drop,rate=5",
  "-O OpenFlow13 add-meter br0 meter=5,stats,bands=type=drop,rate=5",
  "-O OpenFlow13 add-meter br0 meter=5,kbps",
  "-O OpenFlow13 add-meter br0 meter=5,kbps,bands=rate=5",
  "-O OpenFlow13 add-meter br0 meter=5,kbps,bands=type=drop",
  "-O OpenFlow13 add-meter br0 meter=5,kbps,bands=type=drop,rate=1,burst_size=1",
  "-O OpenFlow13 add-meter br0 meter=5,kbps,burst,bands=type=drop,rate=1",
  "-O OpenFlow13 add-meter br0 meter=5,kbps,bands=type=drop,rate=1,prec_level=1",
  "-O OpenFlow13 add-meter br0 meter=5,kbps,bands=type=dscp_remark,rate=1",
  "-O OpenFlow13 add-meter br0 meter=0,kbps,bands=type=drop,rate=1",
  "-O OpenFlow13 add-meter br0 meter=all,kbps,bands=type=drop,rate=1",
  "-O OpenFlow13 add-meter br0 kbps,bands=type=drop,rate=1",
  "-O OpenFlow13 add-meter br0 meter=5,what,bands=type=drop,rate=1",
  "add-meter br0 meter=5,kbps,bands=type=drop,rate=1",
  `-O OpenFlow13 add-meter br0 meter=6,kbps,bands=${"type=drop,rate=1,".repeat(9)}`,
  "-O OpenFlow13 dump-meters br0",
  "-O OpenFlow15 dump-meters br0",
  "-O OpenFlow13 dump-meter br0 meter=2",
  "-O OpenFlow13 dump-meter br0 meter=9",
  "-O OpenFlow13 meter-stats br0",
  "-O OpenFlow13 meter-stats br0 meter=1",
  "-O OpenFlow13 add-flow br0 in_port=1,actions=meter:9,output:2",
  "-O OpenFlow13 add-flow br0 in_port=1,actions=meter:1,output:2",
  "-O OpenFlow13 add-flow br0 in_port=2,actions=meter:2,output:3",
  "-O OpenFlow15 add-flow br0 in_port=3,actions=output:4,meter:2,output:1",
  "-O OpenFlow13 dump-flows --no-stats br0",
  "-O OpenFlow13 add-flow br0 in_port=4,actions=controller,output:1",
  `@ofproto/trace br0 in_port=4,${UDP}`,
  "-O OpenFlow13 add-flow br0 in_port=4,actions=controller(meter_id=1,reason=no_match)",
  `@ofproto/trace br0 in_port=4,${UDP}`,
  "-O OpenFlow13 add-flow br0 in_port=4,actions=controller(meter_id=9)",
  `@ofproto/trace br0 in_port=4,${UDP}`,
  "-O OpenFlow13 del-meter br0 meter=controller",
  `@ofproto/trace br0 in_port=4,${UDP}`,
  "-O OpenFlow13 del-flows br0 in_port=4",
  `@ofproto/trace br0 in_port=1,${UDP}`,
  `@ofproto/trace br0 in_port=3,${UDP}`,
  "-O OpenFlow13 meter-stats br0 meter=2",
  "-O OpenFlow13 del-meter br0 meter=2",
  "-O OpenFlow13 dump-flows --no-stats br0",
  "-O OpenFlow13 del-meters br0",
  "-O OpenFlow13 dump-flows --no-stats br0",
  "-O OpenFlow13 dump-meters br0",
];

/** A UDP packet of `bytes` into a port. */
const receive = (port: string, source: number, bytes: number, from = "10.0.0.1"): string =>
  `@netdev-dummy/receive ${port} in_port(1),eth(src=50:54:00:00:00:01,dst=50:54:00:00:00:02),` +
  `eth_type(0x0800),ipv4(src=${from},dst=10.0.0.2,proto=17,tos=0x28,ttl=64,frag=no),` +
  `udp(src=${source},dst=9) --len ${bytes}`;
const many = (count: number, step: string): string[] => Array.from({ length: count }, () => step);

/** Packets while time stands, and what was counted of them. */
const PACKETS: readonly string[] = [
  "@time/stop",
  "-O OpenFlow13 add-meter br0 meter=1,pktps,burst,stats,bands=type=drop,rate=3,burst_size=2",
  "-O OpenFlow13 add-meter br0 meter=2,kbps,burst,stats,bands=type=drop,rate=7,burst_size=3",
  "-O OpenFlow13 add-meter br0 meter=3,kbps,stats,bands=type=drop,rate=5,type=drop," +
    "rate=9,type=drop,rate=9",
  "-O OpenFlow13 add-meter br0 meter=4,pktps,stats,burst,bands=type=drop,rate=1,burst_size=1",
  "-O OpenFlow13 add-flow br0 in_port=1,actions=meter:1,output:4",
  "-O OpenFlow13 add-flow br0 in_port=2,actions=meter:2,output:4",
  "-O OpenFlow13 add-flow br0 in_port=3,actions=meter:3,output:4",
  "-O OpenFlow13 add-flow br0 in_port=4,actions=meter:4,output:3",
  ...[0, 100, 300, 7, 333, 334, 1, 5000, 299, 250, 90000].flatMap((ms, round) => [
    ...(ms > 0 ? [`@time/warp ${ms}`] : []),
    ...["p1", "p2", "p3", "p4"].flatMap((port) => many(3, receive(port, 7, 110 + 40 * round))),
    "@time/warp 1",
    "-O OpenFlow13 meter-stats br0",
  ]),
  "-O OpenFlow13 mod-meter br0 meter=1,pktps,bands=type=drop,rate=1",
  "-O OpenFlow13 meter-stats br0 meter=1",
  ...many(2, receive("p1", 7, 120)),
  "@time/warp 1",
  "-O OpenFlow13 meter-stats br0 meter=1",
  "@coverage/read-counter datapath_drop_meter",
  "-O OpenFlow13 del-meters br0",
  // Bundles: all or nothing.
  "-O OpenFlow14 bundle br0 good",
  "-O OpenFlow13 dump-groups br0",
  "dump-flows --no-stats br0",
  "-O OpenFlow14 bundle br0 bad",
  "-O OpenFlow13 dump-groups br0",
  "dump-flows --no-stats br0",
  "del-flows br0",
  "del-groups br0",
  // Groups: every packet is counted on its group and its bucket.
  "add-group br0 group_id=1,type=all,bucket=output:2,bucket=output:3",
  "add-group br0 group_id=2,type=ff,bucket=watch_port:2,output:2,bucket=watch_port:3,output:3",
  "add-group br0 group_id=3,type=select,selection_method=hash,fields=udp_src," +
    "bucket=output:2,bucket=output:3,bucket=weight:5,output:4",
  "add-group br0 group_id=4,type=indirect,bucket=group:2",
  "add-flow br0 in_port=1,actions=group:1",
  "add-flow br0 in_port=2,actions=group:4",
  "add-flow br0 in_port=3,actions=group:3",
  ...Array.from({ length: 12 }, (_, i) => ["p1", "p2", "p3"].map((p) => receive(p, 100 + i, 120))),
  "@time/warp 2000 500",
  "@revalidator/wait",
  "dump-group-stats br0",
  "dump-flows br0",
  "@netdev-dummy/set-admin-state p2 down",
  "@revalidator/wait",
  ...many(3, receive("p4", 5, 120)),
  receive("p3", 105, 120),
  // The stock switch would credit those to the flow that comes next.
  "@time/warp 1000 500",
  "@revalidator/wait",
  "add-flow br0 in_port=4,actions=group:2",
  "@revalidator/wait",
  ...many(4, receive("p4", 5, 120)),
  "@time/warp 2000 500",
  "@revalidator/wait",
  "dump-group-stats br0",
  // The datapath's symmetric hash is the stock one's: the same buckets.
  "add-group br0 group_id=6,type=select,bucket=output:1,bucket=output:2,bucket=output:3",
  "add-flow br0 in_port=4,actions=group:6",
  "@revalidator/wait",
  ...Array.from({ length: 16 }, (_, i) => receive("p4", 7, 120, `10.0.${i}.9`)),
  "@time/warp 2000 500",
  "@revalidator/wait",
  "dump-group-stats br0",
  "add-flow br0 in_port=4,actions=group:2",
  "@revalidator/wait",
  "mod-group br0 group_id=2,type=all,bucket=output:1",
  "@revalidator/wait",
  "dump-group-stats br0",
  ...many(4, receive("p4", 5, 120)),
  "@time/warp 2000 500",
  "@revalidator/wait",
  "dump-group-stats br0",
].flat();

/** What the steps above read. */
const FILES: Record<string, string> = {
  good: [
    "group group_id=1,type=all,bucket=output:2",
    "flow add in_port=1,actions=group:1",
    "group add group_id=2,type=indirect,bucket=output:3",
    "group modify group_id=1,type=all,bucket=output:2,bucket=output:3",
    "flow add in_port=2,actions=group:2",
    "group delete group_id=2",
  ].join("\n"),
  // Not with a group that is deleted: taking that back crashes the stock daemon.
  bad: [
    "group group_id=3,type=all,bucket=output:2",
    "flow add in_port=4,actions=group:3",
    "flow add in_port=3,actions=group:77",
  ].join("\n"),
};

describe.skipIf(!stockInstalled("dummy"))("groups and meters on both switches", () => {
  let stock: StockSwitch;
  let ours: Switch;

  beforeAll(async () => {
    stock = await StockSwitch.start({ mode: "dummy" });
    ours = await Switch.start({ args: ["--enable-dummy=override", "--disable-system"] });
    for (const each of [stock, ours]) {
      await each.must("ovs-vsctl", ...MEMBERS);
      for (const name in FILES) writeFileSync(join(each.dir, name), `${FILES[name]}\n`);
    }
  });

  afterAll(async () => {
    await ours?.stop();
    await stock?.stop();
  });

  // One after the other: later steps see what earlier ones left.
  const steps = [...STEPS, ...PACKETS].filter((step) => SPEAKS_15 || !step.startsWith(O15));
  it.each(steps.map((step, i) => [i, step] as const))("%d: %s", async (_i, step) => {
    const words = step.replace(/^@/, "").split(" ");
    const ask = (on: StockSwitch | Switch) => {
      const args = words.map((word) => (Object.hasOwn(FILES, word) ? join(on.dir, word) : word));
      return step.startsWith("@") ? on.appctl(...args) : on.ofctl(...args);
    };
    const [theirs, mine] = [normal(await ask(stock)), normal(await ask(ours))];
    expect(mine).toBe(theirs);
  });
});
