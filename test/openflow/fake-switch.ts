// SPDX-License-Identifier: Apache-2.0
/** A switch that says yes to everything and keeps the flow-mods: shows what ovs-ofctl sends. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const HELLO = 0;
const ECHO_REQUEST = 2;
const FLOW_MOD = 14;
const VENDOR = 4;
const NXT_FLOW_MOD = 13;

interface Sent {
  /** Whole flow-mod messages, in order. */
  flowMods: Uint8Array[];
  stdout: string;
  stderr: string;
  code: number;
}

function reply(socket: Socket, message: Buffer, type: number): void {
  const answer = Buffer.from(message);
  answer[1] = type;
  answer.writeUInt16BE(answer.length, 2);
  socket.write(answer);
}

function handle(socket: Socket, version: number, message: Buffer, flowMods: Uint8Array[]): void {
  const type = message[1];
  const barrier = version === 1 ? 18 : 20;
  const stats = version === 1 ? 16 : 18;
  if (type === HELLO) socket.write(Buffer.from([version, HELLO, 0, 8, 0, 0, 0, 1]));
  else if (type === ECHO_REQUEST) reply(socket, message, ECHO_REQUEST + 1);
  else if (type === barrier) reply(socket, message, barrier + 1);
  else if (type === stats) reply(socket, message.subarray(0, version === 1 ? 12 : 16), stats + 1);
  else if (type === FLOW_MOD) flowMods.push(new Uint8Array(message));
  else if (type === VENDOR && message.readUInt32BE(12) === NXT_FLOW_MOD) {
    flowMods.push(new Uint8Array(message));
  }
}

function serve(socket: Socket, version: number, flowMods: Uint8Array[]): void {
  let pending = Buffer.alloc(0);
  socket.on("data", (data) => {
    pending = Buffer.concat([pending, data]);
    while (pending.length >= 8 && pending.length >= pending.readUInt16BE(2)) {
      const length = Math.max(8, pending.readUInt16BE(2));
      handle(socket, version, Buffer.from(pending.subarray(0, length)), flowMods);
      pending = pending.subarray(length);
    }
  });
  socket.on("error", () => {});
}

/** Runs `ovs-ofctl OPTIONS COMMAND switch FILE` with the lines in the file. */
export async function ofctlSends(
  version: number,
  options: readonly string[],
  command: string,
  lines: readonly string[],
): Promise<Sent> {
  const directory = mkdtempSync(join(tmpdir(), "fake-switch-"));
  const flowMods: Uint8Array[] = [];
  const path = join(directory, "s");
  const server = createServer((socket) => serve(socket, version, flowMods));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const file = join(directory, "flows");
  writeFileSync(file, `${lines.join("\n")}\n`);
  const args = [...options, command, `unix:${path}`, file];
  try {
    return await new Promise((resolve) => {
      execFile("ovs-ofctl", args, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
        const code = typeof error?.code === "number" ? error.code : 0;
        resolve({ flowMods, stdout, stderr, code });
      });
    });
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
}
