// SPDX-License-Identifier: Apache-2.0
/** Prometheus itself scrapes the switch, evaluates our alerts and answers the dashboard's queries.
 * Skipped where the package `prometheus` is not installed. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLoadedSwitch } from "../harness/loaded-switch.js";
import { installed, ROOT, until } from "../harness/processes.js";
import type { Switch } from "../harness/switch.js";
import { httpGet } from "./scrape.js";

const ALERTS = join(ROOT, "src/monitoring/alerts/pollux.yaml");
const DASHBOARD = join(ROOT, "src/monitoring/dashboards/pollux.json");
const HOST = "127.0.0.1";

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

describe.skipIf(!installed("prometheus"))("Prometheus", () => {
  const port = 30000 + (process.pid % 10000);
  let sw: Switch;
  let prometheus: ChildProcess;

  async function api<T>(path: string): Promise<T> {
    const { body } = await httpGet({ host: HOST, port }, `/api/v1/${path}`);
    const { status, data, error } = JSON.parse(body) as { status: string; data: T; error?: string };
    if (status !== "success") throw new Error(`${path}: ${error}`);
    return data;
  }

  beforeAll(async () => {
    const metrics = `${HOST}:${port + 1}`;
    sw = await startLoadedSwitch({ "pmd-perf-metrics": "true", "metrics-listen": metrics });
    const config = join(sw.dir, "prometheus.yaml");
    writeFileSync(
      config,
      "global: { scrape_interval: 1s, evaluation_interval: 1s }\n" +
        `rule_files: [${ALERTS}]\n` +
        `scrape_configs: [{ job_name: pollux, static_configs: [{ targets: ["${metrics}"] }] }]\n`,
    );
    prometheus = spawn(
      "prometheus",
      [
        ...[`--config.file=${config}`, `--storage.tsdb.path=${join(sw.dir, "tsdb")}`],
        `--web.listen-address=${HOST}:${port}`,
      ],
      { stdio: "ignore" },
    );
  });
  afterAll(async () => {
    const gone = new Promise((resolve) => prometheus?.once("exit", resolve) ?? resolve(undefined));
    prometheus?.kill();
    await gone;
    await sw?.stop();
  });

  it("takes every line of a scrape", async () => {
    type Targets = { activeTargets: { health: string; lastError: string }[] };
    await until("a scrape", async () => {
      const data = await api<Targets>("targets").catch(() => undefined);
      return data?.activeTargets[0]?.health === "up";
    });
    const [target] = (await api<Targets>("targets")).activeTargets;
    expect(target).toMatchObject({ health: "up", lastError: "" });
  });

  it("evaluates the alerts", async () => {
    type Rules = { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
    const rules = async () => (await api<Rules>("rules")).groups.flatMap((group) => group.rules);
    await until("an evaluation", async () => {
      return (await rules()).every(({ health }) => health !== "unknown");
    });
    const sick = (await rules()).filter(({ health }) => health !== "ok");
    expect(sick).toEqual([]);
  });

  it("answers the queries of the dashboard", async () => {
    const { panels } = JSON.parse(readFileSync(DASHBOARD, "utf8")) as { panels: Panel[] };
    type Answer = { result: unknown[] };
    const ask = (expression: string) => {
      const query = expression.replaceAll("$instance", ".*");
      const text = query.replaceAll("$__rate_interval", "10s");
      return api<Answer>(`query?query=${encodeURIComponent(text)}`);
    };
    await until("two scrapes", async () => {
      const { result } = await ask("rate(ovs_pmd_rx_packets[$__rate_interval])");
      return result.length > 0;
    });
    const silent: string[] = [];
    for (const { title, targets = [] } of panels) {
      for (const { expr } of targets) {
        if ((await ask(expr)).result.length === 0) silent.push(title);
      }
    }
    // Nothing is sent to guests here, and nothing was lost but by rules.
    expect(silent.filter((title) => !/Lost|Overhead|Load by|Tables per/.test(title))).toEqual([]);
  });
});
