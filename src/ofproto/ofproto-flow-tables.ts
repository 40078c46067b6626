// SPDX-License-Identifier: Apache-2.0
/**
 * The flow tables of a switch and what flow-mods do to them (OpenFlow 1.0 §4.6, 1.3.5 §6.4; where
 * they differ from the stock switch, the stock switch).
 *
 * Changes are made inside a FlowTransaction, which can be taken back: that is what makes bundles
 * atomic. Listeners hear of a transaction once, when it is committed.
 */
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../lib/clock.js";
import { OfpError } from "../openflow/errors.js";
import { emptyMatch } from "../openflow/match.js";
import {
  COOKIE_KEEP,
  FLOW_COMMAND,
  FLOW_FLAG,
  type FlowMod,
} from "../openflow/messages/flow-mod.js";
import { FLOW_REMOVED_REASON } from "../openflow/messages/flow-removed.js";
import { FLOW_EVENT } from "../openflow/messages/flow-updates.js";
import { GROUP_ANY, TABLE_ALL } from "../openflow/messages/port-number.js";
import { OFPP, type OfpAct } from "../openflow/ofp-actions.js";
import { flowChange, type Requester } from "./flow-change.js";
import { chooseVictim } from "./ofproto-eviction.js";
import type { FlowTablesListener } from "./ofproto-flow-listener.js";
import { type FlowCriteria, meets } from "./ofproto-flow-select.js";
import { FlowTransaction } from "./ofproto-flow-transaction.js";
import { internalRules } from "./ofproto-internal-rules.js";
import { LearnedCookies } from "./ofproto-learned-cookies.js";
import { INTERNAL_TABLE, OfTable, TABLES } from "./ofproto-table.js";
import { Rule, type RuleInit } from "./rule.js";
import { RuleReferences } from "./rule-references.js";

const ALL_BITS = 0xffffffffffffffffn;

export class FlowTables {
  readonly tables: readonly OfTable[] = Array.from({ length: TABLES }, (_, id) => new OfTable(id));
  /** Bumped by every transaction that changed something. */
  version = 0;
  /** Flows that have a timeout. */
  readonly mortal = new Set<Rule>();
  /** The last change that monitors could have been told of. */
  monitorSeq = 0;
  readonly references = new RuleReferences();
  readonly #learned = new LearnedCookies();

  constructor(
    private readonly clock: Clock,
    private readonly listener: FlowTablesListener,
  ) {
    const internal = this.begin();
    for (const rule of internalRules(clock.now())) this.insert(internal, rule);
  }

  begin(requester: Requester | null = null): FlowTransaction {
    return new FlowTransaction(requester);
  }

  /** Applies a flow-mod by itself. Throws OfpError; then nothing has changed. */
  flowMod(message: FlowMod, requester: Requester | null = null): void {
    this.transact((transaction) => this.apply(transaction, message), requester);
  }

  /** Runs `body`; takes everything back if it throws. */
  transact(body: (transaction: FlowTransaction) => void, requester: Requester | null = null): void {
    const transaction = this.begin(requester);
    try {
      body(transaction);
    } catch (error) {
      transaction.rollback();
      throw error;
    }
    this.commit(transaction);
  }

  commit(transaction: FlowTransaction): void {
    if (transaction.tables.size === 0 && !transaction.changedOthers) return;
    this.#removeOrphans(transaction);
    this.version++;
    if (transaction.removed.length > 0) this.listener.onRemoved(transaction.removed);
    if (transaction.changes.length > 0) {
      this.listener.onFlowChanges?.(transaction.changes, transaction.requester);
    }
    this.listener.onTablesChanged({ version: this.version, tables: transaction.tables });
  }

  /** Removes flows that nobody teaches any more; they may have been teachers themselves. */
  #removeOrphans(transaction: FlowTransaction): void {
    for (;;) {
      const orphans = this.#learned.takeOrphans();
      if (orphans.length === 0) return;
      for (const { tableId, cookie } of orphans) {
        if (!this.tables[tableId]) continue;
        const criteria = {
          ...{ match: emptyMatch(), tableId, cookie, cookieMask: ALL_BITS },
          ...{ outPort: OFPP.NONE, outGroup: GROUP_ANY },
        };
        for (const rule of this.select(criteria)) {
          this.remove(transaction, rule, FLOW_REMOVED_REASON.DELETE);
        }
      }
    }
  }

  /** Makes the timeouts of a rule at most these, in seconds; 0 leaves one as it is. */
  shortenTimeouts(rule: Rule, idle: number, hard: number): void {
    if (rule.removed || rule.hidden) return;
    if (idle > 0 && (rule.idleTimeout === 0 || rule.idleTimeout > idle)) rule.idleTimeout = idle;
    if (hard > 0 && (rule.hardTimeout === 0 || rule.hardTimeout > hard)) rule.hardTimeout = hard;
    this.#track(rule);
  }

  /** Applies a flow-mod within a transaction. Throws OfpError, possibly halfway. */
  apply(transaction: FlowTransaction, message: FlowMod): void {
    if (message.command < FLOW_COMMAND.DELETE) {
      this.check(message);
      this.listener.checkActions(message.actions);
    }
    switch (message.command) {
      case FLOW_COMMAND.ADD:
        this.#add(transaction, message);
        break;
      case FLOW_COMMAND.MODIFY:
      case FLOW_COMMAND.MODIFY_STRICT:
        this.#modify(transaction, message);
        break;
      case FLOW_COMMAND.DELETE:
      case FLOW_COMMAND.DELETE_STRICT:
        this.#delete(transaction, message);
        break;
      default:
        throw new OfpError("OFPFMFC_BAD_COMMAND");
    }
  }

  /** Flows that meet the criteria, hidden ones excepted. A number restricts to that priority and
   * the very match (strict). Throws OFPBRC_BAD_TABLE_ID. */
  select(criteria: FlowCriteria, strictPriority?: number): Rule[] {
    const rules: Rule[] = [];
    for (const table of this.#matchingTables(criteria.tableId)) {
      if (strictPriority !== undefined) {
        const rule = table.classifier.findExact(criteria.match, strictPriority);
        if (rule && meets(rule, criteria)) rules.push(rule);
        continue;
      }
      for (const rule of table.classifier.iterate(criteria.match)) {
        if (meets(rule, criteria)) rules.push(rule);
      }
    }
    return rules;
  }

  /** All rules, hidden ones included: `bridge/dump-flows`. */
  *all(): Generator<Rule> {
    for (const table of this.tables) yield* table.classifier.iterate();
  }

  /** Number of flows that controllers can see. */
  get count(): number {
    let count = 0;
    for (const table of this.tables)
      if (table.id !== INTERNAL_TABLE) count += table.classifier.size;
    return count;
  }

  #matchingTables(tableId: number): readonly OfTable[] {
    if (tableId === TABLE_ALL) return this.tables.slice(0, INTERNAL_TABLE);
    const table = this.tables[tableId];
    if (!table) throw new OfpError("OFPBRC_BAD_TABLE_ID");
    return [table];
  }

  /** What can be said of a flow-mod before it is its turn in a bundle. Throws OfpError. */
  check(message: FlowMod): void {
    if (message.command === FLOW_COMMAND.ADD) this.#tableFor(message);
  }

  /** The table that an add goes to. */
  #tableFor(message: FlowMod): OfTable {
    const table = this.tables[message.tableId === TABLE_ALL ? 0 : message.tableId];
    if (!table) throw new OfpError("OFPBRC_BAD_TABLE_ID");
    if (table.id === INTERNAL_TABLE) throw new OfpError("OFPBRC_EPERM");
    return table;
  }

  #add(transaction: FlowTransaction, message: FlowMod): void {
    const table = this.#tableFor(message);
    const existing = table.classifier.findExact(message.match, message.priority);
    if (existing) {
      this.#readd(transaction, existing, message);
      return;
    }
    const overlap = (message.flags & FLOW_FLAG.CHECK_OVERLAP) !== 0;
    if (overlap && table.classifier.findOverlap(message.match, message.priority)) {
      throw new OfpError("OFPFMFC_OVERLAP");
    }
    if (table.isFull) this.#evict(transaction, table);
    const rule = new Rule(this.#initOf(message, table.id));
    this.insert(transaction, rule);
    this.#tell(transaction, rule, FLOW_EVENT.ADDED);
  }

  /** Records a change for flow monitors. */
  #tell(
    transaction: FlowTransaction,
    rule: Rule,
    event: number,
    { reason = 0, oldActions }: { reason?: number; oldActions?: readonly OfpAct[] } = {},
  ): void {
    if (rule.hidden || !this.listener.isMonitored?.()) return;
    this.monitorSeq++;
    if (event === FLOW_EVENT.ADDED) rule.addedSeq = this.monitorSeq;
    if (event !== FLOW_EVENT.REMOVED) rule.modifiedSeq = this.monitorSeq;
    transaction.changes.push(flowChange(rule, event, reason, oldActions));
  }

  /** Makes room for one flow. Throws OFPFMFC_TABLE_FULL. */
  #evict(transaction: FlowTransaction, table: OfTable): void {
    if (table.evicts) this.listener.onJudge?.();
    const victim = chooseVictim(table);
    if (!victim) throw new OfpError("OFPFMFC_TABLE_FULL");
    this.remove(transaction, victim, FLOW_REMOVED_REASON.EVICTION);
  }

  /** Evicts what is too many, as far as the table allows. */
  shrink(table: OfTable): void {
    this.transact((transaction) => {
      while (table.maxFlows !== null && table.classifier.size > table.maxFlows) {
        const victim = chooseVictim(table);
        if (!victim) return;
        this.remove(transaction, victim, FLOW_REMOVED_REASON.EVICTION);
      }
    });
  }

  #initOf(message: FlowMod, tableId: number): RuleInit {
    const { priority, match, actions, newCookie: cookie, importance, flags } = message;
    const { idleTimeout, hardTimeout } = message;
    const times = { idleTimeout, hardTimeout, createdMs: this.clock.now() };
    return { tableId, priority, match, actions, cookie, importance, flags, ...times };
  }

  /** An add that finds its very flow: everything is new but, unless counts are reset, the counts
   * and the time of last use. */
  #readd(transaction: FlowTransaction, rule: Rule, message: FlowMod): void {
    const init = this.#initOf(message, rule.tableId);
    if (message.newCookie === COOKIE_KEEP) init.cookie = rule.cookie;
    const oldActions = rule.actions;
    if (message.flags & FLOW_FLAG.RESET_COUNTS) {
      const fresh = new Rule(init);
      this.#replace(transaction, rule, fresh);
      this.#tell(transaction, fresh, FLOW_EVENT.ADDED, { oldActions });
      return;
    }
    this.#change(transaction, rule, () => {
      rule.actions = message.actions;
      rule.cookie = init.cookie ?? 0n;
      rule.idleTimeout = message.idleTimeout;
      rule.hardTimeout = message.hardTimeout;
      rule.importance = message.importance;
      rule.flags = message.flags;
      rule.createdMs = this.clock.now();
      rule.modifiedMs = rule.createdMs;
    });
    this.#tell(transaction, rule, FLOW_EVENT.ADDED, { oldActions });
  }

  #modify(transaction: FlowTransaction, message: FlowMod): void {
    const criteria: FlowCriteria = {
      ...{ match: message.match, tableId: message.tableId },
      ...{ cookie: message.cookie, cookieMask: message.cookieMask },
      ...{ outPort: OFPP.NONE, outGroup: GROUP_ANY },
    };
    const strict = message.command === FLOW_COMMAND.MODIFY_STRICT;
    if (message.tableId === INTERNAL_TABLE) throw new OfpError("OFPBRC_EPERM");
    const rules = this.select(criteria, strict ? message.priority : undefined);
    if (rules.length === 0) {
      // OpenFlow 1.0 §4.6: a modify without a match adds. 1.3 leaves it.
      const mayAdd = message.newCookie !== COOKIE_KEEP && message.cookieMask === 0n;
      if (mayAdd) this.#add(transaction, message);
      return;
    }
    for (const rule of rules) this.#modifyOne(transaction, rule, message);
  }

  #modifyOne(transaction: FlowTransaction, rule: Rule, message: FlowMod): void {
    const setsCookie = message.modifyCookie && message.newCookie !== COOKIE_KEEP;
    const cookie = setsCookie ? message.newCookie : rule.cookie;
    const oldActions = rule.actions;
    const isNews = cookie !== rule.cookie || !isDeepStrictEqual(oldActions, message.actions);
    const tell = (changed: Rule): void => {
      if (isNews) this.#tell(transaction, changed, FLOW_EVENT.MODIFIED, { oldActions });
    };
    if (message.flags & FLOW_FLAG.RESET_COUNTS) {
      const { tableId, priority, match, idleTimeout, hardTimeout } = rule;
      const init: RuleInit = {
        ...{ tableId, priority, match, cookie, idleTimeout, hardTimeout },
        ...{ importance: rule.importance, flags: rule.flags, createdMs: rule.createdMs },
        actions: message.actions,
      };
      const fresh = new Rule(init);
      fresh.modifiedMs = this.clock.now();
      fresh.usedMs = fresh.modifiedMs;
      this.#replace(transaction, rule, fresh);
      tell(fresh);
      return;
    }
    this.#change(transaction, rule, () => {
      rule.actions = message.actions;
      rule.cookie = cookie;
      rule.modifiedMs = this.clock.now();
    });
    tell(rule);
  }

  #delete(transaction: FlowTransaction, message: FlowMod): void {
    const strict = message.command === FLOW_COMMAND.DELETE_STRICT;
    const rules = this.select(message, strict ? message.priority : undefined);
    // The switch's own table has flows that nobody else may touch.
    const isInternal = message.tableId === INTERNAL_TABLE && rules.length > 0;
    if (isInternal) throw new OfpError("OFPBRC_EPERM");
    for (const rule of rules) this.remove(transaction, rule, FLOW_REMOVED_REASON.DELETE);
  }

  /** Puts a rule that is not there into its table. */
  insert(transaction: FlowTransaction, rule: Rule): void {
    const { classifier } = this.tables[rule.tableId] as OfTable;
    classifier.insert(rule);
    this.#track(rule);
    this.references.count(rule, rule.actions, 1);
    this.#learned.count(rule.actions, 1);
    transaction.did(rule.tableId, () => {
      classifier.remove(rule);
      this.references.count(rule, rule.actions, -1);
      this.#learned.count(rule.actions, -1, true);
      rule.removed = true;
      this.mortal.delete(rule);
    });
  }

  /** Takes a rule out; listeners hear the reason, unless it is null. */
  remove(transaction: FlowTransaction, rule: Rule, reason: number | null): void {
    const { classifier } = this.tables[rule.tableId] as OfTable;
    if (!classifier.remove(rule)) return;
    rule.removed = true;
    this.mortal.delete(rule);
    this.references.count(rule, rule.actions, -1);
    this.#learned.count(rule.actions, -1);
    transaction.did(rule.tableId, () => {
      rule.removed = false;
      this.references.count(rule, rule.actions, 1);
      this.#learned.count(rule.actions, 1);
      classifier.insert(rule);
      this.#track(rule);
    });
    if (reason === null) return;
    transaction.removed.push({ rule, reason });
    this.#tell(transaction, rule, FLOW_EVENT.REMOVED, { reason });
  }

  #replace(transaction: FlowTransaction, old: Rule, fresh: Rule): void {
    this.remove(transaction, old, null);
    this.insert(transaction, fresh);
  }

  #change(transaction: FlowTransaction, rule: Rule, change: () => void): void {
    const { actions, cookie, idleTimeout, hardTimeout, importance, flags } = rule;
    const { createdMs, modifiedMs } = rule;
    const timeouts = { idleTimeout, hardTimeout, createdMs, modifiedMs };
    const before = { ...timeouts, actions, cookie, importance, flags };
    change();
    this.#track(rule);
    const changed = rule.actions;
    const { classifier } = this.tables[rule.tableId] as OfTable;
    const recount = (from: typeof actions, to: typeof actions, undo: boolean): void => {
      classifier.actionsChanged(from, to);
      this.#learned.count(to, 1);
      this.#learned.count(from, -1, undo);
      this.references.count(rule, from, -1);
      this.references.count(rule, to, 1);
    };
    recount(actions, changed, false);
    transaction.did(rule.tableId, () => {
      recount(changed, actions, true);
      Object.assign(rule, before);
      this.#track(rule);
    });
  }

  #track(rule: Rule): void {
    if (rule.idleTimeout > 0 || rule.hardTimeout > 0) this.mortal.add(rule);
    else this.mortal.delete(rule);
  }
}
