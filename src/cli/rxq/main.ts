// SPDX-License-Identifier: Apache-2.0
import { type Json, printPrettyJson } from "../../lib/json.js";
import { CliError, type Invocation } from "../invocation.js";
import { Management } from "../management.js";
import { OptionError, type OptionSpec, parseOptions } from "../options.js";
import { vsctlMain } from "../vsctl/main.js";
import {
  changeWords,
  type LayoutValue,
  type PlanValue,
  placesOf,
  type UndoRecord,
} from "./plan.js";
import { rxqUsage } from "./usage.js";

/** Where the last applied plan is remembered. */
const UNDO_KEY = "pollux-rxq-undo";

const LAYOUT = "dpif-netdev/pmd-rxq-layout";
const PLAN = "dpif-netdev/pmd-rxq-plan";
const PLACE = "dpif-netdev/pmd-rxq-place";

const OPTIONS: readonly OptionSpec[] = [
  ...(["assign", "isolate", "pin", "cores", "db"] as const).map((name) => ({
    ...{ name, arg: "required" as const },
  })),
  { name: "target", arg: "required", short: "t" },
  { name: "apply", arg: "none" },
  { name: "json", arg: "none" },
  { name: "help", arg: "none", short: "h" },
];
/** Options that are words of the daemon's command. */
const CHANGES = ["assign", "isolate", "pin", "cores"];

interface Settings {
  readonly command: string;
  readonly changes: readonly string[];
  readonly apply: boolean;
  readonly json: boolean;
  readonly db: string | undefined;
  readonly target: string | undefined;
}

function parseArguments(invocation: Invocation): Settings | string {
  const { options, operands } = parseOptions(invocation.args, OPTIONS, true);
  const has = (name: string) => options.some((option) => option.name === name);
  const value = (name: string) =>
    options.findLast((option) => option.name === name)?.value ?? undefined;
  if (has("help")) return rxqUsage(invocation.program);
  const [command, ...rest] = operands;
  if (command === undefined || rest.length > 0 || !["show", "plan", "undo"].includes(command)) {
    throw new CliError('one of "show", "plan" and "undo" is wanted (use --help for help)');
  }
  const changes = options.filter(({ name }) => CHANGES.includes(name));
  if (command !== "plan" && (changes.length > 0 || has("apply"))) {
    throw new CliError(`${command} takes none of --assign, --isolate, --pin, --cores, --apply`);
  }
  return {
    ...{ command, apply: has("apply"), json: has("json"), db: value("db") },
    ...{ target: value("target"), changes: changes.map(({ name, value }) => `${name}=${value}`) },
  };
}

/** One run of `pollux rxq`. */
class Run {
  constructor(
    private readonly invocation: Invocation,
    private readonly settings: Settings,
    private readonly management: Management,
  ) {}

  async show(): Promise<number> {
    return this.print(LAYOUT, []);
  }

  async plan(): Promise<number> {
    const { changes, apply } = this.settings;
    if (!apply) return this.print(PLAN, changes);
    const plan = await this.management.value<PlanValue>(PLAN, ...changes);
    const undo: UndoRecord = { changes: plan.changes, places: placesOf(plan.before) };
    const remember = `external_ids:${UNDO_KEY}=${JSON.stringify(JSON.stringify(undo))}`;
    const words = ["set", "Open_vSwitch", ".", remember];
    await this.vsctl(...words, ...plan.changes.flatMap((change) => changeWords(change)));
    return this.place(placesOf(plan.after));
  }

  async undo(): Promise<number> {
    const name = `external_ids:${UNDO_KEY}`;
    const text = (await this.vsctl("--if-exists", "get", "Open_vSwitch", ".", name)).trim();
    if (text === "") throw new CliError("there is nothing to undo");
    const { changes, places } = JSON.parse(JSON.parse(text) as string) as UndoRecord;
    const forget = ["remove", "Open_vSwitch", ".", "external_ids", UNDO_KEY];
    await this.vsctl(...forget, ...changes.flatMap((change) => changeWords(change, true)));
    return this.place(places);
  }

  /** Puts every queue in its place, and says what is elsewhere all the same. */
  private async place(places: readonly string[]): Promise<number> {
    if (places.length > 0) await this.management.text(PLACE, ...places);
    await this.print(LAYOUT, []);
    const found = new Set(placesOf(await this.management.value<LayoutValue>(LAYOUT)));
    const elsewhere = places.filter((place) => !found.has(place));
    if (elsewhere.length === 0) return 0;
    throw new CliError(`not where they should be: ${elsewhere.join(" ")}`);
  }

  private async print(command: string, args: readonly string[]): Promise<number> {
    const { management } = this;
    const text = this.settings.json
      ? `${printPrettyJson((await management.value(command, ...args)) as Json)}\n`
      : await management.text(command, ...args);
    this.invocation.stdout(text);
    return 0;
  }

  /** Runs a transaction, waits until the switch has applied it, returns what was printed. */
  private async vsctl(...words: string[]): Promise<string> {
    const { db } = this.settings;
    let output = "";
    const args = [...(db === undefined ? [] : [`--db=${db}`]), "--timeout=30", "--", ...words];
    const status = await vsctlMain({
      ...{ ...this.invocation, program: `${this.invocation.program}: vsctl`, args },
      stdout: (text) => {
        output += text;
      },
    });
    if (status !== 0) throw new CliError("the database refused the change");
    return output;
  }
}

/** `pollux rxq`. Returns the exit code; throws CliError. */
export async function rxqMain(invocation: Invocation): Promise<number> {
  let settings: Settings | string;
  try {
    settings = parseArguments(invocation);
  } catch (error) {
    throw error instanceof OptionError ? new CliError(error.message) : error;
  }
  if (typeof settings === "string") {
    invocation.stdout(settings);
    return 0;
  }
  const management = await Management.open(invocation, settings.target);
  try {
    const run = new Run(invocation, settings, management);
    if (settings.command === "show") return await run.show();
    return settings.command === "plan" ? await run.plan() : await run.undo();
  } finally {
    management.close();
  }
}
