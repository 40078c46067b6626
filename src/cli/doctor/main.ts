// SPDX-License-Identifier: Apache-2.0
import { printPrettyJson } from "../../lib/json.js";
import { CliError, type Invocation } from "../invocation.js";
import { initializeLog } from "../log-options.js";
import { OptionError, type OptionSpec, parseOptions } from "../options.js";
import { CORE_CHECKS } from "./core-checks.js";
import { daemonFacts } from "./daemon-facts.js";
import { databaseFacts } from "./database-facts.js";
import type { DatabaseFacts, Facts } from "./facts.js";
import { HostFiles } from "./files.js";
import type { Check, Finding, Level } from "./finding.js";
import { hostFacts } from "./host-facts.js";
import { MEMORY_CHECKS } from "./memory-checks.js";
import { SWITCH_CHECKS } from "./switch-checks.js";
import { doctorUsage } from "./usage.js";

const EXIT_FINDINGS = 1;
const EXIT_CANNOT = 2;

const OPTIONS: readonly OptionSpec[] = [
  { name: "json", arg: "none" },
  { name: "db", arg: "required" },
  { name: "help", arg: "none", short: "h" },
];

const CHECKS: readonly Check[] = [...SWITCH_CHECKS, ...MEMORY_CHECKS, ...CORE_CHECKS];
const LEVELS: readonly Level[] = ["error", "warning", "note"];

/** Everything that is wrong by these facts, the worst first. */
export function diagnose(facts: Facts): Finding[] {
  const findings = CHECKS.flatMap((check) => check(facts));
  return LEVELS.flatMap((level) => findings.filter((finding) => finding.level === level));
}

async function gather(invocation: Invocation, db: string | undefined): Promise<Facts> {
  const files = new HostFiles();
  const { daemon, threads } = await daemonFacts(invocation, db, files);
  let database: DatabaseFacts | undefined;
  let databaseError = "";
  const { kind, listening } = daemon.databaseSocket;
  try {
    // Nobody waits for a database that cannot answer.
    if (db !== undefined || (kind === "socket" && listening)) {
      database = await databaseFacts({ ...invocation, stderr: () => {} }, db, files);
    }
  } catch (error) {
    databaseError = error instanceof Error ? error.message : String(error);
  }
  return { host: hostFacts(files), daemon, threads, database, databaseError };
}

function report(findings: readonly Finding[]): string {
  const lines = findings.map(
    ({ level, about, problem, remedy }) => `${level.padEnd(8)} ${about}: ${problem} -> ${remedy}\n`,
  );
  const counts = LEVELS.map((level) => {
    const count = findings.filter((finding) => finding.level === level).length;
    return `${count} ${level}${count === 1 ? "" : "s"}`;
  });
  return `${lines.join("")}${counts.join(", ")}\n`;
}

/** `pollux doctor`. Returns 0, or 1 when there are findings; throws CliError with 2 when it cannot
 * look. */
export async function doctorMain(invocation: Invocation): Promise<number> {
  initializeLog("ovs-vsctl");
  let parsed: ReturnType<typeof parseOptions>;
  try {
    parsed = parseOptions(invocation.args, OPTIONS, true);
  } catch (error) {
    throw error instanceof OptionError ? new CliError(error.message, EXIT_CANNOT) : error;
  }
  const { options, operands } = parsed;
  if (options.some(({ name }) => name === "help")) {
    invocation.stdout(doctorUsage(invocation.program));
    return 0;
  }
  if (operands.length > 0) {
    throw new CliError(`${operands[0]}: no such argument (use --help)`, EXIT_CANNOT);
  }
  const db = options.findLast(({ name }) => name === "db")?.value ?? undefined;
  const findings = diagnose(await gather(invocation, db));
  const isJson = options.some(({ name }) => name === "json");
  const value = { findings: findings.map((finding) => ({ ...finding })) };
  invocation.stdout(isJson ? `${printPrettyJson(value)}\n` : report(findings));
  return findings.some(({ level }) => level !== "note") ? EXIT_FINDINGS : 0;
}
