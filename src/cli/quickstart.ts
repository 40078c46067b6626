// SPDX-License-Identifier: Apache-2.0
/**
 * What `npm start` runs: the switch in the foreground on its embedded database and, when that
 * database has no bridge yet, a first bridge with two ports that virtual machines can plug into.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { memoryArguments, nicArguments } from "../guests/qemu-guest.js";

const POLLUX = fileURLToPath(new URL("./pollux.js", import.meta.url));
const RUNDIR = process.env.OVS_RUNDIR ?? "/var/run/openvswitch";
const BRIDGE = "br0";
const PORTS = ["vm0", "vm1"];
const START_TIMEOUT_MS = 60_000;

const execute = promisify(execFile);

async function pollux(...args: string[]): Promise<string> {
  return (await execute(process.execPath, [POLLUX, ...args], { encoding: "utf8" })).stdout;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function socketPath(port: string): string {
  return join(RUNDIR, `${port}.sock`);
}

/** Resolves when this daemon, not an older one, answers on its control socket. */
async function ready(daemon: ChildProcess): Promise<void> {
  const pidfile = join(RUNDIR, "ovs-vswitchd.pid");
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (daemon.exitCode !== null) process.exit(daemon.exitCode);
    if (existsSync(pidfile) && Number(readFileSync(pidfile, "utf8")) === daemon.pid) {
      const answered = await pollux("appctl", "version").catch(() => undefined);
      if (answered !== undefined) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the switch did not answer within ${START_TIMEOUT_MS / 1000} s`);
}

/** The first bridge: `br0` with two sockets that QEMU listens on. */
async function createFirstBridge(): Promise<void> {
  const args = ["set", "Open_vSwitch", ".", "other_config:dpdk-init=true"];
  args.push("--", "add-br", BRIDGE, "--", "set", "Bridge", BRIDGE, "datapath_type=netdev");
  for (const port of PORTS) {
    args.push("--", "add-port", BRIDGE, port, "--", "set", "Interface", port);
    args.push("type=dpdkvhostuserclient", `options:vhost-server-path=${socketPath(port)}`);
  }
  await pollux("vsctl", ...args);
}

function describePorts(): void {
  say(`\nBridge ${BRIDGE} has two ports for virtual machines:`);
  PORTS.forEach((port, index) => {
    const nic = { socket: socketPath(port), mac: `52:54:00:00:00:0${index + 1}`, server: true };
    const device = nicArguments(nic, 0).filter((arg) => arg !== "romfile=");
    say(`\n  ${port}: ${nic.socket}`);
    say(`  qemu-system-x86_64 -machine q35 -cpu max -drive file=YOUR-DISK.qcow2 \\`);
    say(`    ${memoryArguments(1024).join(" ")} \\`);
    say(`    ${device.join(" ")}`);
  });
  say("\nThe ports come up by themselves when a machine starts, and again after either side");
  say("restarts. (vectors=0 is for QEMU without KVM; with KVM leave it out.)");
}

async function main(): Promise<void> {
  const args = [POLLUX, "switchd", "--pidfile", "--log-file", ...process.argv.slice(2)];
  const daemon = spawn(process.execPath, args, { stdio: "inherit" });
  let ending = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      ending = true;
      daemon.kill("SIGTERM");
    });
  }
  daemon.on("exit", (code) => process.exit(code ?? (ending ? 0 : 1)));
  await ready(daemon);
  const bridges = (await pollux("vsctl", "list-br")).split("\n").filter((name) => name !== "");
  if (bridges.length === 0) {
    await createFirstBridge();
    describePorts();
  } else {
    say(`Bridges from the database: ${bridges.join(", ")}`);
  }
  say(`\nTry: ovs-vsctl show, ovs-ofctl show ${bridges[0] ?? BRIDGE},`);
  say("ovs-appctl dpif-netdev/pmd-stats-show (or their twins `npx pollux vsctl show` …).");
  say("Ctrl-C ends the switch; its database stays.");
}

main().catch((error: unknown) => {
  say(`pollux: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
