// SPDX-License-Identifier: Apache-2.0
/** Which cores poll, who else wants them, and what limits them. */
import { parseCoreMask } from "../../lib/cores.js";
import type { Facts } from "./facts.js";
import { type Check, error, type Finding, note, setting, warning } from "./finding.js";

const MASK = "pmd-cpu-mask";

/** Cores that poll, or would. */
function pmdCores({ threads, database, host }: Facts): number[] {
  if (threads && threads.pmds.length > 0) return threads.pmds.map(({ core }) => core);
  const mask = parseCoreMask(database?.otherConfig.get(MASK) ?? "") ?? [];
  return mask.filter((core) => host.cores.some((each) => each.core === core));
}

const names = (cores: readonly number[]) => cores.join(", ");
const cores = (list: readonly number[]) => `core${list.length > 1 ? "s" : ""} ${names(list)}`;

const masks: Check = ({ database, host }) => {
  const findings: Finding[] = [];
  const online = host.cores.map(({ core }) => core);
  for (const key of [MASK, "dpdk-lcore-mask"]) {
    const text = database?.otherConfig.get(key);
    if (text === undefined) continue;
    const mask = parseCoreMask(text);
    if (!mask) {
      findings.push(error("cores", `${key}=${text} is no hexadecimal mask`, setting(key, "0x2")));
      continue;
    }
    const missing = mask.filter((core) => !online.includes(core));
    if (missing.length === 0) continue;
    const problem = `${key}=${text} names ${cores(missing)}, which this machine lacks`;
    findings.push(error("cores", problem, `take only cores of ${online[0]}-${online.at(-1)}`));
  }
  return findings;
};

const overlap: Check = (facts) => {
  const { daemon, host, database } = facts;
  const polling = pmdCores(facts);
  const about = "cores";
  const findings: Finding[] = [];
  const lcores = parseCoreMask(database?.otherConfig.get("dpdk-lcore-mask") ?? "") ?? [];
  const shared = lcores.filter((core) => polling.includes(core));
  if (shared.length > 0) {
    const problem = `${cores(shared)} of ${MASK} also in dpdk-lcore-mask`;
    findings.push(warning(about, problem, "give the two masks different cores"));
  }
  if (host.cores.length > 0 && host.cores.every(({ core }) => polling.includes(core))) {
    const problem = "every core polls, none is left for the control thread";
    findings.push(warning(about, problem, `take a core out of ${MASK}`));
  } else if (daemon.answers) {
    const crowded = daemon.controlCores.filter((core) => polling.includes(core));
    if (crowded.length > 0) {
      const problem = `the control thread may run on the PMD ${cores(crowded)}`;
      findings.push(warning(about, problem, `restart, or take a core out of ${MASK}`));
    }
  }
  for (const { core, pid, name } of daemon.pinnedOthers) {
    if (!polling.includes(core)) continue;
    const problem = `${name} (pid ${pid}) is pinned to the PMD core ${core}`;
    findings.push(warning(about, problem, `taskset -acp OTHER-CORES ${pid}, or change ${MASK}`));
  }
  return findings;
};

const hyperthreads: Check = (facts) => {
  const polling = pmdCores(facts);
  return facts.host.siblings.flatMap((group) => {
    const both = group.filter((core) => polling.includes(core));
    if (both.length < 2) return [];
    const problem = `PMD ${cores(both)} are threads of one physical core`;
    return [warning("cores", problem, `leave one of them in ${MASK}`)];
  });
};

const quietness: Check = (facts) => {
  const polling = pmdCores(facts);
  const { isolated, governors } = facts.host;
  const findings: Finding[] = [];
  const open = polling.filter((core) => !isolated.includes(core));
  if (open.length > 0) {
    const problem = `the kernel puts other tasks on the PMD ${cores(open)}, too`;
    const remedy = `boot with isolcpus=${open.join(",")} nohz_full=${open.join(",")}`;
    findings.push(note("cores", problem, remedy));
  }
  const slow = polling.filter((core) => (governors.get(core) ?? "performance") !== "performance");
  if (slow.length > 0) {
    const problem = `frequency governor of PMD ${cores(slow)} is ${governors.get(slow[0]!)}`;
    const remedy = `cpupower -c ${slow.join(",")} frequency-set -g performance`;
    findings.push(note("cores", problem, remedy));
  }
  return findings;
};

const cgroups: Check = (facts) => {
  const polling = pmdCores(facts);
  return facts.daemon.cgroups.flatMap(({ path, quotaCores, throttled, cpus }) => {
    const findings: Finding[] = [];
    if (quotaCores !== undefined) {
      const held = throttled > 0 ? `, was throttled ${throttled} times` : "";
      const problem = `${path} may use ${quotaCores.toFixed(2)} cores${held}; PMDs always run`;
      const remedy = `echo max > /sys/fs/cgroup${path}/cpu.max (Kubernetes: no CPU limit)`;
      findings.push(error("cgroup", problem, remedy));
    }
    const outside = polling.filter((core) => cpus && !cpus.includes(core));
    if (outside.length > 0) {
      const problem = `${cores(outside)} of ${MASK} are not among the cores of ${path}`;
      findings.push(error("cgroup", problem, `widen its cpuset.cpus, or change ${MASK}`));
    }
    return findings;
  });
};

const numa: Check = ({ threads }) => {
  const crossing = new Set(
    threads?.pmds.flatMap(({ rxqs }) =>
      rxqs.filter(({ crossNuma }) => crossNuma).map(({ port }) => port),
    ),
  );
  const far = [...crossing].map((port) => {
    const problem = "polled from another NUMA node";
    return warning(`port ${port}`, problem, `add a core of its node to ${MASK}`);
  });
  const unpolled = (threads?.notPolled ?? []).map(({ port, queue }) => {
    const problem = `nobody polls queue ${queue}: every core is isolated`;
    return error(`port ${port}`, problem, `take a pin away, or add a core to ${MASK}`);
  });
  return [...unpolled, ...far];
};

const stalls: Check = ({ threads }) =>
  (threads?.pmds ?? []).flatMap((pmd) => {
    const about = `core ${pmd.core}`;
    const findings: Finding[] = [];
    if (pmd.stuckMs > 0) {
      const problem = `its PMD has not finished an iteration for ${Math.round(pmd.stuckMs)} ms`;
      findings.push(error(about, problem, "see dpif-netdev/pmd-stall-show"));
    }
    if (pmd.hostStalls > 0) {
      const problem = `its PMD stalled ${pmd.hostStalls} times by the host: ${pmd.hostCause}`;
      findings.push(warning(about, problem, "keep others off the core: isolcpus, taskset, cpuset"));
    }
    if (pmd.switchStalls > 0) {
      const problem = `its PMD stalled ${pmd.switchStalls} times by itself: ${pmd.switchCause}`;
      findings.push(note(about, problem, "see dpif-netdev/pmd-stall-show"));
    }
    return findings;
  });

export const CORE_CHECKS: readonly Check[] = [
  ...[masks, overlap, hyperthreads, quietness, cgroups, numa, stalls],
];
