// SPDX-License-Identifier: Apache-2.0
/**
 * From an interface's configuration to a native device and its parameters: pure. The texts of
 * failures are the stock daemon's where it has any.
 */
import { join } from "node:path";
import type { DeviceType } from "../../native/index.js";
import type { DpifFailure, PortConfig } from "./dpif.js";
import type { DummyNetdevs } from "./dummy-netdevs.js";

/** A device to open. */
export interface DevicePlan {
  readonly type: DeviceType;
  readonly params: Readonly<Record<string, string>>;
  /** Changes of this need another device; other changes are applied to the open one. */
  readonly identity: string;
  /** What an operator sees instead of `mtu_request` and such: kept for `dpctl/show`. */
  readonly requested: Readonly<Record<string, string>>;
  /** What dumps call its type, where that is not the configured one. */
  readonly shownType?: string;
}

/** What plans depend on besides the interface. */
export interface PlanContext {
  /** Folder of `dpdkvhostuser` sockets. */
  readonly socketDir: string;
  /** Packet threads that may send: PMDs and the main thread. */
  readonly threads: number;
  /** As many as there may ever be, with another `pmd-cpu-mask`. */
  readonly threadsMax: number;
  readonly dpdkInitialized: boolean;
  readonly vhostIommu: boolean;
  readonly vhostPostcopy: boolean;
  /** With `--enable-dummy`. */
  readonly dummies?: DummyNetdevs;
}

const QUEUE_DEFAULT = 1;
const DESCRIPTORS_DEFAULT = 2048;
const DESCRIPTORS_MAX = 4096;
const MTU_DEFAULT = 1500;
const TX_RETRIES_DEFAULT = 8;
const TX_RETRIES_MAX = 32;
/** sockaddr_un.sun_path without its final zero byte (unix(7)). */
const SOCKET_PATH_MAX = 107;
/** What all vhost-user ports close their sockets through, in the sockets' folder. */
const VHOST_EVENTS_SOCKET = ".vhost-events";

const DPDK_TYPES = ["dpdk", "dpdkvhostuser", "dpdkvhostuserclient"];

type Planner = (config: PortConfig, context: PlanContext) => DevicePlan | DpifFailure;

const PLANNERS: Readonly<Record<string, Planner>> = {
  dpdk: planEthdev,
  dpdkvhostuser: planVhostServer,
  dpdkvhostuserclient: planVhostClient,
  internal: (config) => planKernel(config, "internal"),
  tap: (config) => planKernel(config, "tap"),
  system: (config) => planKernel(config, "system"),
  dummy: planDummy,
  "dummy-internal": planDummy,
  "dummy-pmd": planDummy,
};

/** `Interface.type` as one of the datapath's own names. */
export function portType(type: string): string {
  return type === "" ? "system" : type;
}

/** What to open for `config`, or why not. */
export function planDevice(config: PortConfig, context: PlanContext): DevicePlan | DpifFailure {
  const type = context.dummies?.typeOf(portType(config.type)) ?? portType(config.type);
  if (context.dummies?.replaces(type)) return planDummy({ ...config, type }, context);
  const planner = Object.hasOwn(PLANNERS, type) ? PLANNERS[type] : undefined;
  if (!planner) return unsupported(config.name);
  if (DPDK_TYPES.includes(type) && !context.dpdkInitialized) {
    return {
      ...unsupported(config.name),
      remedy: "DPDK is not initialized: set Open_vSwitch other_config:dpdk-init=true",
    };
  }
  return planner(config, context);
}

function unsupported(name: string): DpifFailure {
  return {
    error: `could not open network device ${name} (Address family not supported by protocol)`,
  };
}

function planEthdev(config: PortConfig, context: PlanContext): DevicePlan | DpifFailure {
  const { name, options } = config;
  const devargs = options["dpdk-devargs"];
  if (!devargs) {
    return {
      error:
        `'${name}' is missing 'options:dpdk-devargs'. ` +
        "The old 'dpdk<port_id>' names are not supported",
    };
  }
  const rxqs = String(positive(options.n_rxq) ?? QUEUE_DEFAULT);
  const rxDescriptors = String(descriptors(options.n_rxq_desc));
  const txDescriptors = String(descriptors(options.n_txq_desc));
  return {
    type: "dpdk",
    identity: devargs,
    params: {
      devargs,
      mtu: mtuOf(config),
      n_rxq: rxqs,
      // A PMD more must not need the device to stop: what it has, and the driver allows, is enough.
      n_txq: String(context.threadsMax),
      n_rxq_desc: rxDescriptors,
      n_txq_desc: txDescriptors,
      ...steering(config, context),
    },
    requested: {
      requested_rx_queues: rxqs,
      requested_tx_queues: String(context.threads),
      requested_rxq_descriptors: rxDescriptors,
      requested_txq_descriptors: txDescriptors,
    },
  };
}

function planVhostServer(config: PortConfig, context: PlanContext): DevicePlan | DpifFailure {
  if (/[/\\]/.test(config.name)) {
    return {
      error: `could not open network device ${config.name} (Invalid argument)`,
      remedy:
        `"${config.name}" is not a valid name for a vhost-user port. ` +
        "A valid name must not include '/' or '\\'",
    };
  }
  return planVhost(config, context, join(context.socketDir, config.name), true);
}

function planVhostClient(config: PortConfig, context: PlanContext): DevicePlan | DpifFailure {
  return planVhost(config, context, config.options["vhost-server-path"] ?? "", false);
}

function planVhost(
  config: PortConfig,
  context: PlanContext,
  path: string,
  server: boolean,
): DevicePlan | DpifFailure {
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX) {
    return {
      error:
        `vhost-user socket path '${path}' is ${Buffer.byteLength(path)} bytes long; ` +
        `at most ${SOCKET_PATH_MAX} are possible`,
      remedy: server ? "use a shorter name or run directory" : "use a shorter vhost-server-path",
    };
  }
  const retries = Number(config.options["tx-retries-max"] ?? TX_RETRIES_DEFAULT);
  const valid = Number.isInteger(retries) && retries >= 0 && retries <= TX_RETRIES_MAX;
  return {
    type: server ? "dpdkvhostuser" : "dpdkvhostuserclient",
    identity: path,
    params: {
      path,
      server: String(server),
      events: join(context.socketDir, VHOST_EVENTS_SOCKET),
      mtu: mtuOf(config),
      tx_retries: String(!server && valid ? retries : TX_RETRIES_DEFAULT),
      iommu: String(!server && context.vhostIommu),
      postcopy: String(!server && context.vhostPostcopy),
      ...steering(config, context),
    },
    requested: {},
  };
}

function planKernel(config: PortConfig, type: "internal" | "tap" | "system"): DevicePlan {
  const params: Record<string, string> = {};
  if (config.mtuRequest !== undefined) params.mtu = String(config.mtuRequest);
  if (config.mac && type !== "system") params.mac = macText(config.mac);
  return { type, identity: config.name, params, requested: {} };
}

/** As in the stock switch, only "dummy-pmd" has queues and a node, and is polled. */
function planDummy(config: PortConfig, context: PlanContext): DevicePlan {
  const { name, options, type } = config;
  const { dummies } = context;
  const isPolled = type === "dummy-pmd";
  const rxqs = String((isPolled && positive(options.n_rxq)) || QUEUE_DEFAULT);
  const txqs = positive(options.n_txq) ?? (dummies ? QUEUE_DEFAULT : context.threads);
  const params: Record<string, string> = {
    ...{ mtu: mtuOf(config), n_rxq: rxqs, n_txq: String(txqs) },
    ...{ numa: String((isPolled && positive(options.numa_id)) || 0) },
    ...{ rxq_pcap: options.pcap ?? options.rxq_pcap ?? "" },
    ...{ tx_pcap: options.pcap ?? options.tx_pcap ?? "" },
    ...steering(config, context),
  };
  if (!isPolled) params.sleeping = "1";
  if (dummies) {
    params.few_buffers = "1";
    params.discard = options.stream || options.pstream ? "0" : "1";
    params.mac = config.mac ? macText(config.mac) : dummies.addressOf(name);
  }
  return {
    type: "dummy",
    identity: `${name} ${type}`,
    params,
    shownType: type,
    requested: isPolled ? { requested_rx_queues: rxqs, requested_tx_queues: String(txqs) } : {},
  };
}

/** `tx-steering`: by packet thread, or by the packet's flow. */
function steering(config: PortConfig, context: PlanContext): Record<string, string> {
  return { threads: String(context.threads), tx_steering: txSteering(config) };
}

/** `Interface.other_config:tx-steering`; anything but `hash` is `thread`. */
export function txSteering(config: PortConfig): "thread" | "hash" {
  return config.otherConfig?.["tx-steering"] === "hash" ? "hash" : "thread";
}

function mtuOf(config: PortConfig): string {
  return String(config.mtuRequest ?? MTU_DEFAULT);
}

function positive(value: string | undefined): number | undefined {
  const number = Number(value);
  return value && Number.isInteger(number) && number > 0 ? number : undefined;
}

/** A power of two up to DESCRIPTORS_MAX, else the default, as in the stock switch. */
function descriptors(value: string | undefined): number {
  const number = positive(value);
  const valid = number && number <= DESCRIPTORS_MAX && (number & (number - 1)) === 0;
  return valid ? number : DESCRIPTORS_DEFAULT;
}

function macText(mac: Uint8Array): string {
  return [...mac].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
