// SPDX-License-Identifier: Apache-2.0
/** Devices without hardware, `--enable-dummy`: packets in, administrative state, connections. */
import type { BridgeManager } from "../bridge/bridge-manager.js";
import type { Datapath } from "../bridge/datapath.js";
import type { PortInfo } from "../dpif/dpif.js";
import { composePacket } from "../odp/compose-packet.js";
import { parseFlowKey } from "../odp/parse-key.js";
import { ANY_NUMBER, type Command, CommandError, structured } from "./command.js";
import { table, text } from "./schema.js";

const ETHERNET_LEAST = 60;
/** Bytes that a packet made of a flow carries. */
const PAYLOAD = 64;

/** Words after the interface's name as packets. */
function packetsOf(words: readonly string[]): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const hex = packetFromHex(word);
    if (hex) {
      packets.push(hex);
      continue;
    }
    let length: number | undefined;
    if (words[i + 1] === "--len" && words[i + 2] !== undefined) {
      length = Number.parseInt(words[i + 2]!, 10) || 0;
      if (length < ETHERNET_LEAST) throw new CommandError("too small packet len");
      i += 2;
    }
    packets.push(packetFromFlow(word, length));
  }
  return packets;
}

/** At least an Ethernet header in hexadecimal digits and blanks. */
function packetFromHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/\s/g, "");
  if (!/^([0-9a-f]{2}){14,}$/i.test(digits)) return undefined;
  return Buffer.from(digits, "hex");
}

function packetFromFlow(text: string, length: number | undefined): Uint8Array {
  const flow = parseFlowKey(text);
  if ("error" in flow) throw new CommandError(flow.error);
  const packet = composePacket(flow.key, length === undefined ? PAYLOAD : 0, length);
  if (!packet) throw new CommandError("");
  return packet;
}

function dummyPort(manager: BridgeManager, name: string, error: string): [Datapath, PortInfo] {
  const { datapath } = manager;
  const port = datapath?.dpif.portByName(name);
  if (!datapath || !port?.dummy) throw new CommandError(error);
  return [datapath, port];
}

/** Returns when the packets have gone all their way, so that what comes next sees their effect. */
async function receive(manager: BridgeManager, args: readonly string[]): Promise<string> {
  const [name, ...words] = args;
  const [{ dpif }, port] = dummyPort(manager, name!, "no such dummy netdev");
  let queue = 0;
  if (words[0] === "--qid" && words.length > 1) {
    queue = Number.parseInt(words[1]!, 10) || 0;
    if (queue < 0 || queue >= port.rxQueues) throw new CommandError("bad rx queue id.");
    words.splice(0, 2);
  }
  for (const packet of packetsOf(words)) dpif.dummyReceive(port.portNo, packet, queue);
  await dpif.settled();
  return "";
}

function setAdminState({ datapath }: BridgeManager, args: readonly string[]): string {
  const state = args.at(-1)!.toLowerCase();
  if (state !== "up" && state !== "down") throw new CommandError("Invalid Admin State");
  const ports = datapath?.dpif.ports().filter(({ dummy }) => dummy) ?? [];
  const named = args.length > 1 ? ports.filter((port) => port.name === args[0]) : ports;
  if (args.length > 1 && named.length === 0) throw new CommandError("Unknown Dummy Interface");
  for (const { portNo } of named) datapath?.dpif.portSetUp(portNo, state === "up");
  return "OK";
}

/** States of connections by device: of the one that is named, or of all that have one. */
function connStates(
  { datapath }: BridgeManager,
  [name]: readonly string[],
): Record<string, string> {
  if (name !== undefined) {
    return { [name]: datapath?.dpif.portByName(name)?.dummy?.connection ?? "unknown" };
  }
  const ports = (datapath?.dpif.ports() ?? []).filter(
    ({ dummy }) => dummy && dummy.connection !== "unknown",
  );
  return Object.fromEntries(ports.map((port) => [port.name, port.dummy!.connection]));
}

/** Without `--enable-dummy` there are no such commands. */
export function netdevDummyCommands(manager: BridgeManager): Command[] {
  if (!manager.hasDummies) return [];
  return [
    {
      name: "netdev-dummy/receive",
      usage: "name [--qid queue_id] packet|flow [--len packet_len]",
      minArgs: 2,
      maxArgs: ANY_NUMBER,
      run: (args) => receive(manager, args),
    },
    {
      name: "netdev-dummy/set-admin-state",
      usage: "[netdev] up|down",
      minArgs: 1,
      maxArgs: 2,
      run: (args) => setAdminState(manager, args),
    },
    structured({
      ...{ name: "netdev-dummy/conn-state", usage: "[netdev]", minArgs: 0, maxArgs: 1 },
      schema: table(text(), "states of connections by device"),
      read: (args) => connStates(manager, args),
      text: (states) =>
        Object.entries(states)
          .map(([name, state]) => `${name}: ${state}\n`)
          .join(""),
      json: (states) => states,
    }),
  ];
}
