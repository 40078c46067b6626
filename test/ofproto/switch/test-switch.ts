// SPDX-License-Identifier: Apache-2.0
/** An `Ofproto` alone on its sockets, with ports that nobody drives. */
import type { Clock } from "../../../src/lib/clock.js";
import { systemClock } from "../../../src/lib/clock.js";
import { setLogSpec } from "../../../src/lib/log.js";
import { Ofproto } from "../../../src/ofproto/ofproto.js";
import {
  type OfPort,
  PORT_CONFIG,
  PORT_STATE,
  type PortStats,
} from "../../../src/ofproto/ofproto-port.js";
import type { OfprotoHooks } from "../../../src/ofproto/ofproto-types.js";
import { OFPP } from "../../../src/openflow/ofp-actions.js";
import { makeTempDir, type RunResult, removeDir, run } from "../../harness/processes.js";

/** What the stock switch's dummy devices count. */
const DUMMY_STATS: PortStats = {
  ...{ rxPackets: 0, txPackets: 0, rxBytes: 0, txBytes: 0 },
  ...{ rxDropped: null, txDropped: null, rxErrors: null, txErrors: null },
  ...{ rxFrameErr: null, rxOverErr: null, rxCrcErr: null, collisions: null },
  custom: [
    ...["rx_custom_packets_1", "rx_custom_packets_2", "rx_q0_bytes", "rx_q0_packets"],
    ...["tx_q0_bytes", "tx_q0_packets"],
  ].map((name) => ({ name, value: 0 })),
};

/** The queue that each of them has. */
const DUMMY_QUEUE = { queueId: 0, txBytes: null, txPackets: null, txErrors: null, ageMs: null };

export function makePort(ofpPort: number, name: string, hwAddr: Uint8Array): OfPort {
  return {
    ...{ ofpPort, name, hwAddr, config: 0, state: 4 },
    ...{ curr: 0, advertised: 0, supported: 0, peer: 0, currSpeed: 0, maxSpeed: 0 },
  };
}

export class TestSwitch {
  readonly dir = makeTempDir();
  readonly ofproto: Ofproto;

  constructor(hooks: OfprotoHooks = {}, clock: Clock = systemClock) {
    setLogSpec("console:off");
    this.ofproto = new Ofproto({
      name: "br0",
      datapathId: 0xa1n,
      runDir: this.dir,
      clock,
      hooks: {
        portStats: () => DUMMY_STATS,
        queueStats: ({ ofpPort }) => [{ ofpPort, ...DUMMY_QUEUE }],
        onPortConfig: (port) => {
          const state = port.config & PORT_CONFIG.DOWN ? PORT_STATE.LINK_DOWN : PORT_STATE.LIVE;
          this.ofproto.updatePort(port.ofpPort, { state });
        },
        ...hooks,
      },
    });
    this.ofproto.setFailMode("secure");
    this.ofproto.addPort(makePort(1, "p1", Uint8Array.of(0xaa, 0x55, 0xaa, 0x55, 0, 1)));
    this.ofproto.addPort(makePort(2, "p2", Uint8Array.of(0xaa, 0x55, 0xaa, 0x55, 0, 2)));
    this.ofproto.addPort(makePort(OFPP.LOCAL, "br0", Uint8Array.of(0xaa, 0x55, 0xaa, 0x55, 0, 0)));
  }

  get socket(): string {
    return `${this.dir}/br0.mgmt`;
  }

  /** Runs the stock ovs-ofctl against this switch. */
  ofctl(args: readonly string[], input?: string): Promise<RunResult> {
    const env = { ...process.env, OVS_RUNDIR: this.dir, OVS_LOGDIR: this.dir };
    return run("ovs-ofctl", args, { env, ...(input === undefined ? {} : { input }) });
  }

  stop(): void {
    this.ofproto.close();
    removeDir(this.dir);
  }
}
