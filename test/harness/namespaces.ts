// SPDX-License-Identifier: Apache-2.0
/** Network namespaces with veth or moved TAP devices, removed after the test. */
import { execFileSync } from "node:child_process";

let counter = 0;

export class Namespace {
  readonly name = `pollux-${process.pid}-${counter++}`;

  constructor() {
    execFileSync("ip", ["netns", "add", this.name]);
    this.ip("link", "set", "lo", "up");
  }

  /** `ip …` inside. */
  ip(...args: string[]): string {
    return execFileSync("ip", ["-n", this.name, ...args], { encoding: "utf8" });
  }

  /** Moves a device in, names its address and brings it up. */
  take(device: string, address: string): void {
    execFileSync("ip", ["link", "set", device, "netns", this.name]);
    this.ip("addr", "add", address, "dev", device);
    this.ip("link", "set", device, "up");
  }

  /** Runs a command inside; returns its output, throws when it fails. */
  exec(...args: string[]): string {
    return execFileSync("ip", ["netns", "exec", this.name, ...args], { encoding: "utf8" });
  }

  remove(): void {
    try {
      execFileSync("ip", ["netns", "del", this.name], { stdio: "ignore" });
    } catch {
      // Already gone: nothing is left behind, which is all that matters here.
    }
  }
}

/** A veth pair; `inside` goes to the namespace with `address`. The outer end is up, too. */
export function vethInto(ns: Namespace, outside: string, inside: string, address: string): void {
  execFileSync("ip", ["link", "add", outside, "type", "veth", "peer", "name", inside]);
  execFileSync("ip", ["link", "set", outside, "up"]);
  ns.take(inside, address);
}
