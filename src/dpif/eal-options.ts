// SPDX-License-Identifier: Apache-2.0
/**
 * From `Open_vSwitch.other_config` to the argument vector of DPDK's environment: pure.
 *
 * The options and their order are those of ovs-vswitchd.conf.db(5), with two differences: PCI is
 * left alone unless somebody named a PCI device, and without enough hugepages the switch runs on
 * ordinary memory instead of not at all.
 */

/** What the machine offers. */
export interface EalMachine {
  /** Free hugepage memory of all sizes and nodes, in MiB. */
  readonly freeHugeMiB: number;
  /** Cores that this process may use, ascending. */
  readonly cores: readonly number[];
}

/** What to start DPDK with, and what to tell the operator. */
export interface EalPlan {
  readonly args: readonly string[];
  readonly hugepages: boolean;
  readonly notes: readonly string[];
  /** Warnings about options that were ignored. */
  readonly warnings: readonly string[];
}

export type DpdkInit = "true" | "try" | "false";

/** Ordinary memory when nothing says how much, in MiB. */
const PLAIN_MIB = 512;
/** The most that is taken of ordinary memory, whatever was asked of hugepages: every page of it
 * is touched at the start. */
const PLAIN_MIB_MAX = 2048;
/** Hugepages below which starting on them is not worth trying, in MiB. */
const HUGE_LEAST_MIB = 192;

/** `dpdk-init`: anything but true and try (in any case) is false, as in the stock switch. */
export function dpdkInitMode(otherConfig: Readonly<Record<string, string>>): DpdkInit {
  const value = otherConfig["dpdk-init"]?.toLowerCase();
  return value === "true" || value === "try" ? value : "false";
}

/** A full PCI address at the start of devargs (`0000:01:00.0,representor=…`), or undefined. */
export function pciAddress(devargs: string): string | undefined {
  const match = /^(pci:)?((?:[0-9a-f]{1,8}:)?[0-9a-f]{1,2}:[0-9a-f]{1,2}\.[0-7])(?:,|$)/i.exec(
    devargs,
  );
  return match?.[2];
}

/** Splits a line into words as a shell does: blanks, quotes, backslashes; nothing is expanded.
 * Undefined when a quote is not closed. */
export function splitShellWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (c === "\\" && quote !== "'") {
      i++;
      if (i < line.length) word = (word ?? "") + line[i];
    } else if (quote) {
      if (c === quote) quote = "";
      else word = (word ?? "") + c;
    } else if (c === '"' || c === "'") {
      quote = c;
      word ??= "";
    } else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + c;
    }
  }
  if (quote) return undefined;
  if (word !== undefined) words.push(word);
  return words;
}

/** The plan for a switch whose operator wants DPDK.
 * @param devargs of every configured `dpdk` interface: the PCI devices among them are allowed. */
export function ealPlan(
  otherConfig: Readonly<Record<string, string>>,
  devargs: readonly string[],
  machine: EalMachine,
): EalPlan {
  const notes: string[] = [];
  const warnings: string[] = [];
  const extra = splitShellWords(otherConfig["dpdk-extra"] ?? "");
  if (!extra) warnings.push("dpdk-extra has an unclosed quote: ignored");
  const args = ["ovs-vswitchd", ...(extra ?? [])];
  const given = (...names: string[]) => args.some((arg) => names.includes(arg.split("=")[0]));
  const add = (key: string, option: string, ...same: string[]) => {
    const value = otherConfig[key];
    if (!value) return;
    if (!given(option, ...same)) args.push(option, value);
    else warnings.push(`Ignoring database defined option '${key}' due to dpdk-extra config`);
  };
  add("dpdk-lcore-mask", "-c", "-l", "--lcores");
  const huge = chooseMemory(otherConfig, machine, given, add, args, notes, warnings);
  addPci(devargs, given, args);
  // Its socket is shared by every DPDK program of the machine, and one that hangs would hang us.
  if (!given("--telemetry", "--no-telemetry")) args.push("--no-telemetry");
  if (!given("-c", "-l", "--lcores")) args.push("-l", String(machine.cores[0] ?? 0));
  return { args, hugepages: huge, notes, warnings };
}

/** The plan for a switch that does not want DPDK: kernel devices need packet buffers all the same,
 * and those are DPDK's. */
export function bareEalPlan(machine: EalMachine): EalPlan {
  const args = ["ovs-vswitchd", ...plainMemory(PLAIN_MIB), "--no-pci", "--no-telemetry"];
  args.push("-l", String(machine.cores[0] ?? 0));
  return { args, hugepages: false, notes: [], warnings: [] };
}

/** The same plan on ordinary memory, for when hugepages turn out not to work. */
export function withoutHugepages(plan: EalPlan): EalPlan {
  const args: string[] = [];
  for (let i = 0; i < plan.args.length; i++) {
    const arg = plan.args[i];
    if (["--socket-mem", "--socket-limit", "--huge-dir", "-m"].includes(arg)) i++;
    else if (!/^--(in-memory|socket-mem|socket-limit|huge-dir)/.test(arg)) args.push(arg);
  }
  args.push(...plainMemory(PLAIN_MIB));
  return { ...plan, args, hugepages: false };
}

type Given = (...names: string[]) => boolean;
type Add = (key: string, option: string, ...same: string[]) => void;

function plainMemory(mib: number): string[] {
  return ["--no-huge", "-m", String(mib), "--no-shconf"];
}

function chooseMemory(
  otherConfig: Readonly<Record<string, string>>,
  machine: EalMachine,
  given: Given,
  add: Add,
  args: string[],
  notes: string[],
  warnings: string[],
): boolean {
  // An operator who says --no-huge knows what else belongs to it.
  if (given("--no-huge")) return false;
  const allocMem = otherConfig["dpdk-alloc-mem"];
  const socketMem = otherConfig["dpdk-socket-mem"];
  const wanted = socketMem ? sumMiB(socketMem) : Number(allocMem ?? 0) || 0;
  const needed = Math.max(wanted, wanted ? 0 : HUGE_LEAST_MIB);
  if (machine.freeHugeMiB < needed && !given("--socket-mem", "-m")) {
    notes.push(
      `${machine.freeHugeMiB} MB of free hugepages, ${needed} MB needed: running without ` +
        'hugepages. For more speed: "sysctl vm.nr_hugepages=' +
        `${Math.max(1024, Math.ceil(needed / 2))}" and restart`,
    );
    args.push(...plainMemory(Math.min(wanted || PLAIN_MIB, PLAIN_MIB_MAX)));
    return false;
  }
  add("dpdk-hugepage-dir", "--huge-dir");
  add("dpdk-socket-limit", "--socket-limit");
  if (socketMem && allocMem) {
    warnings.push("Ignoring 'dpdk-alloc-mem': 'dpdk-socket-mem' is set as well");
  }
  if (socketMem) add("dpdk-socket-mem", "--socket-mem", "-m");
  else add("dpdk-alloc-mem", "-m", "--socket-mem");
  if (!given("--in-memory", "--legacy-mem")) args.push("--in-memory");
  return true;
}

function addPci(devargs: readonly string[], given: Given, args: string[]): void {
  if (given("--no-pci", "-a", "--allow")) return;
  const addresses = [
    ...new Set(devargs.map(pciAddress).filter((address) => address !== undefined)),
  ];
  if (addresses.length === 0) args.push("--no-pci");
  for (const address of addresses) args.push("-a", address);
}

function sumMiB(list: string): number {
  return list.split(",").reduce((sum, part) => sum + (Number(part) || 0), 0);
}
