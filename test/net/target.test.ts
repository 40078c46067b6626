// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { parseActiveTarget, parsePassiveTarget, parseTarget } from "../../src/net/target.js";

describe("targets", () => {
  test.each([
    ["unix:/a/b:c", { kind: "unix", path: "/a/b:c" }],
    ["punix:/x", { kind: "punix", path: "/x" }],
    ["tcp:1.2.3.4", { kind: "tcp", host: "1.2.3.4", port: 6640 }],
    ["tcp:host.example:99", { kind: "tcp", host: "host.example", port: 99 }],
    ["ssl:[::1]:6641", { kind: "ssl", host: "::1", port: 6641 }],
    ["tcp:[fe80::1%eth0]:1", { kind: "tcp", host: "fe80::1%eth0", port: 1 }],
    ["tcp:[fe80::1%eth0]", { kind: "tcp", host: "fe80::1%eth0", port: 6640 }],
    ["ptcp:", { kind: "ptcp", host: undefined, port: 6640 }],
    ["ptcp:0", { kind: "ptcp", host: undefined, port: 0 }],
    ["ptcp:7:127.0.0.1", { kind: "ptcp", host: "127.0.0.1", port: 7 }],
    ["pssl:7:[::1]", { kind: "pssl", host: "::1", port: 7 }],
    ["pssl::[fe80::1%lo]", { kind: "pssl", host: "fe80::1%lo", port: 6640 }],
  ])("%s", (text, target) => {
    expect(parseTarget(text, 6640)).toEqual(target);
  });

  test.each([
    ["", /Address family not supported by protocol/],
    ["foo:bar", /foo:bar: Address family not supported by protocol/],
    ["tcp:", /host must be specified/],
    ["tcp:h:0", /bad port number "0"/],
    ["tcp:h:70000", /bad port number/],
    ["tcp:h:1:2", /bad host or port/],
    ["ptcp:x", /bad port number "x"/],
    ["ptcp:1:nowhere", /bad IP address/],
    ["unix:", /socket path must be specified/],
  ])("%j is refused", (text, message) => {
    expect(() => parseTarget(text, 6640)).toThrow(message);
  });

  test("active and passive are not mixed up", () => {
    expect(() => parseActiveTarget("ptcp:", 1)).toThrow(/not an active connection method/);
    expect(() => parsePassiveTarget("tcp:h", 1)).toThrow(/not a passive connection method/);
  });
});
