// SPDX-License-Identifier: Apache-2.0
/** A guest for vhost-user ports: dpdk-testpmd on virtio-user, forwarding between two ports. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";

export interface Testpmd {
  /** Resolves when it forwards, which takes both sides of its sockets. */
  readonly forwarding: Promise<void>;
  /** What it has printed so far. */
  output(): string;
  kill(): Promise<void>;
}

/**
 * Starts it on two sockets.
 * @param server true: it creates the sockets (`dpdkvhostuserclient` ports).
 * @param queues queue pairs per port.
 */
export function startTestpmd(
  sockets: readonly [string, string],
  server: boolean,
  queues = 1,
): Testpmd {
  // A server that was killed leaves its sockets behind and does not start on them.
  for (const path of server ? sockets : []) rmSync(path, { force: true });
  const vdevs = sockets.flatMap((path, i) => {
    const mode = server ? ",server=1" : "";
    const mac = `mac=02:00:00:00:01:0${i}`;
    return ["--vdev", `net_virtio_user${i},path=${path},queues=${queues},${mac}${mode}`];
  });
  const memory = ["--no-huge", "-m", "256", "--no-shconf", "--single-file-segments"];
  const cores = ["--lcores", "0@0,1@0", "--no-pci", "--no-telemetry"];
  const queueing = [`--rxq=${queues}`, `--txq=${queues}`, "--total-num-mbufs=8192"];
  const args = [...cores, ...memory, ...vdevs, "--"];
  args.push("-i", "--forward-mode=io", "--auto-start", ...queueing);
  const child = spawn("dpdk-testpmd", args, { stdio: ["pipe", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      text += data;
    });
  }
  return {
    forwarding: forwarding(child, () => text),
    output: () => text,
    async kill() {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

async function forwarding(child: ChildProcess, text: () => string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (text().includes("testpmd>")) return;
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill("SIGKILL");
  throw new Error(`testpmd does not start:\n${text()}`);
}
