// SPDX-License-Identifier: Apache-2.0
/** Every finding of the doctor, provoked; and what it reads of /proc and /sys. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type {
  DaemonFacts,
  DatabaseFacts,
  Facts,
  HostFacts,
  InterfaceFacts,
  PmdFacts,
  SocketFacts,
} from "../../src/cli/doctor/facts.js";
import { HostFiles } from "../../src/cli/doctor/files.js";
import {
  cgroupFacts,
  hostFacts,
  pciFacts,
  pinnedThreads,
} from "../../src/cli/doctor/host-facts.js";
import { diagnose, doctorMain } from "../../src/cli/doctor/main.js";
import { makeTempDir } from "../harness/processes.js";
import { capture } from "./capture.js";

const SOCKET: SocketFacts = {
  ...{ path: "/run/x.sock", directoryExists: true, kind: "socket" },
  ...{ listening: true, accessible: true },
};
const PAGES = { numa: 0, sizeKib: 2048, total: 1024, free: 1024 };
const PMD: PmdFacts = {
  ...{ core: 1, numa: 0, hostStalls: 0, switchStalls: 0, hostCause: "", switchCause: "" },
  ...{ stuckMs: 0, rxqs: [] },
};
const PORT: InterfaceFacts = {
  ...{ name: "p0", type: "dpdk", options: new Map(), status: new Map(), error: "" },
  ...{ adminState: "up", linkState: "up", ofport: 1, socket: undefined, pci: undefined },
};
const CONFIG = { "dpdk-init": "true", "pmd-cpu-mask": "2" };

interface Change {
  readonly host?: Partial<HostFacts>;
  readonly daemon?: Partial<DaemonFacts>;
  readonly database?: Partial<DatabaseFacts> | null;
  readonly config?: Readonly<Record<string, string>>;
  readonly pmd?: Partial<PmdFacts>;
  readonly ports?: readonly Partial<InterfaceFacts>[];
  readonly notPolled?: readonly { port: string; queue: number }[];
}

/** Facts of a machine and a switch that are well, but for the change. */
function facts(change: Change): Facts {
  const { database, config, daemon, host } = change;
  const answers = daemon?.answers ?? true;
  return {
    host: {
      ...{ hugepages: [PAGES], hugetlbfs: true, isolated: [1], siblings: [] },
      ...{ cores: [0, 1].map((core) => ({ core, numa: 0 })), governors: new Map(), ...host },
    },
    daemon: {
      ...{ runDir: "/run/ovs", runDirExists: true, pidfile: "/run/ovs/x.pid", pid: 7 },
      ...{ alive: true, control: SOCKET, answers: true, controlError: undefined },
      ...{ databaseSocket: SOCKET, cgroups: [], controlCores: [0], hugetlbKib: 1, ...daemon },
      pinnedOthers: daemon?.pinnedOthers ?? [],
    },
    threads: answers
      ? { pmds: [{ ...PMD, ...change.pmd }], notPolled: change.notPolled ?? [] }
      : undefined,
    database:
      database === null
        ? undefined
        : {
            ...{ dpdkInitialized: true, controllers: [] },
            otherConfig: new Map(Object.entries({ ...CONFIG, ...config })),
            interfaces: (change.ports ?? []).map((port) => ({ ...PORT, ...port })),
            ...database,
          },
    databaseError: "syntax error",
  };
}

const vhost = (socket: Partial<SocketFacts>, type = "dpdkvhostuserclient"): Change => ({
  ports: [{ type, linkState: "down", error: "", socket: { ...SOCKET, ...socket } }],
});
const down = { answers: false } as const;
const pci = { address: "0000:01:00.0", exists: true, driver: "ixgbe" };

const CASES: readonly (readonly [problem: string, level: string, change: Change])[] = [
  // The switch.
  ["nothing runs", "error", { daemon: { ...down, runDirExists: false } }],
  ["it does not run", "error", { daemon: { ...down, pid: undefined } }],
  ["it died or was killed", "error", { daemon: { ...down, alive: false } }],
  [
    "control socket /run/x.sock is gone",
    "error",
    {
      daemon: { ...down, control: { ...SOCKET, kind: "none" } },
    },
  ],
  [
    "no permission for /run/x.sock",
    "error",
    {
      daemon: { ...down, control: { ...SOCKET, accessible: false } },
    },
  ],
  ["pid 7 does not answer (no reply)", "error", { daemon: down }],
  // The database.
  [
    "no socket /run/x.sock",
    "error",
    {
      ...{ database: null, daemon: { databaseSocket: { ...SOCKET, kind: "none" } } },
    },
  ],
  [
    "no permission for /run/x.sock",
    "error",
    {
      ...{ database: null, daemon: { databaseSocket: { ...SOCKET, accessible: false } } },
    },
  ],
  [
    "nobody listens on /run/x.sock",
    "error",
    {
      ...{ database: null, daemon: { databaseSocket: { ...SOCKET, listening: false } } },
    },
  ],
  ["syntax error", "error", { database: null }],
  // Ports.
  ["it has no vhost-server-path", "error", vhost({ path: "" })],
  ["more than 107 characters", "error", vhost({ path: `/${"x".repeat(107)}` })],
  ["the directory of /run/x.sock does not exist", "error", vhost({ directoryExists: false })],
  ["/run/x.sock is no socket", "error", vhost({ kind: "other" })],
  ["QEMU has not made /run/x.sock", "warning", vhost({ kind: "none" })],
  ["the switch may not open /run/x.sock", "error", vhost({ accessible: false })],
  ["nobody listens on /run/x.sock", "warning", vhost({ listening: false })],
  ["QEMU listens on /run/x.sock, but is not connected", "warning", vhost({})],
  ["its socket /run/x.sock is gone", "error", vhost({ kind: "none" }, "dpdkvhostuser")],
  ["no guest is connected to /run/x.sock", "warning", vhost({}, "dpdkvhostuser")],
  ["Error attaching device", "error", { ports: [{ error: "Error attaching device" }] }],
  ["it could not be added", "error", { ports: [{ ofport: -1 }] }],
  ["it is administratively down", "warning", { ports: [{ adminState: "down" }] }],
  ["its link is down", "warning", { ports: [{ linkState: "down" }] }],
  [
    "tcp:1.2.3.4 is not connected",
    "warning",
    {
      database: { controllers: [{ target: "tcp:1.2.3.4", connected: false }] },
    },
  ],
  // Memory and DPDK.
  [
    "1 DPDK ports are configured, but dpdk-init is not true",
    "error",
    {
      ...{ config: { "dpdk-init": "false" }, ports: [{}] },
    },
  ],
  ["DPDK is wanted, but has not started", "error", { database: { dpdkInitialized: false } }],
  ["dpdk-extra says --no-huge", "note", { config: { "dpdk-extra": "--no-huge -m 64" } }],
  ["none are reserved", "warning", { host: { hugepages: [] } }],
  ["no hugetlbfs is mounted", "warning", { host: { hugetlbfs: false } }],
  ["the switch uses none, 2048 MB are free", "warning", { daemon: { hugetlbKib: 0 } }],
  [
    "numa node 1 has 0 MB free, 512 MB are wanted",
    "warning",
    {
      ...{ daemon: { ...down, alive: false }, config: { "dpdk-socket-mem": "512,512" } },
    },
  ],
  ["there is no PCI device 0000:01:00.0", "error", { ports: [{ pci: { ...pci, exists: false } }] }],
  ["belongs to the kernel's driver ixgbe", "error", { ports: [{ pci }] }],
  // Cores.
  ["pmd-cpu-mask=xyz is no hexadecimal mask", "error", { config: { "pmd-cpu-mask": "xyz" } }],
  ["pmd-cpu-mask=6 names core 2, which", "error", { config: { "pmd-cpu-mask": "6" } }],
  [
    "core 1 of pmd-cpu-mask also in dpdk-lcore-mask",
    "warning",
    {
      config: { "dpdk-lcore-mask": "0x3" },
    },
  ],
  [
    "none is left for the control thread",
    "warning",
    {
      host: { cores: [{ core: 1, numa: 0 }] },
    },
  ],
  ["the control thread may run on the PMD core 1", "warning", { daemon: { controlCores: [0, 1] } }],
  [
    "hog (pid 5) is pinned to the PMD core 1",
    "warning",
    {
      daemon: {
        pinnedOthers: [
          { core: 1, pid: 5, name: "hog" },
          { core: 0, pid: 6, name: "x" },
        ],
      },
    },
  ],
  [
    "PMD cores 1, 3 are threads of one physical core",
    "warning",
    {
      ...{ daemon: { ...down, alive: false }, config: { "pmd-cpu-mask": "a" } },
      host: { siblings: [[1, 3]], cores: [0, 1, 2, 3].map((core) => ({ core, numa: 0 })) },
    },
  ],
  ["the kernel puts other tasks on the PMD core 1", "note", { host: { isolated: [] } }],
  [
    "governor of PMD core 1 is powersave",
    "note",
    {
      host: { governors: new Map([[1, "powersave"]]) },
    },
  ],
  [
    "/kube may use 0.25 cores, was throttled 9 times",
    "error",
    {
      daemon: { cgroups: [{ path: "/kube", quotaCores: 0.25, throttled: 9, cpus: undefined }] },
    },
  ],
  [
    "core 1 of pmd-cpu-mask are not among the cores of /set",
    "error",
    {
      daemon: { cgroups: [{ path: "/set", quotaCores: undefined, throttled: 0, cpus: [0] }] },
    },
  ],
  [
    "polled from another NUMA node",
    "warning",
    {
      pmd: { rxqs: [{ port: "p0", crossNuma: true }] },
    },
  ],
  ["nobody polls queue 3", "error", { notPolled: [{ port: "p0", queue: 3 }] }],
  ["has not finished an iteration for 2000 ms", "error", { pmd: { stuckMs: 2000 } }],
  ["stalled 4 times by the host: steal", "warning", { pmd: { hostStalls: 4, hostCause: "steal" } }],
  ["stalled 4 times by itself: q", "note", { pmd: { switchStalls: 4, switchCause: "q" } }],
];

describe("findings", () => {
  it("are none when all is well", () => {
    expect(diagnose(facts({}))).toEqual([]);
    const quiet = [
      { type: "internal", linkState: "down" },
      { type: "patch", adminState: "down" },
    ];
    expect(diagnose(facts({ ports: quiet }))).toEqual([]);
  });

  it.each(CASES)("%s", (problem, level, change) => {
    const findings = diagnose(facts(change));
    expect(findings.map((each) => each.problem).join("\n")).toContain(problem);
    const finding = findings.find((each) => each.problem.includes(problem))!;
    expect(finding.level).toBe(level);
    expect(finding.remedy.length).toBeGreaterThan(5);
    expect(`${finding.problem}${finding.remedy}`).not.toContain("\n");
  });

  it("come worst first", () => {
    const levels = diagnose(
      facts({ pmd: { hostStalls: 1, switchStalls: 1 }, notPolled: [{ port: "p0", queue: 0 }] }),
    ).map(({ level }) => level);
    expect(levels).toEqual(["error", "warning", "note"]);
  });
});

describe("what it reads", () => {
  const root = makeTempDir();
  const files = new HostFiles(root);
  afterAll(() => rmSync(root, { recursive: true }));
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const pages = (node: number, free: number) => {
    const folder = `/sys/devices/system/node/node${node}/hugepages/hugepages-2048kB`;
    put(`${folder}/nr_hugepages`, "8\n");
    put(`${folder}/free_hugepages`, `${free}\n`);
  };

  it("of the machine", () => {
    for (const node of [0, 1]) {
      put(`/sys/devices/system/node/node${node}/cpulist`, node === 0 ? "0-1\n" : "2-3\n");
      pages(node, node * 5);
    }
    put("/sys/devices/system/cpu/online", "0-3\n");
    put("/sys/devices/system/cpu/isolated", "2-3\n");
    put("/sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "2-3\n");
    put("/sys/devices/system/cpu/cpu3/topology/thread_siblings_list", "2-3\n");
    put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
    put("/proc/mounts", "none /dev/hugepages hugetlbfs rw 0 0\n");
    expect(hostFacts(files)).toEqual({
      hugepages: [
        { numa: 0, sizeKib: 2048, total: 8, free: 0 },
        { numa: 1, sizeKib: 2048, total: 8, free: 5 },
      ],
      hugetlbfs: true,
      cores: [0, 0, 1, 1].map((numa, core) => ({ core, numa })),
      ...{ isolated: [2, 3], siblings: [[2, 3]], governors: new Map([[0, "powersave"]]) },
    });
    expect(hostFacts(new HostFiles("/nowhere")).cores).toEqual([]);
  });

  it("of PCI devices", () => {
    mkdirSync(join(root, "/sys/bus/pci/devices/0000:01:00.0"), { recursive: true });
    symlinkSync("../drivers/ixgbe", join(root, "/sys/bus/pci/devices/0000:01:00.0/driver"));
    expect(pciFacts(files, "01:00.0")).toEqual(pci);
    expect(pciFacts(files, "0000:02:00.0")).toMatchObject({ exists: false, driver: undefined });
  });

  it("of control groups", () => {
    put("/proc/7/cgroup", "0::/pods/ovs\n");
    put("/sys/fs/cgroup/pods/cpu.max", "25000 100000\n");
    put("/sys/fs/cgroup/pods/cpu.stat", "nr_periods 50\nnr_throttled 9\n");
    put("/sys/fs/cgroup/pods/ovs/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/pods/ovs/cpuset.cpus.effective", "0-1\n");
    expect(cgroupFacts(files, 7)).toEqual([
      { path: "/pods/ovs", quotaCores: undefined, throttled: 0, cpus: [0, 1] },
      { path: "/pods", quotaCores: 0.25, throttled: 9, cpus: undefined },
    ]);
    expect(cgroupFacts(files, 8)).toEqual([]);
  });

  it("of other programs' threads", () => {
    const thread = (pid: number, tid: number, cores: string, command = "hog") => {
      put(`/proc/${pid}/cmdline`, command);
      put(`/proc/${pid}/comm`, `${command}\n`);
      put(`/proc/${pid}/task/${tid}/status`, `Name:\tx\nCpus_allowed_list:\t${cores}\n`);
    };
    thread(20, 20, "0-3");
    thread(20, 21, "2");
    thread(20, 22, "2");
    thread(30, 30, "1", "");
    thread(40, 40, "3");
    expect(pinnedThreads(files, [40])).toEqual([{ core: 2, pid: 20, name: "hog" }]);
  });

  it("of sockets", async () => {
    const path = join(root, "s.sock");
    const host = new HostFiles();
    expect(host.socket(path)).toMatchObject({ kind: "none", directoryExists: true });
    expect(host.socket(`${path}/deep/er`)).toMatchObject({ directoryExists: false });
    const server = createServer().listen(path);
    await new Promise((resolve) => server.once("listening", resolve));
    expect(host.socket(path)).toMatchObject({ kind: "socket", listening: true, accessible: true });
    await new Promise((resolve) => server.close(resolve));
    writeFileSync(path, "");
    expect(host.socket(path)).toMatchObject({ kind: "other", listening: false });
  });
});

describe("pollux doctor without a switch", () => {
  const dir = makeTempDir();
  const run = (...args: string[]) =>
    capture(doctorMain, "pollux doctor", args, { env: { OVS_RUNDIR: dir } });
  afterAll(() => rmSync(dir, { recursive: true }));

  it("says so, and ends with 1", async () => {
    const { status, stdout, stderr } = await run();
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout).toMatch(/^error {4}switch: it does not run: no .*ovs-vswitchd\.pid -> pollux /m);
    expect(stdout).toMatch(/^\d+ errors, \d+ warnings?, \d+ notes?$/m);
    const { findings } = JSON.parse((await run("--json")).stdout) as { findings: object[] };
    expect(findings[0]).toMatchObject({ level: "error", about: "switch" });
  });

  it("knows a switch that died", async () => {
    writeFileSync(join(dir, "ovs-vswitchd.pid"), "4194305\n");
    expect((await run()).stdout).toContain("pid 4194305 of ");
  });

  it("ends with 2 when it cannot look", async () => {
    expect(await run("--nonsense")).toMatchObject({ status: 2, stdout: "" });
    expect((await run("now")).status).toBe(2);
  });
});
