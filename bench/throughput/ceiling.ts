// SPDX-License-Identifier: Apache-2.0
/** The limit of the devices: testpmd forwards between them without looking at packets. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { writePcap } from "../../test/harness/pcap.js";
import { makeTempDir, removeDir, sleep, until } from "../../test/harness/processes.js";

/** Packets per second of `dpdk-testpmd --forward-mode=io` on core 1, pcap in, null out. */
export async function ceiling(frames: readonly Uint8Array[], seconds: number): Promise<number> {
  const dir = makeTempDir();
  const capture = join(dir, "traffic.pcap");
  writePcap(capture, frames);
  const devices = [`net_pcap0,rx_pcap=${capture},infinite_rx=1`, "net_null1,no-rx=1"];
  const child = spawn("dpdk-testpmd", [
    ...["--lcores", "0@0,1@1", "--no-pci", "--no-telemetry", "--in-memory", "-m", "1024"],
    ...devices.flatMap((device) => ["--vdev", device]),
    ...["--", "-i", "--forward-mode=io", "--total-num-mbufs=262144"],
  ]);
  let text = "";
  child.stdout.on("data", (data) => {
    text += data;
  });
  try {
    await until("testpmd", async () => text.includes("testpmd>"), 60_000);
    child.stdin.write("start\n");
    const from = performance.now();
    await sleep(seconds * 1000);
    child.stdin.write("stop\n");
    const to = performance.now();
    // What it prints of itself, it writes out when it ends.
    child.stdin.write("quit\n");
    await until("testpmd's end", async () => child.exitCode !== null, 30_000);
    return (Number(/RX-packets: (\d+)/.exec(text)?.[1]) * 1000) / (to - from);
  } finally {
    child.kill("SIGKILL");
    removeDir(dir);
  }
}
