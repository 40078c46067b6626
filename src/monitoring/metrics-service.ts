// SPDX-License-Identifier: Apache-2.0
/** `/metrics` as the database wants it: `other_config:metrics-listen`, `metrics-profile`. */
import type { BridgeManager } from "../bridge/bridge-manager.js";
import { OperatorError } from "../lib/errors.js";
import { vlog } from "../lib/log.js";
import { Exporter } from "./exporter.js";
import { MetricsServer, parseMetricsAddress } from "./metrics-server.js";
import { DEFAULT_PROFILE, PROFILES } from "./profiles.js";

const log = vlog("metrics");

export class MetricsService {
  #applied = "";
  #server: MetricsServer | undefined;
  /** Changes happen one after the other. */
  #changes: Promise<void> = Promise.resolve();

  constructor(
    private readonly manager: BridgeManager,
    private readonly runDir: string,
  ) {
    manager.client.on("ready", () => this.#look());
    manager.client.on("change", () => this.#look());
    this.#look();
  }

  /** Looks whether the settings are other ones. */
  #look(): void {
    const { client } = this.manager;
    if (client.state !== "ready") return;
    const config = client.table("Open_vSwitch").first()?.other_config;
    const listen = config?.get("metrics-listen")?.trim() ?? "";
    const profile = config?.get("metrics-profile")?.trim() || DEFAULT_PROFILE;
    const wanted = JSON.stringify([listen, profile]);
    if (wanted === this.#applied) return;
    this.#applied = wanted;
    this.#changes = this.#changes.then(() => this.#apply(listen, profile));
  }

  async #apply(listen: string, profile: string): Promise<void> {
    this.#server?.close();
    this.#server = undefined;
    if (listen === "") return;
    try {
      const address = parseMetricsAddress(listen, this.runDir);
      const exporter = new Exporter(this.manager, metricsOf(profile));
      this.#server = await MetricsServer.listen(exporter, address);
      log.info(`metrics on ${listen} (${profile})`);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      log.warn(`metrics-listen: ${error.message}`);
    }
  }

  async stop(): Promise<void> {
    await this.#changes;
    this.#server?.close();
  }
}

/** The metrics of one or more profiles, separated by commas; unknown ones are passed over. */
function metricsOf(profile: string) {
  return profile
    .split(",")
    .map((name) => name.trim())
    .flatMap((name) => {
      const metrics = PROFILES.get(name);
      if (!metrics) {
        const all = [...PROFILES.keys()].join(", ");
        log.warn(`metrics-profile: no profile "${name}", there are ${all}`);
      }
      return metrics ?? [];
    });
}
