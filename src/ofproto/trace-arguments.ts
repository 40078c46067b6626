// SPDX-License-Identifier: Apache-2.0
/** Arguments of `ofproto/trace` and `ofproto/trace-packet-out` (ovs-vswitchd(8)). */
import { extractKey } from "../odp/extract-key.js";
import { parseFlowKey } from "../odp/parse-key.js";
import type { PortNames } from "../odp/text.js";
import type { Flow } from "../openflow/flow.js";
import type { PortNames as OfPortNames } from "../openflow/text/ports.js";
import { parseExactFlow } from "./trace-flow.js";
import { AT } from "./translate/headers.js";
import { locateFlow } from "./translate/locate.js";
import type { XBridge, XDatapath } from "./xbridge.js";

export interface TraceRequest {
  bridge: XBridge;
  flow: Flow;
  /** Given or generated: side effects are wanted. */
  packet: Uint8Array | null;
  names: boolean;
  consistent: boolean;
}

/** Options read from the command line, and the other words. */
interface Options {
  generate: boolean;
  names: boolean;
  consistent: boolean;
  words: string[];
}

const ETHERNET_HEADER = 14;
const L7_MAX = 64000;

/** Parses everything but the actions of trace-packet-out. An error is the stock daemon's text. */
export function parseTraceArguments(
  datapaths: readonly XDatapath[],
  argv: readonly string[],
  allowConsistent: boolean,
): TraceRequest | { error: string } {
  const options = parseOptions(argv, allowConsistent);
  if ("error" in options) return options;
  const { words } = options;
  let packet: Uint8Array | null = null;
  if (!options.generate && words.length > 1) {
    const parsed = parsePacket(words[words.length - 1]);
    if (parsed instanceof Uint8Array) {
      packet = parsed;
      words.pop();
    } else if (words.length > 2) {
      return parsed;
    }
  }
  const located = parseFlow(datapaths, words);
  if ("error" in located) return located;
  const { bridge, flow } = located;
  if (packet) extractKey(packet, flow.bytes, bridge.datapath.vlanLimit);
  if (options.generate) packet = new Uint8Array(ETHERNET_HEADER);
  return { bridge, flow, packet, names: options.names, consistent: options.consistent };
}

function parseOptions(
  argv: readonly string[],
  allowConsistent: boolean,
): Options | { error: string } {
  const options: Options = { generate: false, names: false, consistent: false, words: [] };
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i];
    if (/^--?generate$/.test(arg)) options.generate = true;
    else if (/^--?names$/.test(arg)) options.names = true;
    else if (allowConsistent && /^--?consistent$/.test(arg)) options.consistent = true;
    else if (arg === "--l7" || arg === "--l7-len" || arg === "--ct-next") {
      const value = argv[++i];
      if (value === undefined) return { error: `Missing argument for option ${arg}` };
      const problem = checkOption(arg, value);
      if (problem !== null) return { error: problem };
    } else if (arg.startsWith("-")) return { error: `${arg}: unknown option` };
    else if (options.words.length >= 3) return { error: "too many arguments" };
    else options.words.push(arg);
  }
  return options;
}

/** Payloads do not show in a trace, and nothing tracks connections yet: the values are checked. */
function checkOption(option: string, value: string): string | null {
  if (option === "--l7" && !isHex(value)) return "Trailing garbage in packet data";
  if (option === "--l7-len" && (Number.parseInt(value, 10) || 0) > L7_MAX) {
    return `${value}: too much L7 data`;
  }
  return null;
}

const isHex = (text: string): boolean => /^\s*([0-9a-f]{2}\s*)*$/i.test(text);

function parsePacket(text: string): Uint8Array | { error: string } {
  if (!isHex(text)) return { error: "Trailing garbage in packet data" };
  const packet = Uint8Array.from(Buffer.from(text.replace(/\s+/g, ""), "hex"));
  if (packet.length >= ETHERNET_HEADER) return packet;
  return { error: "Packet data too short for Ethernet" };
}

/** `odp_flow`, `dpname odp_flow` or `bridge br_flow`. */
function parseFlow(
  datapaths: readonly XDatapath[],
  words: readonly string[],
): { bridge: XBridge; flow: Flow } | { error: string } {
  if (words.length === 0 || words.length > 2) return { error: "Syntax error" };
  const text = words[words.length - 1];
  const datapath = words.length === 2 ? datapathOf(datapaths, words[0]) : onlyOne(datapaths);
  const odp = parseFlowKey(text, datapath ? datapathNames(datapath) : null);
  if (!("error" in odp)) {
    if (!datapath) return { error: "Cannot find the datapath" };
    return locate(datapath, odp.key);
  }
  if (words.length !== 2) return { error: `${odp.error} (or the bridge name was omitted)` };
  const bridge = datapaths.map(({ bridges }) => bridges.get(words[0])).find((b) => b);
  if (!bridge) return { error: `${words[0]}: unknown bridge` };
  const flow = parseExactFlow(text, bridgeNames(bridge));
  if ("error" in flow) return { error: `Bad openflow flow syntax: ${flow.error}` };
  return { bridge, flow };
}

/** By type, with or without the `ovs-` that names of datapaths start with. */
function datapathOf(datapaths: readonly XDatapath[], name: string): XDatapath | undefined {
  const type = name.startsWith("ovs-") ? name.slice(4) : name;
  return datapaths.find((datapath) => datapath.type === type);
}

const onlyOne = <T>(items: readonly T[]): T | undefined =>
  items.length === 1 ? items[0] : undefined;

function locate(
  datapath: XDatapath,
  key: Uint8Array,
): { bridge: XBridge; flow: Flow } | { error: string } {
  const view = new DataView(key.buffer, key.byteOffset);
  const recircId = view.getUint32(AT.recircId);
  if (recircId !== 0 && !datapath.recirc.get(recircId)) {
    return { error: `no recirculation data for recirc_id 0x${recircId.toString(16)}` };
  }
  const located = locateFlow(datapath, key);
  if (located) return { bridge: located.bridge, flow: located.flow };
  return { error: `no OpenFlow port for datapath port ${view.getUint32(AT.dpInPort)}` };
}

/** Names of the ports of a datapath, by datapath number. */
export function datapathNames(datapath: XDatapath): PortNames {
  const numbers = new Map<string, number>();
  for (const [number, port] of datapath.portsByDpPort) numbers.set(port.name, number);
  return {
    nameOf: (dpPort) => datapath.portsByDpPort.get(dpPort)?.name,
    numberOf: (name) => numbers.get(name),
  };
}

/** Names of the ports of a bridge, by OpenFlow number. */
export function bridgeNames(bridge: XBridge): OfPortNames {
  return {
    nameOf: (port) => bridge.ports.get(port)?.name,
    numberOf: (name) => [...bridge.ports.values()].find((port) => port.name === name)?.ofpPort,
  };
}
