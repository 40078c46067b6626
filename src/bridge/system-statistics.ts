// SPDX-License-Identifier: Apache-2.0
/** `Open_vSwitch.statistics`: the host's load, as `other_config:enable-statistics` asks for it. */
import { readFileSync, statfsSync } from "node:fs";
import { cpus, loadavg } from "node:os";

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** "total,free,cached and buffered,swap total,swap free", in kB without the free two: used. */
function memory(): string {
  const text = readText("/proc/meminfo");
  const kb = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(text)?.[1]);
  const [total, free] = [kb("MemTotal"), kb("MemFree")];
  const [cache, swapTotal, swapFree] = [
    kb("Buffers") + kb("Cached"),
    kb("SwapTotal"),
    kb("SwapFree"),
  ];
  return [total, total - free, cache, swapTotal, swapTotal - swapFree].join(",");
}

/** "virtual,resident,cpu ms,crashes,booted ms,uptime ms" of this process. */
function processSums(): string {
  const kb = (pages: string | undefined): number => (Number(pages) * 4096) / 1024;
  const [virtual, resident] = readText("/proc/self/statm").split(" ");
  const { user, system } = process.cpuUsage();
  const cpuMs = Math.round((user + system) / 1000);
  const uptimeMs = Math.round(process.uptime() * 1000);
  return [kb(virtual), kb(resident), cpuMs, 0, uptimeMs, uptimeMs].join(",");
}

/** "mount point,total kB,used kB" of every disk file system, separated by blanks. */
function fileSystems(): string {
  const seen = new Set<string>();
  const out: string[] = [];
  for (const line of readText("/proc/mounts").split("\n")) {
    const [device, mountPoint] = line.split(" ");
    if (!device?.startsWith("/") || !mountPoint || seen.has(device)) continue;
    seen.add(device);
    try {
      const { bsize, blocks, bfree } = statfsSync(mountPoint);
      const kb = (count: number): number => Math.floor((count * bsize) / 1024);
      out.push([mountPoint, kb(blocks), kb(blocks - bfree)].join(","));
    } catch {
      // Not ours to see.
    }
  }
  return out.join(" ");
}

export function systemStatistics(): Record<string, string> {
  return {
    cpu: String(cpus().length),
    load_average: loadavg()
      .map((load) => load.toFixed(2))
      .join(","),
    memory: memory(),
    "process_ovs-vswitchd": processSums(),
    file_systems: fileSystems(),
  };
}
