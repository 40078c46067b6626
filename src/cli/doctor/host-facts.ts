// SPDX-License-Identifier: Apache-2.0
/** What the machine has: read from /proc and /sys. */
import { parseCoreList } from "../../lib/cores.js";
import type { CgroupFacts, HostFacts, HugepageFacts, PciFacts, PinnedFacts } from "./facts.js";
import type { HostFiles } from "./files.js";

const NODES = "/sys/devices/system/node";
const CPUS = "/sys/devices/system/cpu";
const CGROUPS = "/sys/fs/cgroup";

function hugepages(files: HostFiles): HugepageFacts[] {
  return files.entries(NODES).flatMap((folder) => {
    const node = /^node(\d+)$/.exec(folder)?.[1];
    if (node === undefined) return [];
    const base = `${NODES}/${folder}/hugepages`;
    return files.entries(base).flatMap((name) => {
      const size = /^hugepages-(\d+)kB$/.exec(name)?.[1];
      if (size === undefined) return [];
      const count = (file: string) => Number(files.text(`${base}/${name}/${file}`) || 0);
      const [total, free] = [count("nr_hugepages"), count("free_hugepages")];
      return [{ numa: Number(node), sizeKib: Number(size), total, free }];
    });
  });
}

export function hostFacts(files: HostFiles): HostFacts {
  const nodeOf = new Map<number, number>();
  for (const folder of files.entries(NODES)) {
    const node = /^node(\d+)$/.exec(folder)?.[1];
    if (node === undefined) continue;
    for (const core of parseCoreList(files.text(`${NODES}/${folder}/cpulist`))) {
      nodeOf.set(core, Number(node));
    }
  }
  const online = parseCoreList(files.text(`${CPUS}/online`));
  const groups = online.map((core) =>
    files.text(`${CPUS}/cpu${core}/topology/thread_siblings_list`),
  );
  const governors = online
    .map((core) => [core, files.text(`${CPUS}/cpu${core}/cpufreq/scaling_governor`)] as const)
    .filter(([, governor]) => governor !== "");
  return {
    hugepages: hugepages(files),
    hugetlbfs: /^\S+ \S+ hugetlbfs /m.test(files.text("/proc/mounts")),
    cores: online.map((core) => ({ core, numa: nodeOf.get(core) ?? 0 })),
    isolated: parseCoreList(files.text(`${CPUS}/isolated`)),
    siblings: [...new Set(groups)].map(parseCoreList).filter((group) => group.length > 1),
    governors: new Map(governors),
  };
}

export function pciFacts(files: HostFiles, address: string): PciFacts {
  const full = /^[0-9a-f]+:[0-9a-f]+:/i.test(address) ? address : `0000:${address}`;
  const folder = `/sys/bus/pci/devices/${full.toLowerCase()}`;
  const driver = files.linkName(`${folder}/driver`);
  return { address: full, exists: files.exists(folder), driver };
}

/** The control groups of a process that limit it, cgroups(7) version 2, innermost first. */
export function cgroupFacts(files: HostFiles, pid: number | "self"): CgroupFacts[] {
  const [, own] = /^0::(\/.*)$/m.exec(files.text(`/proc/${pid}/cgroup`)) ?? [];
  if (own === undefined) return [];
  const found: CgroupFacts[] = [];
  const parts = own.split("/").filter((part) => part !== "");
  for (let depth = parts.length; depth >= 0; depth--) {
    const path = `/${parts.slice(0, depth).join("/")}`;
    const folder = depth === 0 ? CGROUPS : `${CGROUPS}${path}`;
    const [quota, period] = files.text(`${folder}/cpu.max`).split(" ").map(Number);
    const cpuset = depth === parts.length ? files.text(`${folder}/cpuset.cpus.effective`) : "";
    const quotaCores = quota! > 0 && period! > 0 ? quota! / period! : undefined;
    if (quotaCores === undefined && cpuset === "") continue;
    const [, throttled = "0"] = /^nr_throttled (\d+)/m.exec(files.text(`${folder}/cpu.stat`)) ?? [];
    const cpus = cpuset === "" ? undefined : parseCoreList(cpuset);
    found.push({ path, quotaCores, throttled: Number(throttled), cpus });
  }
  return found;
}

/** Cores that a thread may run on. */
export function allowedCores(files: HostFiles, task: string): number[] {
  const status = files.text(`/proc/${task}/status`);
  return parseCoreList(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? "");
}

/** Threads of other processes that run on one core only. Those of the kernel have no command. */
export function pinnedThreads(files: HostFiles, without: readonly number[]): PinnedFacts[] {
  if (files.text("/sys/devices/system/cpu/online") === "0") return [];
  const found = new Map<string, PinnedFacts>();
  for (const pid of files.entries("/proc").filter((name) => /^\d+$/.test(name))) {
    if (without.includes(Number(pid)) || files.text(`/proc/${pid}/cmdline`) === "") continue;
    for (const tid of files.entries(`/proc/${pid}/task`)) {
      const [core, ...more] = allowedCores(files, `${pid}/task/${tid}`);
      if (core === undefined || more.length > 0) continue;
      const name = files.text(`/proc/${pid}/comm`);
      found.set(`${pid} ${core}`, { core, pid: Number(pid), name });
    }
  }
  return [...found.values()];
}
