// SPDX-License-Identifier: Apache-2.0
/** `enqueue`: output through a queue (OpenFlow 1.0 §5.2.4); later versions get three actions. */
import { OfpError } from "../errors.js";
import { OFPP } from "../ofp-actions.js";
import { parseU32, syntaxError } from "../text/numbers.js";
import { formatPort, portFromText, portToOf10 } from "../text/ports.js";
import { action, endAction, standard, startStandard, startVendor, V } from "./codec.js";
import { PORTS_END, portFrom16 } from "./output.js";

function checkPort(port: number, maxPorts: number): void {
  if (port >= maxPorts && port !== OFPP.IN_PORT && port !== OFPP.LOCAL) {
    throw new OfpError("OFPBAC_BAD_OUT_PORT");
  }
}

export const enqueue = action({
  type: "enqueue",
  name: "enqueue",
  parse(arg, { ports }) {
    const m = /^[:q,]*([^:q,]+)[:q,](.+)$/.exec(arg);
    if (!m) {
      throw syntaxError('"enqueue" syntax is "enqueue:PORT:QUEUE" or "enqueue(PORT,QUEUE)"');
    }
    const port = portFromText(m[1], ports);
    if (port === null) throw syntaxError(`${m[1]}: enqueue to unknown port`);
    return { type: "enqueue", port, queue: parseU32(m[2]) };
  },
  format: (act, { ports }) => `enqueue:${formatPort(act.port, ports)}:${act.queue}`,
  wires: [
    standard(11, [V.OF10, V.OF10], 16, (r) => {
      const port = portFrom16(r.u16());
      r.skip(6);
      checkPort(port, PORTS_END);
      return { type: "enqueue", port, queue: r.u32() };
    }),
  ],
  encode(w, act, version) {
    if (version === V.OF10) {
      const start = startStandard(w, 11);
      w.u16(portToOf10(act.port)).zeros(6).u32(act.queue);
      endAction(w, start);
      return;
    }
    const queueStart = startStandard(w, 21);
    w.u32(act.queue);
    endAction(w, queueStart);
    const outputStart = startStandard(w, 0);
    w.u32(act.port).u16(0xffff);
    endAction(w, outputStart);
    endAction(w, startVendor(w, 5));
  },
  check: (act, c) => checkPort(act.port, c.maxPorts),
});
