// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import {
  bareEalPlan,
  dpdkInitMode,
  ealPlan,
  pciAddress,
  splitShellWords,
  withoutHugepages,
} from "../../src/dpif/eal-options.js";

const rich = { freeHugeMiB: 4096, cores: [0, 1, 2, 3] };
const poor = { freeHugeMiB: 0, cores: [2, 3] };
const ENDS = ["--no-pci", "--no-telemetry", "-l"];

describe("the argument vector", () => {
  test("hugepages, as the stock daemon builds it", () => {
    const plan = ealPlan({ "dpdk-socket-mem": "1024,0", "dpdk-extra": "--iova-mode=pa" }, [], rich);
    expect(plan.args).toEqual([
      ...["ovs-vswitchd", "--iova-mode=pa", "--socket-mem", "1024,0", "--in-memory"],
      ...ENDS,
      "0",
    ]);
    expect(plan).toMatchObject({ hugepages: true, notes: [], warnings: [] });
  });

  test("every option of the database", () => {
    const { args } = ealPlan(
      {
        "dpdk-lcore-mask": "0x2",
        "dpdk-hugepage-dir": "/mnt/huge",
        "dpdk-socket-limit": "2048",
        "dpdk-alloc-mem": "512",
      },
      [],
      rich,
    );
    const text = args.join(" ");
    for (const pair of ["-c 0x2", "--huge-dir /mnt/huge", "--socket-limit 2048", "-m 512"]) {
      expect(text).toContain(pair);
    }
    expect(args).not.toContain("-l");
  });

  test("dpdk-extra wins over the database, and says so", () => {
    const plan = ealPlan(
      { "dpdk-lcore-mask": "1", "dpdk-socket-mem": "64", "dpdk-extra": "-l 3 --socket-mem=128" },
      [],
      rich,
    );
    expect(plan.args).not.toContain("-c");
    expect(plan.args).not.toContain("--socket-mem");
    expect(plan.warnings).toEqual([
      "Ignoring database defined option 'dpdk-lcore-mask' due to dpdk-extra config",
      "Ignoring database defined option 'dpdk-socket-mem' due to dpdk-extra config",
    ]);
  });

  test("too few hugepages: ordinary memory of the wanted size, and what to do", () => {
    const plan = ealPlan({ "dpdk-socket-mem": "1024,512" }, [], poor);
    expect(plan.args).toEqual([
      ...["ovs-vswitchd", "--no-huge", "-m", "1536", "--no-shconf"],
      ...ENDS,
      "2",
    ]);
    expect(plan.hugepages).toBe(false);
    expect(plan.notes[0]).toMatch(/^0 MB of free hugepages, 1536 MB needed.*vm\.nr_hugepages=/);
  });

  test("hugepages that fail at the start are left out of the second try", () => {
    const plan = ealPlan(
      { "dpdk-socket-mem": "1024", "dpdk-hugepage-dir": "/x", "dpdk-extra": "--legacy" },
      [],
      rich,
    );
    expect(withoutHugepages(plan).args).toEqual([
      ...["ovs-vswitchd", "--legacy", ...ENDS, "0"],
      ...["--no-huge", "-m", "512", "--no-shconf"],
    ]);
  });

  test("PCI is looked at only when somebody names a device", () => {
    const args = (extra: string, ...devargs: string[]) =>
      ealPlan({ "dpdk-extra": extra }, devargs, rich).args.join(" ");
    expect(args("", "net_null0", "eth_af_packet0,iface=eth0")).toContain("--no-pci");
    expect(args("", "0000:01:00.0", "0000:01:00.0,representor=vf1")).toContain("-a 0000:01:00.0 ");
    expect(args("", "0000:01:00.0")).not.toContain("--no-pci");
    expect(args("-a 0000:02:00.0")).not.toContain("--no-pci");
  });

  test("without DPDK: small, and on ordinary memory", () => {
    expect(bareEalPlan(rich).args).toEqual([
      ...["ovs-vswitchd", "--no-huge", "-m", "512", "--no-shconf"],
      ...ENDS,
      "0",
    ]);
  });
});

test("dpdk-init", () => {
  const mode = (value?: string) => dpdkInitMode(value === undefined ? {} : { "dpdk-init": value });
  expect([mode(), mode("TRUE"), mode("try"), mode("yes"), mode("false")]).toEqual([
    ...["false", "true", "try", "false", "false"],
  ]);
});

test("shell words", () => {
  expect(splitShellWords(`  -a 'b c'\t--d="e \\" f" g\\ h '' `)).toEqual([
    ...["-a", "b c", '--d=e " f', "g h", ""],
  ]);
  expect(splitShellWords("")).toEqual([]);
  expect(splitShellWords("it's")).toBeUndefined();
});

test("PCI addresses in devargs", () => {
  expect(pciAddress("0000:01:00.0")).toBe("0000:01:00.0");
  expect(pciAddress("01:00.1,representor=[0]")).toBe("01:00.1");
  expect(pciAddress("pci:0000:01:00.0")).toBe("0000:01:00.0");
  expect(pciAddress("net_pcap0,rx_pcap=01:00.0")).toBeUndefined();
  expect(pciAddress("class=eth,mac=00:11:22:33:44:55")).toBeUndefined();
});
