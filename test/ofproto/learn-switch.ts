// SPDX-License-Identifier: Apache-2.0
/** An `Ofproto` with translation and traces, but without a datapath: what packets do to the tables
 * can be tried on it by traces with side effects. */
import type { Clock } from "../../src/lib/clock.js";
import { traceCommand } from "../../src/ofproto/trace.js";
import { XBridge, XDatapath } from "../../src/ofproto/xbridge.js";
import type { RunResult } from "../harness/processes.js";
import { makePort, TestSwitch } from "./switch/test-switch.js";

export class LearnSwitch {
  readonly datapath: XDatapath;
  readonly bridge: XBridge;
  readonly switch: TestSwitch;

  constructor(clock?: Clock) {
    this.switch = new TestSwitch({}, clock);
    const { ofproto } = this.switch;
    this.datapath = new XDatapath({
      ...{ type: "netdev", name: "ovs-netdev", nowMs: () => ofproto.clock.now() },
    });
    this.bridge = new XBridge(this.datapath, ofproto);
    for (const n of [3, 4]) {
      ofproto.addPort(makePort(n, `p${n}`, Uint8Array.of(0xaa, 0x55, 0xaa, 0x55, 0, n)));
    }
    for (const port of ofproto.ports.values()) {
      const dpPort = port.ofpPort > 4 ? 100 : port.ofpPort;
      const xport = this.bridge.addPort(port, { dpPort });
      this.bridge.setBundle({ name: port.name }, [xport]);
    }
  }

  ofctl(args: readonly string[], input?: string): Promise<RunResult> {
    return this.switch.ofctl(args, input);
  }

  /** The reply to `ofproto/trace br0 …`. */
  trace(...argv: string[]): string {
    const result = traceCommand([this.datapath], ["br0", ...argv]);
    return "text" in result ? result.text : result.error;
  }

  stop(): void {
    this.switch.stop();
  }
}
