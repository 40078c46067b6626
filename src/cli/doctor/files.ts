// SPDX-License-Identifier: Apache-2.0
/** Files of /proc and /sys, below a root that tests move. What is missing reads as nothing. */
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import type { SocketFacts } from "./facts.js";

export class HostFiles {
  constructor(readonly root = "") {}

  text(path: string): string {
    try {
      return readFileSync(this.root + path, "utf8").trim();
    } catch {
      return "";
    }
  }

  entries(path: string): string[] {
    try {
      return readdirSync(this.root + path);
    } catch {
      return [];
    }
  }

  exists(path: string): boolean {
    return existsSync(this.root + path);
  }

  /** The last part of what a link points to. */
  linkName(path: string): string | undefined {
    try {
      return basename(readlinkSync(this.root + path));
    } catch {
      return undefined;
    }
  }

  /** A file that should be a socket; its path is not below the root. */
  socket(path: string): SocketFacts {
    let kind: SocketFacts["kind"] = "none";
    let accessible = false;
    try {
      kind = statSync(path).isSocket() ? "socket" : "other";
      accessSync(path, constants.R_OK | constants.W_OK);
      accessible = true;
    } catch {
      // What was found out before it failed is what there is to know.
    }
    const directoryExists = existsSync(dirname(path));
    return { path, directoryExists, kind, accessible, listening: this.listening(path) };
  }

  /** Whether some process listens: flag __SO_ACCEPTCON of /proc/net/unix. */
  private listening(path: string): boolean {
    return this.text("/proc/net/unix")
      .split("\n")
      .some((line) => {
        const [, , , flags, , , , name] = line.trim().split(/\s+/);
        return name === path && flags !== undefined && (Number.parseInt(flags, 16) & 0x10000) !== 0;
      });
  }
}
