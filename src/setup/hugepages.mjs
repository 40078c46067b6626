// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const NR = "/proc/sys/vm/nr_hugepages";
const MOUNT = "/dev/hugepages";

/** Raises the number of default-size hugepages to at least `pages` where the machine allows it, and
 * mounts hugetlbfs for peers that want files there. Returns a function that undoes both. */
export function reserveHugepages(pages) {
  const undo = [];
  try {
    const before = Number(readFileSync(NR, "utf8"));
    if (before < pages) {
      writeFileSync(NR, String(pages));
      undo.push(() => writeFileSync(NR, String(before)));
    }
    if (!readFileSync("/proc/mounts", "utf8").includes(` ${MOUNT} hugetlbfs `)) {
      mkdirSync(MOUNT, { recursive: true });
      const mounted = spawnSync("mount", ["-t", "hugetlbfs", "nodev", MOUNT]);
      if (mounted.status === 0) undo.push(() => spawnSync("umount", [MOUNT]));
    }
  } catch {
    // Not allowed here: what needs hugepages says so itself.
  }
  return () => {
    for (const step of undo.reverse()) step();
  };
}
