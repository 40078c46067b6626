// SPDX-License-Identifier: Apache-2.0
/** Everything the doctor goes by. Absent where it could not be found out. */

/** Hugepages of one size on one NUMA node. */
export interface HugepageFacts {
  readonly numa: number;
  readonly sizeKib: number;
  readonly total: number;
  readonly free: number;
}

export interface PciFacts {
  readonly address: string;
  readonly exists: boolean;
  /** Kernel driver that it is bound to. */
  readonly driver: string | undefined;
}

export interface HostFacts {
  readonly hugepages: readonly HugepageFacts[];
  /** Whether a hugetlbfs is mounted. */
  readonly hugetlbfs: boolean;
  /** Online cores, ascending, with their nodes. */
  readonly cores: readonly { readonly core: number; readonly numa: number }[];
  /** `isolcpus` and isolated partitions. */
  readonly isolated: readonly number[];
  /** Threads of one physical core, of cores that have more than one. */
  readonly siblings: readonly (readonly number[])[];
  /** Frequency governor by core, where there is one. */
  readonly governors: ReadonlyMap<number, string>;
}

/** A file that should be a socket. */
export interface SocketFacts {
  readonly path: string;
  readonly directoryExists: boolean;
  readonly kind: "none" | "socket" | "other";
  /** Somebody listens on it: /proc/net/unix. */
  readonly listening: boolean;
  /** This user may read and write it. */
  readonly accessible: boolean;
}

/** A control group with a limit that matters to threads that always run. */
export interface CgroupFacts {
  readonly path: string;
  /** Cores' worth of time, of `cpu.max`; undefined: no quota. */
  readonly quotaCores: number | undefined;
  /** Periods in which it was throttled, `cpu.stat`. */
  readonly throttled: number;
  /** `cpuset.cpus.effective`; undefined: no cpuset. */
  readonly cpus: readonly number[] | undefined;
}

/** A process that is not ours with a thread that is pinned to one core. */
export interface PinnedFacts {
  readonly core: number;
  readonly pid: number;
  readonly name: string;
}

/** The daemon as a process. */
export interface DaemonFacts {
  readonly runDir: string;
  readonly runDirExists: boolean;
  readonly pidfile: string;
  /** What the pid file says; undefined: there is none. */
  readonly pid: number | undefined;
  readonly alive: boolean;
  readonly control: SocketFacts | undefined;
  readonly answers: boolean;
  /** Its own words, when it did not answer. */
  readonly controlError: string | undefined;
  readonly databaseSocket: SocketFacts;
  /** Of the daemon when it runs, else of this process. */
  readonly cgroups: readonly CgroupFacts[];
  /** Cores that its main thread may run on. */
  readonly controlCores: readonly number[];
  /** Kilobytes of hugepages that it uses. */
  readonly hugetlbKib: number;
  readonly pinnedOthers: readonly PinnedFacts[];
}

export interface PmdFacts {
  readonly core: number;
  readonly numa: number;
  readonly hostStalls: number;
  readonly switchStalls: number;
  /** The most frequent cause of each side. */
  readonly hostCause: string;
  readonly switchCause: string;
  readonly stuckMs: number;
  readonly rxqs: readonly { readonly port: string; readonly crossNuma: boolean }[];
}

/** What the daemon says of its threads; absent when it does not run. */
export interface ThreadFacts {
  readonly pmds: readonly PmdFacts[];
  readonly notPolled: readonly { readonly port: string; readonly queue: number }[];
}

export type StringMap = ReadonlyMap<string, string>;

export interface InterfaceFacts {
  readonly name: string;
  readonly type: string;
  readonly options: StringMap;
  readonly status: StringMap;
  readonly error: string;
  readonly adminState: string;
  readonly linkState: string;
  /** -1: it does not exist. */
  readonly ofport: number | undefined;
  /** Of a vhost-user port: its socket. */
  readonly socket: SocketFacts | undefined;
  /** Of a `dpdk` port with a PCI address. */
  readonly pci: PciFacts | undefined;
}

export interface DatabaseFacts {
  readonly otherConfig: StringMap;
  readonly dpdkInitialized: boolean;
  readonly interfaces: readonly InterfaceFacts[];
  readonly controllers: readonly { readonly target: string; readonly connected: boolean }[];
}

export interface Facts {
  readonly host: HostFacts;
  readonly daemon: DaemonFacts;
  readonly threads: ThreadFacts | undefined;
  /** Undefined: the database could not be read, for this reason. */
  readonly database: DatabaseFacts | undefined;
  readonly databaseError: string;
}
