// SPDX-License-Identifier: Apache-2.0
/** `/metrics` of a switch under load: names, values, profiles; dashboard and alerts fit them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROFILES } from "../../src/monitoring/profiles.js";
import { startLoadedSwitch } from "../harness/loaded-switch.js";
import { installed, ROOT, run, until } from "../harness/processes.js";
import type { Switch } from "../harness/switch.js";
import { httpGet, parseScrape, type Scrape, type Series } from "./scrape.js";

const ALERTS = join(ROOT, "src/monitoring/alerts/pollux.yaml");
const DASHBOARD = join(ROOT, "src/monitoring/dashboards/pollux.json");

let sw: Switch;
let socketPath: string;

async function scrape(): Promise<Scrape> {
  const { status, headers, body } = await httpGet({ socketPath });
  expect(status).toBe(200);
  expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  return parseScrape(body);
}

function find({ series }: Scrape, name: string, labels: Record<string, string> = {}): Series[] {
  const wanted = Object.entries(labels);
  return series.filter(
    (each) => each.name === name && wanted.every(([key, value]) => each.labels[key] === value),
  );
}

function numberOf(from: Scrape, name: string, labels: Record<string, string> = {}): number {
  const found = find(from, name, labels);
  if (found.length !== 1) throw new Error(`${name}: ${found.length} series`);
  return found[0]!.value;
}

beforeAll(async () => {
  sw = await startLoadedSwitch({
    "pmd-perf-metrics": "true",
    "metrics-listen": "unix:metrics.sock",
  });
  socketPath = join(sw.dir, "metrics.sock");
  await sw.must(
    ...["ovs-vsctl", "--no-wait", "add-port", "br0", "lost"],
    ...["--", "set", "Interface", "lost", "type=dpdk", "options:dpdk-devargs=nonsense"],
    ...["--", "add-port", "br0", "vm", "--", "set", "Interface", "vm"],
    ...["type=dpdkvhostuserclient", `options:vhost-server-path=${join(sw.dir, "vm.sock")}`],
  );
  // The first measuring interval of the queues ends after five seconds.
  await until("loads of queues", async () => {
    return find(await scrape(), "ovs_pmd_rxq_usage").length > 0;
  });
});
afterAll(() => sw?.stop());

describe("the default profile", () => {
  it("has the names of openstack-network-exporter with their labels", async () => {
    const now = await scrape();
    const announced = [...now.types.keys()];
    for (const { name } of PROFILES.get("openstack-network-exporter")!) {
      expect(announced).toContain(name);
    }
    const src = { bridge: "br0", port: "src", interface: "src", type: "dpdk" };
    expect(find(now, "ovs_interface_rx_packets", { interface: "src" })[0]!.labels).toEqual(src);
    expect(find(now, "ovs_pmd_rx_packets").map(({ labels }) => labels)).toEqual([
      { numa: "0", cpu: "1" },
    ]);
    const queue = { numa: "0", cpu: "1", interface: "src", rxq: "0" };
    expect(find(now, "ovs_pmd_rxq_usage", { interface: "src" })[0]!.labels).toEqual(queue);
    const dp = { type: "netdev", name: "ovs-netdev" };
    expect(find(now, "ovs_datapath_flows_total")[0]!.labels).toEqual(dp);
    const bridge = { bridge: "br0", datapath_type: "netdev" };
    expect(find(now, "ovs_bridge_flow_count")[0]!.labels).toEqual(bridge);
    const build = find(now, "ovs_build_info")[0]!.labels;
    expect(build).toMatchObject({ ovs_version: "3.1.0", db_version: "8.3.1" });
    expect(find(now, "nodejs_eventloop_lag_p99_seconds")).toHaveLength(1);
    expect(find(now, "process_resident_memory_bytes")).toHaveLength(1);
  });

  it("has the numbers of the management commands", async () => {
    const number = async (pattern: RegExp, ...command: string[]): Promise<number> =>
      Number(pattern.exec(await sw.must("ovs-appctl", ...command))?.[1]);
    const hits = () => number(/hit:(\d+)/, "dpctl/show");
    const received = () => number(/received: (\d+)/, "dpif-netdev/pmd-stats-show", "-pmd", "1");
    const before = [await hits(), await received()];
    const now = await scrape();
    const after = [await hits(), await received()];
    const metrics = [
      numberOf(now, "ovs_datapath_lookup_hits_total"),
      numberOf(now, "ovs_pmd_rx_packets"),
    ];
    metrics.forEach((metric, i) => {
      expect(metric).toBeGreaterThanOrEqual(before[i]!);
      expect(metric).toBeLessThanOrEqual(after[i]!);
    });
    expect(numberOf(now, "ovs_bridge_port_count")).toBe(5);
    expect(numberOf(now, "ovs_bridge_flow_count")).toBe(3);
    expect(numberOf(now, "ovs_interface_link_state", { interface: "src" })).toBe(1);
    expect(numberOf(now, "ovs_interface_link_state", { interface: "vm" })).toBe(0);
    expect(numberOf(now, "ovs_interface_link_state", { interface: "lost" })).toBe(-1);
    expect(numberOf(now, "pollux_interface_error", { interface: "lost" })).toBe(1);
    expect(numberOf(now, "pollux_interface_error", { interface: "src" })).toBe(0);
    const drop = { reason: "drop_action_of_pipeline", thread: "pmd" };
    expect(numberOf(now, "pollux_drops_total", drop)).toBeGreaterThan(0);
    expect(numberOf(now, "ovs_coverage_drop_action_of_pipeline_total")).toBeGreaterThan(0);
    expect(numberOf(now, "ovs_coverage_raft_entry_serialize_total")).toBe(0);
  });

  it("coverage goes on when statistics are cleared", async () => {
    const received = async () => numberOf(await scrape(), "ovs_coverage_netdev_received_total");
    const before = await received();
    await sw.must("ovs-appctl", "dpif-netdev/pmd-stats-clear");
    expect(await received()).toBeGreaterThanOrEqual(before);
    const now = await scrape();
    for (const event of ["dpif_port_add", "dpif_flow_put", "unixctl_received", "txn_success"]) {
      expect(numberOf(now, `ovs_coverage_${event}_total`), event).toBeGreaterThan(0);
    }
  });

  it("counters only grow, and histograms add up", async () => {
    const [first, second] = [await scrape(), await scrape()];
    const key = ({ name, labels }: Series): string => name + JSON.stringify(labels);
    const later = new Map(second.series.map((each) => [key(each), each.value]));
    for (const each of first.series) {
      const type = first.types.get(each.name.replace(/_(bucket|sum|count)$/, ""));
      const isCounter = first.types.get(each.name) === "counter" || type === "histogram";
      if (isCounter) expect(later.get(key(each)), each.name).toBeGreaterThanOrEqual(each.value);
    }
    const buckets = find(second, "pollux_pmd_iteration_packets_bucket");
    expect(buckets).toHaveLength(32);
    for (let i = 1; i < buckets.length; i++) {
      expect(buckets[i]!.value).toBeGreaterThanOrEqual(buckets[i - 1]!.value);
    }
    expect(buckets.at(-1)!.labels.le).toBe("+Inf");
    expect(numberOf(second, "pollux_pmd_iteration_packets_count")).toBe(buckets.at(-1)!.value);
    expect(numberOf(second, "pollux_pmd_iteration_packets_sum")).toBeGreaterThan(0);
  });

  it.skipIf(!installed("promtool"))("is to promtool's liking", async () => {
    const { body } = await httpGet({ socketPath });
    const own = body.split("\n").filter((line) => / ?pollux_/.test(line));
    const { stdout, stderr } = await run("promtool", ["check", "metrics"], {
      input: `${own.join("\n")}\n`,
    });
    expect(stdout + stderr).toBe("");
  });
});

describe("what is shipped for Prometheus and Grafana", () => {
  /** Names of metrics in an expression. */
  const names = (expression: string): string[] => [
    ...new Set(expression.match(/\b(?:ovs|pollux|nodejs|process)_\w+/g) ?? []),
  ];

  it("asks for metrics that there are", async () => {
    const now = await scrape();
    const known = new Set([...now.types.keys(), ...now.series.map(({ name }) => name)]);
    const alerts = readFileSync(ALERTS, "utf8").matchAll(/^ +expr: (.*)$/gm);
    const expressions = [...alerts].map((match) => match[1]!);
    expect(expressions.length).toBeGreaterThan(8);
    const dashboard = JSON.parse(readFileSync(DASHBOARD, "utf8")) as {
      panels: { targets?: { expr: string }[] }[];
    };
    const queries = dashboard.panels.flatMap(({ targets }) => targets?.map((t) => t.expr) ?? []);
    expect(queries.length).toBeGreaterThan(30);
    for (const expression of [...expressions, ...queries]) {
      expect(names(expression).length, expression).toBeGreaterThan(0);
      expect(
        names(expression).filter((name) => !known.has(name)),
        expression,
      ).toEqual([]);
    }
  });

  it("is a dashboard whose panels do not overlap", () => {
    const { panels } = JSON.parse(readFileSync(DASHBOARD, "utf8")) as {
      panels: { id: number; gridPos: { x: number; y: number; w: number; h: number } }[];
    };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { gridPos, id } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`), `panel ${id}`).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
    }
  });

  it.skipIf(!installed("promtool"))("has rules that promtool accepts", async () => {
    const { status, stdout, stderr } = await run("promtool", ["check", "rules", ALERTS]);
    expect({ status, text: stdout + stderr }).toMatchObject({ status: 0 });
  });
});

describe("settings", () => {
  const set = (key: string, value: string) => sw.setOtherConfig({ [key]: value });

  it.each([...PROFILES])("profile %s", async (profile, metrics) => {
    await set("metrics-profile", profile);
    await until("the profile", async () => {
      const reply = await httpGet({ socketPath }).catch(() => undefined);
      return reply?.body.includes(`# TYPE ${metrics[0]!.name} `) === true;
    });
    await until("its metrics alone", async () => {
      const { types } = await scrape();
      const all = metrics.every(({ name }) => types.has(name));
      return all && (profile === "ovsdp-exporter" || !types.has("ovsdp_idle_cycles"));
    });
    const now = await scrape();
    const bare = metrics.filter(({ name }) => !now.series.some((each) => each.name === name));
    // What nothing here has: counters of single queues, and ids of somebody else's.
    const rare = /_(guest_notifications|good_packets|multicast_packets|external_ids)$/;
    expect(bare.map(({ name }) => name).filter((name) => !rare.test(name))).toEqual([]);
  });

  it("several profiles at once, the first name counts", async () => {
    await set("metrics-profile", "openvswitch_exporter, ovs_exporter,nonsense");
    await until("both", async () => {
      const { types } = await scrape().catch(() => ({ types: new Map() }));
      return types.has("openvswitch_datapath_info") && types.has("ovs_up");
    });
    await until("a warning", () => sw.log.includes('no profile "nonsense", there are openstack'));
  });

  it("moves to a TCP port and back, and ends", async () => {
    await set("metrics-listen", "nowhere");
    await until("an error", () => sw.log.includes("nowhere: not unix:PATH, IP:PORT"));
    expect(existsSync(socketPath)).toBe(false);
    const port = 20000 + (process.pid % 10000);
    await set("metrics-listen", `127.0.0.1:${port}`);
    const where = { host: "127.0.0.1", port };
    await until("TCP", async () => (await httpGet(where).catch(() => undefined))?.status === 200);
    expect((await httpGet(where, "/")).status).toBe(404);
    expect((await httpGet(where, "/metrics?format=text")).status).toBe(200);
    // Paths that are no URLs.
    for (const path of ["//", "/%", "http://", "*"]) {
      expect((await httpGet(where, path)).status, path).toBe(404);
    }
    expect((await httpGet(where, "/metrics", "POST")).status).toBe(405);
    expect(await httpGet(where, "/metrics", "HEAD")).toMatchObject({ status: 200, body: "" });
    await sw.must("ovs-vsctl", "remove", "Open_vSwitch", ".", "other_config", "metrics-listen");
    await until("silence", async () => (await httpGet(where).catch(() => "gone")) === "gone");
  });
});
