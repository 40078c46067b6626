// SPDX-License-Identifier: Apache-2.0
/** In a namespace: sends every datagram back to where it came from. Argument: the UDP port. */
import { createSocket } from "node:dgram";

const socket = createSocket("udp4");
socket.on("message", (message, from) => socket.send(message, from.port, from.address));
socket.bind(Number(process.argv[2]), () => process.stdout.write("ready\n"));
