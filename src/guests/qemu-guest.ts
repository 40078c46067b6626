// SPDX-License-Identifier: Apache-2.0
/**
 * A Linux guest under QEMU with vhost-user network devices and a shell on its serial console.
 *
 * Works without KVM; then MSI-X must be off (`vectors=0`), since QEMU 7.2's software emulation
 * crashes on a vhost-user device that has it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { GuestImage } from "./kernel.js";

export interface GuestNic {
  /** Path of the vhost-user socket. */
  readonly socket: string;
  readonly mac: string;
  /** True when QEMU listens (a `dpdkvhostuserclient` port), false when the switch listens. */
  readonly server: boolean;
}

const READY = "POLLUX-GUEST-READY";

/** QEMU's arguments for one vhost-user device; also what `npm start` prints. */
export function nicArguments(nic: GuestNic, index: number): string[] {
  const listen = nic.server ? ",server=on,wait=off" : "";
  return [
    ...["-chardev", `socket,id=char${index},path=${nic.socket}${listen}`],
    ...["-netdev", `vhost-user,id=net${index},chardev=char${index}`],
    ...["-device", `virtio-net-pci,netdev=net${index},mac=${nic.mac},romfile=,vectors=0`],
  ];
}

/** The memory that vhost-user needs: shared, so that the switch can map it. */
export function memoryArguments(megabytes: number): string[] {
  return [
    ...["-m", String(megabytes)],
    ...["-object", `memory-backend-memfd,id=mem,size=${megabytes}M,share=on`],
    ...["-numa", "node,memdev=mem"],
  ];
}

export class QemuGuest {
  private output = "";
  private commands = 0;
  private waiters: (() => void)[] = [];

  private constructor(readonly process: ChildProcess) {
    const collect = (chunk: Buffer) => {
      this.output += chunk.toString("latin1");
      for (const wake of this.waiters.splice(0)) wake();
    };
    process.stdout?.on("data", collect);
    process.stderr?.on("data", collect);
    process.on("exit", () => {
      for (const wake of this.waiters.splice(0)) wake();
    });
  }

  /** Boots a guest; resolves when its shell answers. The host's core `core` runs it. */
  static start(image: GuestImage, nics: GuestNic[], core = 0): Promise<QemuGuest> {
    const devices = nics.flatMap((nic, index) => nicArguments(nic, index));
    return QemuGuest.startWith(image, devices, { core });
  }

  /** The same with any QEMU arguments for its devices. */
  static async startWith(
    image: GuestImage,
    devices: readonly string[],
    options: { core?: number; env?: NodeJS.ProcessEnv } = {},
  ): Promise<QemuGuest> {
    const args = [
      ...["-machine", "q35,accel=tcg", "-cpu", "max", "-nographic", "-no-reboot", "-nodefaults"],
      ...["-serial", "stdio", "-kernel", image.kernel, "-initrd", image.initrd],
      ...["-append", "console=ttyS0 quiet panic=-1"],
      ...memoryArguments(256),
      ...devices,
    ];
    const core = String(options.core ?? 0);
    const child = spawn("taskset", ["-c", core, "qemu-system-x86_64", ...args], {
      env: options.env ?? process.env,
    });
    const guest = new QemuGuest(child);
    try {
      await guest.waitFor(READY, 120_000);
    } catch (error) {
      await guest.kill();
      throw error;
    }
    return guest;
  }

  /** Everything the console printed. */
  get console(): string {
    return this.output;
  }

  /** Runs a shell command in the guest; resolves with its output and exit status. */
  async run(command: string, timeoutMs = 60_000): Promise<{ status: number; output: string }> {
    const mark = `__END${++this.commands}__`;
    const from = this.output.length;
    this.process.stdin?.write(`${command}\necho ${mark}$?\n`);
    const end = new RegExp(`${mark}(\\d+)`);
    const match = await this.waitForMatch(end, from, timeoutMs);
    const output = this.output.slice(from, from + match.index).replaceAll("\r", "");
    return { status: Number(match[1]), output: output.replace(/^(.*\$ |.*# )/gm, "") };
  }

  /** Ends the guest as its own shutdown would: QEMU leaves in order. */
  async powerOff(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.process.once("exit", () => resolve()));
    this.process.stdin?.write("poweroff -f\n");
    await gone;
  }

  /** Ends the guest as a power failure would. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => this.process.once("exit", () => resolve()));
    this.process.kill("SIGKILL");
    await gone;
  }

  private async waitFor(text: string, timeoutMs: number): Promise<void> {
    await this.waitForMatch(new RegExp(text), 0, timeoutMs);
  }

  private async waitForMatch(pattern: RegExp, from: number, timeoutMs: number) {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const match = pattern.exec(this.output.slice(from));
      if (match) return match;
      const left = deadline - Date.now();
      if (this.process.exitCode !== null || this.process.signalCode !== null || left <= 0) {
        const why = left <= 0 ? `no ${pattern} within ${timeoutMs} ms` : "the guest ended";
        throw new Error(`${why}; its console:\n${this.output.slice(-2000)}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 1000));
        this.waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}
