// SPDX-License-Identifier: Apache-2.0
/** A `dpdk-testpmd` as a virtual machine: virtio-user devices on vhost-user sockets. */
import { type ChildProcess, spawn } from "node:child_process";

export interface TestpmdOptions {
  /** Sockets, one device each. */
  readonly sockets: string[];
  /** True when testpmd listens (a `dpdkvhostuserclient` port). */
  readonly server: boolean;
  /** `io`, `mac`, `macswap`, `txonly`, `rxonly`, `flowgen` … */
  readonly forward: string;
  readonly core: number;
  /** Unique per running instance. */
  readonly prefix: string;
  /** More testpmd arguments, after the `--`. */
  readonly extra?: string[];
  /** More virtio-user parameters, such as `packed_vq=1`. */
  readonly device?: string;
  /** Start forwarding at once (default). */
  readonly autoStart?: boolean;
}

/** Per port: what testpmd says it received and sent. */
export interface TestpmdPort {
  readonly rx: number;
  readonly tx: number;
}

/** Printed when the ports are up and commands are read. */
const STARTED = "Checking link statuses...";

export class Testpmd {
  private output = "";

  private constructor(
    readonly process: ChildProcess,
    private readonly portCount: number,
  ) {
    process.stdout?.on("data", (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    process.stderr?.on("data", (chunk: Buffer) => {
      this.output += chunk.toString();
    });
  }

  static start(options: TestpmdOptions): Promise<Testpmd> {
    const server = options.server ? ",server=1" : "";
    const more = options.device ? `,${options.device}` : "";
    const devices = options.sockets.map(
      (path, i) => `net_virtio_user${i},path=${path}${server},queues=1${more}`,
    );
    return Testpmd.run(devices, options);
  }

  /** A guest that sends the packets of a capture again and again: its port 0 is the capture, its
   * port 1 the vhost-user socket (it listens). Does not send before it is told `start`. */
  static startFromPcap(options: {
    pcap: string;
    socket: string;
    core: number;
    prefix: string;
  }): Promise<Testpmd> {
    const devices = [
      `net_pcap0,rx_pcap=${options.pcap},infinite_rx=1`,
      `net_virtio_user0,path=${options.socket},server=1,queues=1`,
    ];
    return Testpmd.run(devices, { ...options, forward: "io", autoStart: false });
  }

  private static async run(
    devices: readonly string[],
    options: Omit<TestpmdOptions, "sockets" | "server">,
  ): Promise<Testpmd> {
    const { core } = options;
    const vdevs = devices.flatMap((device) => ["--vdev", device]);
    const args = [
      ...["--lcores", `0@${core},1@${core}`, "--no-pci", "--in-memory"],
      ...["--file-prefix", options.prefix, "--socket-mem", "256", "--single-file-segments"],
      ...vdevs,
      ...["--", "-i", `--forward-mode=${options.forward}`, "--total-num-mbufs=32768"],
      ...(options.autoStart === false ? [] : ["--auto-start"]),
      ...(options.extra ?? []),
    ];
    // Line by line, although its output is a pipe.
    const child = spawn("stdbuf", ["-oL", "dpdk-testpmd", ...args]);
    const guest = new Testpmd(child, devices.length);
    try {
      await guest.printed(() => guest.output.includes(STARTED), "that it started", 60_000);
    } catch (error) {
      await guest.kill();
      throw error;
    }
    return guest;
  }

  get console(): string {
    return this.output;
  }

  /** Sends a command line; resolves with what it printed, once `end` (`count` times) is there.
   * Off a terminal testpmd has no prompt: what a command prints last must be known. */
  async command(line: string, end: RegExp, count = 1, timeoutMs = 20_000): Promise<string> {
    const from = this.output.length;
    this.process.stdin?.write(`${line}\n`);
    const all = new RegExp(end.source, "g");
    await this.printed(
      () => [...this.output.slice(from).matchAll(all)].length >= count,
      `the end of "${line}"`,
      timeoutMs,
    );
    return this.output.slice(from);
  }

  /** @param how `tx_first N` sends N bursts before it starts. */
  async startForwarding(how = ""): Promise<void> {
    await this.command(`start ${how}`, /TX offloads=.*\n/);
  }

  async stopForwarding(): Promise<void> {
    await this.command("stop", /Done\.\n/);
  }

  async ports(): Promise<TestpmdPort[]> {
    const text = await this.command("show port stats all", /Tx-pps:.*\n.*####\n/, this.portCount);
    const counts = (name: string) =>
      [...text.matchAll(new RegExp(`${name}-packets:\\s*(\\d+)`, "g"))].map((m) => Number(m[1]));
    const tx = counts("TX");
    return counts("RX").map((rx, i) => ({ rx, tx: tx[i] ?? 0 }));
  }

  async quit(): Promise<void> {
    if (this.ended) return;
    const gone = new Promise<void>((resolve) => this.process.once("exit", () => resolve()));
    this.process.stdin?.write("stop\nquit\n");
    const timer = setTimeout(() => this.process.kill("SIGKILL"), 5000);
    await gone;
    clearTimeout(timer);
  }

  async kill(): Promise<void> {
    if (this.ended) return;
    const gone = new Promise<void>((resolve) => this.process.once("exit", () => resolve()));
    this.process.kill("SIGKILL");
    await gone;
  }

  private get ended(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  private async printed(done: () => boolean, what: string, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!done()) {
      if (this.ended || Date.now() > deadline) {
        throw new Error(`testpmd did not print ${what}; it printed:\n${this.output.slice(-2000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
