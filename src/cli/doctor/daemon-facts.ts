// SPDX-License-Identifier: Apache-2.0
/** The daemon as a process, and what it says of its threads. */
import { existsSync, readFileSync } from "node:fs";
import { defaultDatabase, runDirectory } from "../directories.js";
import { CliError, type Invocation } from "../invocation.js";
import { DEFAULT_TARGET, Management } from "../management.js";
import type { DaemonFacts, PmdFacts, ThreadFacts } from "./facts.js";
import type { HostFiles } from "./files.js";
import { allowedCores, cgroupFacts, pinnedThreads } from "./host-facts.js";

const ANSWER_MS = 5000;

interface LayoutValue {
  readonly cores: readonly {
    readonly core: number;
    readonly numa: number;
    readonly rxqs: readonly { readonly port: string; readonly cross_numa: boolean }[];
  }[];
  readonly not_polled: readonly { readonly port: string; readonly queue: number }[];
}

interface StallValue {
  readonly core: number;
  readonly stalls: {
    readonly stuck_ms: number;
    readonly causes: readonly { side: "host" | "switch"; cause: string; count: number }[];
  };
}

function pidOf(pidfile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidfile, "utf8"), 10);
    return Number.isInteger(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** What the daemon says, or why it says nothing. */
async function askDaemon(invocation: Invocation): Promise<ThreadFacts | string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no reply for ${ANSWER_MS / 1000} s`), ANSWER_MS);
  });
  try {
    return await Promise.race([threadFacts(invocation), late]);
  } catch (error) {
    if (error instanceof CliError) return error.message;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function threadFacts(invocation: Invocation): Promise<ThreadFacts> {
  const management = await Management.open(invocation);
  try {
    // Another daemon than ours has neither command.
    await management.text("version");
    const layout = await management
      .value<LayoutValue>("dpif-netdev/pmd-rxq-layout")
      .catch((): LayoutValue => ({ cores: [], not_polled: [] }));
    const stalls = await management
      .value<StallValue[]>("dpif-netdev/pmd-stall-show")
      .catch((): StallValue[] => []);
    return {
      pmds: layout.cores.map((core) => pmdFacts(core, stalls)),
      notPolled: layout.not_polled,
    };
  } finally {
    management.close();
  }
}

function pmdFacts(place: LayoutValue["cores"][number], stalls: readonly StallValue[]): PmdFacts {
  const { core, numa, rxqs } = place;
  const own = stalls.find((each) => each.core === core)?.stalls;
  const of = (side: "host" | "switch") => (own?.causes ?? []).filter((each) => each.side === side);
  const sum = (side: "host" | "switch") => of(side).reduce((n, { count }) => n + count, 0);
  return {
    ...{ core, numa, hostStalls: sum("host"), switchStalls: sum("switch") },
    ...{ hostCause: of("host")[0]?.cause ?? "", switchCause: of("switch")[0]?.cause ?? "" },
    stuckMs: own?.stuck_ms ?? 0,
    rxqs: rxqs.map(({ port, cross_numa }) => ({ port, crossNuma: cross_numa })),
  };
}

/** Both sides: what /proc says, and what it says itself. */
export async function daemonFacts(
  invocation: Invocation,
  db: string | undefined,
  files: HostFiles,
): Promise<{ daemon: DaemonFacts; threads: ThreadFacts | undefined }> {
  const runDir = runDirectory(invocation.env);
  const pidfile = `${runDir}/${DEFAULT_TARGET}.pid`;
  const pid = pidOf(pidfile);
  // A process that has ended has no command line, even before its parent has noticed.
  const alive = pid !== undefined && files.text(`/proc/${pid}/cmdline`) !== "";
  const answer = alive ? await askDaemon(invocation) : "it does not run";
  const threads = typeof answer === "string" ? undefined : answer;
  const status = alive ? files.text(`/proc/${pid}/status`) : "";
  const database = db ?? defaultDatabase(invocation.env);
  return {
    daemon: {
      ...{ runDir, runDirExists: existsSync(runDir), pidfile, pid, alive },
      control: alive ? files.socket(`${runDir}/${DEFAULT_TARGET}.${pid}.ctl`) : undefined,
      answers: threads !== undefined,
      controlError: typeof answer === "string" ? answer : undefined,
      databaseSocket: files.socket(database.replace(/^unix:/, "")),
      cgroups: cgroupFacts(files, alive ? pid : "self"),
      controlCores: alive ? allowedCores(files, String(pid)) : [],
      hugetlbKib: Number(/^HugetlbPages:\s*(\d+)/m.exec(status)?.[1] ?? 0),
      pinnedOthers: pinnedThreads(files, [process.pid, ...(alive ? [pid] : [])]),
    },
    threads,
  };
}
