// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run demo`: two guests on a switch of their own, exchanging traffic, with the statistics of
 * the PMD that carries it. Linux guests under QEMU where that is possible, else testpmd.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { guestImage } from "../guests/kernel.js";
import { QemuGuest } from "../guests/qemu-guest.js";
import { Testpmd } from "../guests/testpmd.js";

const POLLUX = fileURLToPath(new URL("./pollux.js", import.meta.url));
const CACHE = fileURLToPath(new URL("../../../.cache/guest", import.meta.url));
const execute = promisify(execFile);

interface Guests {
  readonly what: string;
  /** What the guests say about their traffic. */
  report(): Promise<string>;
  stop(): Promise<void>;
}

class Demo {
  private readonly env: NodeJS.ProcessEnv;
  private daemon: ChildProcess | undefined;
  private guests: Guests | undefined;

  constructor(private readonly dir: string) {
    this.env = { ...process.env, OVS_RUNDIR: dir, OVS_LOGDIR: dir, OVS_DBDIR: dir };
  }

  async run(seconds: number): Promise<void> {
    await this.startSwitch();
    this.guests = await this.linuxGuests().catch((error: unknown) => {
      say(`No Linux guests (${error instanceof Error ? error.message.split("\n")[0] : error});`);
      return this.testpmdGuests();
    });
    say(`\nTwo guests run: ${this.guests.what}`);
    for (let second = 0; second < seconds; second++) {
      await sleep(1000);
      say(`\n--- ${second + 1} s`);
      say((await this.guests.report()).trimEnd());
      say((await this.pollux("appctl", "dpif-netdev/pmd-stats-show")).trimEnd());
    }
  }

  async stop(): Promise<void> {
    await this.guests?.stop();
    const daemon = this.daemon;
    if (daemon && daemon.exitCode === null) {
      const gone = new Promise<void>((resolve) => daemon.once("exit", () => resolve()));
      daemon.kill("SIGTERM");
      await gone;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }

  private async pollux(...args: string[]): Promise<string> {
    return (await execute(process.execPath, [POLLUX, ...args], { env: this.env })).stdout;
  }

  private socket(index: number): string {
    return join(this.dir, `vm${index}.sock`);
  }

  private async startSwitch(): Promise<void> {
    say(`Starting a switch in ${this.dir}`);
    const args = [POLLUX, "switchd", "--pidfile", "--log-file", "-vconsole:off"];
    this.daemon = spawn(process.execPath, args, { env: this.env, stdio: "inherit" });
    const deadline = Date.now() + 60_000;
    for (;;) {
      if (this.daemon.exitCode !== null) throw new Error("the switch ended");
      const up = existsSync(join(this.dir, "ovs-vswitchd.pid"));
      if (up && (await this.pollux("appctl", "version").catch(() => ""))) break;
      if (Date.now() > deadline) throw new Error("the switch does not answer");
      await sleep(100);
    }
    const ports = [0, 1].flatMap((i) => [
      ...["--", "add-port", "br0", `vm${i}`, "--", "set", "Interface", `vm${i}`],
      ...["type=dpdkvhostuserclient", `options:vhost-server-path=${this.socket(i)}`],
    ]);
    await this.pollux(
      ...["vsctl", "set", "Open_vSwitch", ".", "other_config:dpdk-init=true"],
      ...["--", "add-br", "br0", "--", "set", "Bridge", "br0", "datapath_type=netdev", ...ports],
    );
  }

  private async linuxGuests(): Promise<Guests> {
    say("Booting two Linux guests");
    const image = guestImage(CACHE);
    const boots = [0, 1].map((i) =>
      QemuGuest.start(image, [
        { socket: this.socket(i), mac: `52:54:00:00:00:0${i + 1}`, server: true },
      ]),
    );
    const settled = await Promise.allSettled(boots);
    const guests = settled.flatMap((boot) => (boot.status === "fulfilled" ? [boot.value] : []));
    const stop = async () => {
      for (const guest of guests) await guest.kill();
    };
    const failed = settled.find((boot) => boot.status === "rejected");
    if (failed) {
      await stop();
      throw failed.reason;
    }
    for (const [i, guest] of guests.entries()) {
      await guest.run(`ip addr add 10.0.0.${i + 1}/24 dev eth0; ip link set eth0 up`);
    }
    const report = async () => {
      const { output } = await guests[0]!.run("ping -q -c 20 -i 0.02 10.0.0.2");
      return output.split("\n").slice(-4).join("\n");
    };
    return { what: "Linux under QEMU, 10.0.0.1 pings 10.0.0.2", report, stop };
  }

  private async testpmdGuests(): Promise<Guests> {
    const start = (index: number, forward: string) =>
      Testpmd.start({
        sockets: [this.socket(index)],
        ...{ server: true, forward, core: 0, prefix: `pollux-demo-${process.pid}-${index}` },
      });
    const receiver = await start(1, "rxonly");
    const sender = await start(0, "txonly");
    const report = async () => {
      const [tx, rx] = [(await sender.ports())[0], (await receiver.ports())[0]];
      return `guest 0 sent ${tx?.tx} packets, guest 1 received ${rx?.rx}`;
    };
    const stop = async () => {
      await sender.quit();
      await receiver.quit();
    };
    return { what: "testpmd on virtio-user, one sends, one receives", report, stop };
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const { values } = parseArgs({ options: { seconds: { type: "string", default: "10" } } });
const demo = new Demo(mkdtempSync(join(tmpdir(), "pollux-demo-")));
process.once("SIGINT", () => {
  void demo.stop().then(() => process.exit(130));
});
try {
  await demo.run(Number(values.seconds));
} catch (error) {
  say(`pollux: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await demo.stop();
}
