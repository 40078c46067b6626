// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { parseDaemonOptions } from "../../src/daemon/options.js";
import { usageText } from "../../src/daemon/usage.js";

const ENV = { OVS_RUNDIR: "/r", OVS_LOGDIR: "/l", OVS_DBDIR: "/d" };
const parse = (...args: string[]) => parseDaemonOptions(args, ENV);

describe("options of the daemon", () => {
  it("has Debian's directories as defaults", () => {
    expect(parseDaemonOptions([], {}).directories).toEqual({
      run: "/var/run/openvswitch",
      log: "/var/log/openvswitch",
      db: "/etc/openvswitch",
      sysconf: "/etc",
    });
    expect(parseDaemonOptions([], { OVS_SYSCONFDIR: "/s" }).directories.db).toBe("/s/openvswitch");
  });

  it("serves its own database unless one is named", () => {
    expect(parse().database).toBeUndefined();
    expect(parse("unix:/x/db.sock", "--detach").database).toBe("unix:/x/db.sock");
  });

  it.each([
    [["--pidfile"], "/r/ovs-vswitchd.pid"],
    [["--pidfile=x.pid"], "/r/x.pid"],
    [["--pidfile=/tmp/x.pid"], "/tmp/x.pid"],
    [["--pid"], "/r/ovs-vswitchd.pid"],
    [[], undefined],
  ])("reads the pid file of %j", (args, expected) => {
    expect(parse(...args).pidfile).toBe(expected);
  });

  it.each([
    [["--log-file"], "/l/ovs-vswitchd.log"],
    [["--log-file=a.log"], "/l/a.log"],
    [["--log-file=/v/a.log"], "/v/a.log"],
  ])("reads the log file of %j", (args, expected) => {
    expect(parse(...args).logFile).toBe(expected);
  });

  it("keeps every -v in order", () => {
    expect(parse("-vconsole:off", "-v", "--verbose=dbg", "-vbridge:file:dbg").verbose).toEqual([
      "console:off",
      null,
      "dbg",
      "bridge:file:dbg",
    ]);
  });

  it("reads the control socket", () => {
    expect(parse().unixctl).toBeUndefined();
    expect(parse("--unixctl=none").unixctl).toBeNull();
    expect(parse("--unixctl=my.ctl").unixctl).toBe("/r/my.ctl");
    expect(parse("--unixctl", "/x/my.ctl").unixctl).toBe("/x/my.ctl");
  });

  it("reads TLS options in both forms", () => {
    const { tls } = parse("-p", "key.pem", "-ccert.pem", "--ca-cert=ca.pem", "--ssl-ciphers=HIGH");
    expect(tls).toMatchObject({ privateKey: "key.pem", certificate: "cert.pem", caCert: "ca.pem" });
    expect(tls?.ciphers).toBe("HIGH");
    expect(parse("--bootstrap-ca-cert=b.pem").tls?.bootstrapCaCert).toBe(true);
  });

  it("reads the levels of dummies", () => {
    expect(parse().dummy).toBeUndefined();
    expect(parse("--enable-dummy").dummy).toBe("normal");
    expect(parse("--enable-dummy=override").dummy).toBe("override");
    expect(parse("--enable-dummy=system").dummy).toBe("system");
    expect(() => parse("--enable-dummy=x")).toThrow("x: unknown dummy level");
  });

  it("says what it does not do", () => {
    expect(parse("--user=ovs:ovs").notices[0]).toMatch(/^--user=ovs:ovs: ignored/);
  });

  it.each([
    [["--foo"], "unrecognized option '--foo'"],
    [["-X"], "invalid option -- 'X'"],
    [["--unixctl"], "option '--unixctl' requires an argument"],
    [["--detach=1"], "option '--detach' doesn't allow an argument"],
    [["a", "b"], "at most one non-option argument accepted; use --help for usage"],
    [["--dpdk", "-c", "1"], "Using --dpdk to configure DPDK is not supported."],
  ])("refuses %j", (args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });

  it("mentions every default in the usage text", () => {
    const text = usageText(parse().directories);
    for (const path of ["/d/conf.db", "/r/db.sock", "/r/ovs-vswitchd.pid", "/l/ovs-vswitchd.log"]) {
      expect(text).toContain(path);
    }
  });
});
