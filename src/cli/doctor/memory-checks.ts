// SPDX-License-Identifier: Apache-2.0
/** Hugepages and DPDK's environment. */
import type { DatabaseFacts, Facts, HugepageFacts } from "./facts.js";
import { type Check, error, type Finding, note, setting, warning } from "./finding.js";

/** As much as the daemon wants at least, when nothing says how much; MiB. */
const LEAST_MIB = 192;

function wantsDpdk({ otherConfig }: DatabaseFacts): boolean {
  return /^(true|try)$/i.test(otherConfig.get("dpdk-init") ?? "");
}

function freeMib(pages: readonly HugepageFacts[]): number {
  return pages.reduce((sum, { sizeKib, free }) => sum + (sizeKib * free) / 1024, 0);
}

const dpdkInit: Check = ({ database }) => {
  if (!database) return [];
  const ports = database.interfaces.filter(({ type }) => type.startsWith("dpdk"));
  if (!wantsDpdk(database)) {
    if (ports.length === 0) return [];
    const problem = `${ports.length} DPDK ports are configured, but dpdk-init is not true`;
    return [error("dpdk", problem, setting("dpdk-init", "true"))];
  }
  if (database.dpdkInitialized) return [];
  const remedy = "read ovs-vswitchd.log for lines of dpdk, and check dpdk-extra";
  return [error("dpdk", "DPDK is wanted, but has not started", remedy)];
};

const hugepages: Check = ({ host, database, daemon }) => {
  if (!database || !wantsDpdk(database)) return [];
  const about = "hugepages";
  if (/(^|\s)--no-huge(\s|$)/.test(database.otherConfig.get("dpdk-extra") ?? "")) {
    return [note(about, "dpdk-extra says --no-huge: slower", "take --no-huge out, and restart")];
  }
  const total = host.hugepages.reduce((sum, each) => sum + each.total, 0);
  const reserve = "sysctl vm.nr_hugepages=1024 (in /etc/sysctl.d/ to keep it), and restart";
  if (total === 0) return [warning(about, "none are reserved: slower without", reserve)];
  const findings: Finding[] = [];
  if (!host.hugetlbfs) {
    const remedy = "mount -t hugetlbfs none /dev/hugepages";
    findings.push(warning(about, "reserved, but no hugetlbfs is mounted", remedy));
  }
  const free = freeMib(host.hugepages);
  if (daemon.answers && daemon.hugetlbKib === 0) {
    const enough = free >= LEAST_MIB;
    const problem = `the switch uses none, ${Math.floor(free)} MB are free`;
    findings.push(warning(about, problem, enough ? "restart the switch" : reserve));
  } else if (!daemon.answers) findings.push(...missingOnNodes({ host, database }));
  return findings;
};

/** Nodes with less than `dpdk-socket-mem` wants, when the daemon has not taken it yet. */
function missingOnNodes({ host, database }: Pick<Facts, "host" | "database">): Finding[] {
  const wanted = (database!.otherConfig.get("dpdk-socket-mem") ?? String(LEAST_MIB)).split(",");
  return wanted.flatMap((text, numa) => {
    const free = freeMib(host.hugepages.filter((each) => each.numa === numa));
    const mib = Number(text) || 0;
    if (free >= mib) return [];
    const problem = `numa node ${numa} has ${Math.floor(free)} MB free, ${mib} MB are wanted`;
    const folder = `/sys/devices/system/node/node${numa}/hugepages/hugepages-2048kB`;
    const more = Math.ceil((mib - free) / 2);
    const remedy = `add ${more} pages to ${folder}/nr_hugepages, or lower dpdk-socket-mem`;
    return [warning("hugepages", problem, remedy)];
  });
}

const pci: Check = ({ database }) => {
  const devices = database?.interfaces.filter((each) => each.pci !== undefined) ?? [];
  return devices.flatMap(({ name, pci }) => {
    const { address, exists, driver } = pci!;
    const about = `port ${name}`;
    if (!exists) {
      const remedy = "look for it with lspci -D, and correct options:dpdk-devargs";
      return [error(about, `there is no PCI device ${address}`, remedy)];
    }
    // Mellanox devices stay with their kernel driver.
    if (driver === undefined || /^(vfio-pci|uio_pci_generic|igb_uio|mlx[45])/.test(driver)) {
      return [];
    }
    const remedy = `dpdk-devbind.py -b vfio-pci ${address} (the kernel loses it)`;
    return [error(about, `${address} belongs to the kernel's driver ${driver}`, remedy)];
  });
};

export const MEMORY_CHECKS: readonly Check[] = [dpdkInit, hugepages, pci];
