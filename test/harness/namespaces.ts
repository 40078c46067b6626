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

/** A veth pair: `outside` here, up; `inside` in the namespace with `address`, up. */
export function vethInto(ns: Namespace, outside: string, inside: string, address: string): void {
  const peer = ["type", "veth", "peer", "name", inside, "netns", ns.name];
  execFileSync("ip", ["link", "add", outside, ...peer]);
  execFileSync("ip", ["link", "set", outside, "up"]);
  ns.ip("addr", "add", address, "dev", inside);
  ns.ip("link", "set", inside, "up");
}
