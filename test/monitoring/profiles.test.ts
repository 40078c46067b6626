// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { parseMetricsAddress } from "../../src/monitoring/metrics-server.js";
import { PROFILES } from "../../src/monitoring/profiles.js";
import type { Snapshot } from "../../src/monitoring/snapshot.js";

describe("metrics-listen", () => {
  it.each([
    ["unix:/run/x.sock", { path: "/run/x.sock" }],
    ["unix:x.sock", { path: "/var/run/x.sock" }],
    ["127.0.0.1:9100", { host: "127.0.0.1", port: 9100 }],
    ["[::1]:0", { host: "::1", port: 0 }],
  ])("%s", (text, address) => {
    expect(parseMetricsAddress(text, "/var/run")).toEqual(address);
  });

  it.each(["unix:", "9100", "localhost:9100", "1.2.3.4", "1.2.3.4:70000", "::1:9100", "x"])(
    "refuses %s",
    (text) => {
      expect(() => parseMetricsAddress(text, "/")).toThrow("not unix:PATH, IP:PORT or [IPV6]:PORT");
    },
  );
});

describe("counters of single queues", () => {
  it("are told apart by a label", () => {
    const statistics = { rx_q0_good_packets: 3, rx_q11_good_packets: 4, tx_q1_good_packets: 9 };
    const vm = { name: "vm", bridge: "br0", port: "bond", type: "dpdkvhostuser", statistics };
    const metric = PROFILES.get("openstack-network-exporter")!.find(
      ({ name }) => name === "ovs_interface_rx_good_packets",
    )!;
    const labels = { bridge: "br0", port: "bond", interface: "vm", type: "dpdkvhostuser" };
    expect([...metric.read({ interfaces: [vm] } as unknown as Snapshot)]).toEqual([
      { labels: { ...labels, queue: "0" }, value: 3 },
      { labels: { ...labels, queue: "11" }, value: 4 },
    ]);
  });
});

describe("profiles", () => {
  it.each([...PROFILES])("%s has every name once, and names and helps that are legal", (_, all) => {
    const names = all.map(({ name }) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    expect(names.filter((name) => !/^[a-z][a-z0-9_]*$/.test(name))).toEqual([]);
    expect(all.filter(({ help }) => help.trim() === "")).toEqual([]);
  });
});
