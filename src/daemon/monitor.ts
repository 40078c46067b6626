// SPDX-License-Identifier: Apache-2.0
/** `--monitor`: starts the switch again when it crashes, as daemon(7) of the stock tools. */
import { setTimeout as sleep } from "node:timers/promises";
import { vlog } from "../lib/log.js";
import { announceReady, exitStatus, type Role, startRole } from "./detach.js";

const log = vlog("daemon_unix");

/** Signals that a process gets for its own faults. Others are somebody's will. */
const CRASHES: ReadonlySet<NodeJS.Signals> = new Set([
  "SIGABRT",
  "SIGALRM",
  "SIGBUS",
  "SIGFPE",
  "SIGILL",
  "SIGPIPE",
  "SIGSEGV",
  "SIGXCPU",
  "SIGXFSZ",
] as const);

const RESTART_INTERVAL_MS = 10_000;

/** Runs workers until one ends in order. Resolves with its exit status. */
export async function runMonitor(role: Role): Promise<number> {
  let restartedMs = Number.NEGATIVE_INFINITY;
  let wasReady = false;
  let stopping = false;
  let kill: (signal: NodeJS.Signals) => void = () => {};
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      stopping = true;
      kill(signal);
    });
  }
  for (;;) {
    const { child, ready, ended } = startRole("worker", false);
    kill = (signal) => child.kill(signal);
    process.title = `ovs-vswitchd: monitoring pid ${child.pid} (healthy)`;
    if ((await ready) && !wasReady) {
      wasReady = true;
      announceReady(role);
    }
    const { code, signal } = await ended;
    const how = signal ? `killed (${signal})` : `exit status ${code}`;
    if (stopping || !wasReady || signal === null || !CRASHES.has(signal)) {
      log.info(`pid ${child.pid} died, ${how}, exiting`);
      return exitStatus(code, signal);
    }
    const waitMs = restartedMs + RESTART_INTERVAL_MS - performance.now();
    if (waitMs > 0) {
      log.warn(`pid ${child.pid} died, ${how}, waiting until 10 seconds since last restart`);
      await sleep(waitMs);
      if (stopping) return exitStatus(code, signal);
    }
    restartedMs = performance.now();
    log.err(`pid ${child.pid} died, ${how}, restarting`);
  }
}
