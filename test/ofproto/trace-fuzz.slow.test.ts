// SPDX-License-Identifier: Apache-2.0
/**
 * Random tables over all fields and actions, random packets: `ofproto/trace` beside the stock
 * switch. TRACE_FUZZ_CASES is the number of packets (default 1500), TRACE_FUZZ_SEED the first seed.
 */

import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatOdpActions } from "../../src/odp/format-actions.js";
import { Rule } from "../../src/ofproto/rule.js";
import { traceCommand } from "../../src/ofproto/trace.js";
import { parseExactFlow } from "../../src/ofproto/trace-flow.js";
import { AT, mark } from "../../src/ofproto/translate/headers.js";
import { toDatapathMask, translate } from "../../src/ofproto/translate/index.js";
import { requireConsistent } from "../../src/openflow/actions-check.js";
import { FLOW_BYTES, Flow } from "../../src/openflow/flow.js";
import { parseFlow } from "../../src/openflow/flow-text.js";
import { normalizeMatch } from "../../src/openflow/match-normalize.js";
import { FLOW_COMMAND, type FlowMod } from "../../src/openflow/messages/flow-mod.js";
import { decodeMessage, encodeMessage } from "../../src/openflow/messages/messages.js";
import { PROTOCOL } from "../../src/openflow/protocols.js";
import { type StockSwitch, stockInstalled } from "../harness/stock-switch.js";
import type { Model } from "./model.js";
import { Random } from "./random.js";
import {
  findPortOrder,
  flows,
  LEARNED,
  lineOf,
  makeWorld,
  mix,
  type PortOrder,
  startStock,
  type World,
} from "./trace-world.js";
import { widePacket, wideTables } from "./wide-cases.js";

const CASES = Number(process.env.TRACE_FUZZ_CASES ?? 1500);
const FIRST_SEED = Number(process.env.TRACE_FUZZ_SEED ?? 1);
/** Packets per set of tables. */
const PACKETS = 50;
const OF15 = 6;

/** Management commands over one connection: a process for each would take ten times as long. */
class Unixctl {
  readonly #socket: Socket;
  readonly #waiting: ((reply: string) => void)[] = [];
  #text = "";

  constructor(path: string) {
    this.#socket = connect(path);
    this.#socket.setEncoding("utf8");
    this.#socket.on("data", (chunk: string) => this.#take(chunk));
  }

  /** Replies are JSON objects one after another, in order. */
  #take(chunk: string): void {
    this.#text += chunk;
    for (;;) {
      const end = /"\}|null\}|"id":\d+,"result":[^}]*\}/.test(this.#text)
        ? objectEnd(this.#text)
        : -1;
      if (end < 0) return;
      const reply = JSON.parse(this.#text.slice(0, end)) as { result?: string; error?: string };
      this.#text = this.#text.slice(end);
      this.#waiting.shift()?.(reply.result ?? reply.error ?? "");
    }
  }

  call(method: string, ...params: string[]): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#socket.write(JSON.stringify({ id: 0, method, params }));
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Where the JSON object at the start of `text` ends, or -1. */
function objectEnd(text: string): number {
  let depth = 0;
  let isString = false;
  for (let i = 0; i < text.length; i++) {
    if (isString) {
      if (text[i] === "\\") i++;
      else if (text[i] === '"') isString = false;
    } else if (text[i] === '"') isString = true;
    else if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) return i + 1;
  }
  return -1;
}

/** A flow as the switch gets it by OpenFlow 1.5; null when it is refused. */
function parsed(line: string): FlowMod | null {
  try {
    const { flow, usable } = parseFlow(line, FLOW_COMMAND.ADD);
    if (!(usable & PROTOCOL.OF15)) return null;
    requireConsistent(flow.actions, flow.match, OF15, { tableId: flow.tableId, maxPorts: 0xff00 });
    const wire = encodeMessage({ ...flow, tableId: flow.tableId }, OF15, 0)[0];
    const { message } = decodeMessage(wire);
    if (message.type !== "flow_mod") return null;
    requireConsistent(message.actions, message.match, OF15, { tableId: message.tableId });
    normalizeMatch(message.match);
    return message;
  } catch (error) {
    if (error instanceof Error && /^(OperatorError|OfpError)$/.test(error.name)) return null;
    throw error;
  }
}

function addFlow(model: Model, flow: FlowMod): void {
  const { tableId, priority, match, actions, newCookie } = flow;
  const rule = new Rule({ tableId, priority, match, actions, cookie: newCookie });
  model.tables[tableId].classifier.insert(rule);
}

/** Numbers of recirculation ids depend on what was translated before; the story of packets that
 * come back from the connection tracker is another one. */
const essence = (trace: string): string =>
  trace
    .split("\n\n====")[0]
    .replaceAll(/recirc\(0x[0-9a-f]+\)/g, "recirc")
    .replaceAll(/recirc_id=\d+,rule/g, "recirc_id,rule")
    .trimEnd();

/** Packets that the megaflow matches must get the actions it has. */
function brokenPromise(
  { datapath, models }: World,
  packet: string,
  others: string[],
): string | null {
  const flow = parseExactFlow(packet);
  if (!(flow instanceof Flow)) throw new Error(flow.error);
  const { bridge } = models.br0;
  const input = { bridge, packet: null, tcpFlags: 0, mayLearn: false, wantEffects: false };
  const result = translate({ ...input, flow });
  const mask = result.wc.clone();
  toDatapathMask(datapath, flow.bytes, mask);
  // Registers and the like are those that packets come with: 0.
  mark(mask, AT.inPort, FLOW_BYTES - AT.inPort);
  const expected = essence(formatOdpActions(result.actions));
  for (const other of others) {
    const otherFlow = parseExactFlow(other);
    const mixed = otherFlow instanceof Flow ? mix(flow, mask, otherFlow) : null;
    if (!mixed) continue;
    const again = essence(formatOdpActions(translate({ ...input, flow: mixed }).actions));
    if (again !== expected)
      return `${packet}\n with the rest of ${other}\n  ${expected}\n  ${again}`;
  }
  return null;
}

const describeStock = stockInstalled("dummy") ? describe : describe.skip;

describeStock("random tables over all fields and actions", () => {
  let stock: StockSwitch;
  let unixctl: Unixctl;
  let portOrder: PortOrder;

  beforeAll(async () => {
    stock = await startStock();
    portOrder = await findPortOrder(stock);
    await stock.appctl("fdb/flush", "br0");
    for (const [vlan, mac, name] of LEARNED) {
      await stock.must("ovs-appctl", "fdb/add", "br0", name, String(vlan), mac);
    }
    const pid = readFileSync(join(stock.dir, "ovs-vswitchd.pid"), "utf8").trim();
    unixctl = new Unixctl(join(stock.dir, `ovs-vswitchd.${pid}.ctl`));
  });
  afterAll(async () => {
    unixctl?.close();
    await stock?.stop();
  });

  it(
    "are traced as by the stock switch, and megaflows are sound",
    async () => {
      const differences: string[] = [];
      let compared = 0;
      for (let seed = FIRST_SEED; compared < CASES && differences.length < 10; seed++) {
        const random = new Random(seed);
        const world = makeWorld(portOrder);
        for (const bridge of ["br0", "br1"]) {
          const count = bridge === "br0" ? 14 : 4;
          const lines = [...wideTables(random, count), "priority=1,actions=normal"];
          const good = lines.flatMap((line) => {
            const flow = parsed(line);
            return flow ? [{ line, flow }] : [];
          });
          await flows(
            stock,
            bridge,
            good.map(({ line }) => line),
          );
          for (const { flow } of good) addFlow(world.models[bridge], flow);
        }
        const packets = Array.from({ length: PACKETS }, () => widePacket(random));
        const theirs = await Promise.all(
          packets.map((packet) => unixctl.call("ofproto/trace", "br0", packet)),
        );
        for (const [i, packet] of packets.entries()) {
          compared++;
          const result = traceCommand([world.datapath], ["br0", packet]);
          const ours = essence("text" in result ? result.text : result.error);
          const stocks = essence(theirs[i]);
          const label = `seed ${seed}: ${packet}`;
          const without = (text: string): string => text.replace(/^Megaflow: .*$/m, "Megaflow");
          if (without(ours) !== without(stocks)) {
            differences.push(`${label}\n${ours}\n---- stock:\n${stocks}`);
            break;
          }
          const broken = brokenPromise(world, packet, packets.slice(i, i + 6));
          if (!broken) continue;
          differences.push(`seed ${seed} ${broken}\n${lineOf(stocks, "Megaflow: ")}`);
          break;
        }
      }
      console.log(`${compared} packets compared`);
      expect(differences.join("\n\n")).toBe("");
    },
    Math.max(120_000, CASES * 100),
  );
});
