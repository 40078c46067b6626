// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { CookieTable } from "../../src/dpif/cookie-table.js";
import { pmdCores } from "../../src/dpif/machine.js";
import { type PlanContext, planDevice } from "../../src/dpif/port-params.js";
import { parseCoreList, parseCoreMask } from "../../src/lib/cores.js";
import type { UserspaceCookie } from "../../src/odp/actions.js";

const context: PlanContext = {
  socketDir: "/run/ovs",
  threads: 3,
  threadsMax: 5,
  dpdkInitialized: true,
  vhostIommu: false,
  vhostPostcopy: false,
};
const plan = (type: string, options: Record<string, string>, mtuRequest?: number) =>
  planDevice({ name: "p0", type, options, mtuRequest }, context);

describe("devices", () => {
  test("a dpdk port's queues, descriptors and MTU", () => {
    const options = {
      "dpdk-devargs": "net_null0",
      n_rxq: "4",
      n_rxq_desc: "1024",
      n_txq_desc: "7",
    };
    expect(plan("dpdk", options, 9000)).toMatchObject({
      type: "dpdk",
      params: {
        ...{ devargs: "net_null0", mtu: "9000", n_rxq: "4", n_txq: "5", threads: "3" },
        ...{ n_rxq_desc: "1024", n_txq_desc: "2048" },
      },
    });
    expect(plan("dpdk", { "dpdk-devargs": "x", n_rxq: "-1" })).toMatchObject({
      params: { n_rxq: "1", mtu: "1500" },
    });
  });

  test("a vhost-user port's socket", () => {
    expect(plan("dpdkvhostuser", { "tx-retries-max": "0" })).toMatchObject({
      params: { path: "/run/ovs/p0", server: "true", tx_retries: "8" },
    });
    const client = { "vhost-server-path": "/tmp/s", "tx-retries-max": "32" };
    expect(plan("dpdkvhostuserclient", client)).toMatchObject({
      params: { path: "/tmp/s", server: "false", tx_retries: "32" },
    });
    expect(plan("dpdkvhostuserclient", { ...client, "tx-retries-max": "33" })).toMatchObject({
      params: { tx_retries: "8" },
    });
    expect(plan("dpdkvhostuserclient", {})).toMatchObject({ params: { path: "" } });
  });

  test("no DPDK, no DPDK ports; kernel ports all the same", () => {
    const without = { ...context, dpdkInitialized: false };
    const config = { name: "d", type: "dpdk", options: { "dpdk-devargs": "net_null0" } };
    expect(planDevice(config, without)).toMatchObject({
      error: "could not open network device d (Address family not supported by protocol)",
      remedy: expect.stringContaining("dpdk-init=true"),
    });
    expect(planDevice({ ...config, type: "" }, without)).toMatchObject({ type: "system" });
    expect(plan("foo", {})).toEqual({
      error: "could not open network device p0 (Address family not supported by protocol)",
    });
    expect(plan("toString", {})).toHaveProperty("error");
  });
});

describe("cores", () => {
  test("masks and lists", () => {
    expect(parseCoreMask("0x6")).toEqual([1, 2]);
    expect(parseCoreMask("F")).toEqual([0, 1, 2, 3]);
    expect(parseCoreMask("0x10000000000000000")).toEqual([64]);
    expect(parseCoreMask("nope")).toBeUndefined();
    expect(parseCoreList("0-2,8\n")).toEqual([0, 1, 2, 8]);
  });

  test("the default is the last core of each NUMA node", () => {
    const cores = [0, 1, 2, 3].map((coreId) => ({ coreId, numaId: coreId >> 1 }));
    const chosen = (mask: string | null) => pmdCores(mask, cores).map(({ coreId }) => coreId);
    expect(chosen(null)).toEqual([1, 3]);
    expect(chosen("")).toEqual([1, 3]);
    expect(chosen("0x5")).toEqual([0, 2]);
    expect(chosen("0xf0")).toEqual([1, 3]);
    expect(chosen("0x12")).toEqual([1]);
  });
});

describe("cookies", () => {
  const slow = (reason: string): UserspaceCookie => ({ kind: "slow_path", reason, ofpInPort: 1 });

  test("equal cookies share a number, which goes with the last reference", () => {
    const table = new CookieTable();
    const id = table.acquire(slow("bfd"));
    expect(table.acquire(slow("bfd"))).toBe(id);
    expect(table.acquire(slow("cfm"))).not.toBe(id);
    table.release(id);
    expect(table.get(id)).toEqual(slow("bfd"));
    table.release(id);
    expect(table.get(id)).toBeUndefined();
    expect(table.size).toBe(1);
    expect(() => table.release(id)).toThrow("released too often");
  });

  test("a number is not used again at once", () => {
    const table = new CookieTable();
    const first = table.acquire(slow("bfd"));
    table.release(first);
    expect(table.acquire(slow("bfd"))).not.toBe(first);
  });
});
