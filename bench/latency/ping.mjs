// SPDX-License-Identifier: Apache-2.0
/**
 * In a namespace: one connection after the other, each with a port of its own and two datagrams,
 * the second when the first is back. Prints the two round trips of each in microseconds.
 * Arguments: address, UDP port, connections.
 */
import { createSocket } from "node:dgram";

const [address, port, count] = process.argv.slice(2);
const TIMEOUT_MS = 1000;

/** The round trip of one datagram, or NaN. */
function trip(socket) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(Number.NaN), TIMEOUT_MS);
    const start = process.hrtime.bigint();
    socket.once("message", () => {
      clearTimeout(timer);
      resolve(Number(process.hrtime.bigint() - start) / 1000);
    });
    socket.send("x");
  });
}

for (let n = 0; n < Number(count); n++) {
  const socket = createSocket("udp4");
  await new Promise((resolve) => socket.connect(Number(port), address, resolve));
  const first = await trip(socket);
  const second = await trip(socket);
  process.stdout.write(`${first.toFixed(1)} ${second.toFixed(1)}\n`);
  socket.close();
}
