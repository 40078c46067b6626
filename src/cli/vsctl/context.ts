// SPDX-License-Identifier: Apache-2.0
import type { Table } from "../table/table.js";
import { SwitchView } from "./switch-view.js";
import { SymbolTable } from "./symbols.js";
import type { Row, Transaction } from "./transaction.js";

/** What the commands of one run work on and leave behind. */
export class CommandContext {
  readonly symbols = new SymbolTable();
  /** Interfaces that were added, to be checked once the switch has tried to open them. */
  readonly newInterfaces: Row[] = [];
  /** Text and table of the command that runs. */
  output = "";
  table: Table | undefined;
  /** Set by a command that must wait for the database to change. */
  mustWait = false;
  #view: SwitchView | undefined;

  constructor(
    readonly txn: Transaction,
    /** The only row of Open_vSwitch. */
    readonly root: Row,
    readonly warn: (text: string) => void,
    /** Provisional → permanent UUID of inserted rows, once committed. */
    readonly permanent: Map<string, string> = new Map(),
  ) {}

  /** Bridges, ports and interfaces as they are now. */
  get view(): SwitchView {
    this.#view ??= new SwitchView(this.txn, this.root, this.warn);
    return this.#view;
  }

  /** To be called after any change of bridges, ports or interfaces. */
  invalidateView(): void {
    this.#view = undefined;
  }

  print(...lines: readonly string[]): void {
    for (const line of lines) this.output += `${line}\n`;
  }
}
