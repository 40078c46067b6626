// SPDX-License-Identifier: Apache-2.0
/** The daemon and its sockets; the ports. */
import type { InterfaceFacts, SocketFacts } from "./facts.js";
import { type Check, error, type Finding, warning } from "./finding.js";

/** The longest path of a socket, unix(7): sun_path less its end. */
const SOCKET_PATH_MAX = 107;

const daemon: Check = ({ daemon: facts }) => {
  const { pid, pidfile, alive, control, answers, runDir } = facts;
  const about = "switch";
  const start = "pollux switchd --pidfile --detach";
  if (!facts.runDirExists) {
    return [error(about, `${runDir} does not exist: nothing runs`, `${start} (or OVS_RUNDIR)`)];
  }
  if (pid === undefined) return [error(about, `it does not run: no ${pidfile}`, start)];
  if (!alive) {
    const problem = `pid ${pid} of ${pidfile} is gone: it died or was killed`;
    return [error(about, problem, `read ovs-vswitchd.log, then ${start}`)];
  }
  if (answers || !control) return [];
  if (control.kind === "none") {
    const problem = `its control socket ${control.path} is gone`;
    return [error(about, problem, `kill ${pid}, then ${start}`)];
  }
  if (!control.accessible) {
    const problem = `no permission for ${control.path}`;
    return [error(about, problem, "run this as the user of the switch, or as root")];
  }
  const problem = `pid ${pid} does not answer (${facts.controlError ?? "no reply"})`;
  return [error(about, problem, `read ovs-vswitchd.log; top -H -p ${pid} says if it is busy`)];
};

const database: Check = ({ daemon: { databaseSocket }, database: found, databaseError }) => {
  if (found) return [];
  const { path, kind, accessible, listening } = databaseSocket;
  const about = "database";
  const start = "start the switch, or ovsdb-server with --remote=punix:";
  if (kind === "none") return [error(about, `no socket ${path}`, `${start}${path}`)];
  if (!accessible) return [error(about, `no permission for ${path}`, "run this as root")];
  if (!listening) return [error(about, `nobody listens on ${path}`, `${start}${path}`)];
  return [error(about, databaseError, "read ovsdb-server.log")];
};

function isVhost({ type }: InterfaceFacts): boolean {
  return type === "dpdkvhostuser" || type === "dpdkvhostuserclient";
}

/** Why a vhost-user port has no guest. */
function vhostFinding(about: string, isClient: boolean, socket: SocketFacts): Finding {
  const { path } = socket;
  if (path === "") {
    const remedy = "ovs-vsctl set Interface NAME options:vhost-server-path=PATH";
    return error(about, "it has no vhost-server-path", remedy);
  }
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX) {
    const problem = `the socket's path has more than ${SOCKET_PATH_MAX} characters: ${path}`;
    return error(about, problem, "take a shorter one");
  }
  if (!socket.directoryExists) {
    return error(about, `the directory of ${path} does not exist`, "make it, or correct the path");
  }
  if (socket.kind === "other") {
    return error(about, `${path} is no socket`, "remove the file, or correct the path");
  }
  if (isClient) {
    if (socket.kind === "none") {
      const remedy = "start the guest with -chardev socket,server=on on this path";
      return warning(about, `no guest: QEMU has not made ${path}`, remedy);
    }
    if (!socket.accessible) {
      return error(about, `the switch may not open ${path}`, "chmod or chown it (QEMU: -run-with)");
    }
    if (!socket.listening) {
      const remedy = "start the guest; the file is from one that has ended";
      return warning(about, `no guest: nobody listens on ${path}`, remedy);
    }
    const remedy = "look for another vhost-user client on this path, and at the guest's driver";
    return warning(about, `QEMU listens on ${path}, but is not connected`, remedy);
  }
  if (socket.kind === "none") {
    return error(about, `its socket ${path} is gone`, "remove the port and add it again");
  }
  const remedy = "start the guest; QEMU must be allowed to write the socket";
  return warning(about, `no guest is connected to ${path}`, remedy);
}

function portFinding(port: InterfaceFacts): Finding[] {
  const about = `port ${port.name}`;
  if (port.pci && !port.pci.exists) return [];
  if (isVhost(port) && port.socket && port.linkState !== "up") {
    return [vhostFinding(about, port.type === "dpdkvhostuserclient", port.socket)];
  }
  if (port.error !== "") {
    return [error(about, port.error, "correct its type and options, or remove it")];
  }
  if (port.ofport === -1) {
    return [error(about, "it could not be added", "read ovs-vswitchd.log for its name")];
  }
  if (port.type === "internal" || port.type === "patch") return [];
  if (port.adminState === "down") {
    const up = port.type === "system" || port.type === "" ? `ip link set ${port.name} up` : "";
    const remedy = up || `ovs-ofctl mod-port BRIDGE ${port.name} up`;
    return [warning(about, "it is administratively down", remedy)];
  }
  if (port.linkState !== "down") return [];
  return [warning(about, "its link is down", "look at the cable, or at the other end")];
}

const ports: Check = ({ database: found, daemon: { answers } }) =>
  // What a switch that has ended wrote says nothing of now.
  answers ? (found?.interfaces ?? []).flatMap(portFinding) : [];

const controllers: Check = ({ database: found, daemon: { answers } }) =>
  (answers ? (found?.controllers ?? []) : [])
    .filter(({ connected }) => !connected)
    .map(({ target }) => {
      const remedy = "start it, or ovs-vsctl del-controller BRIDGE";
      return warning("controller", `${target} is not connected`, remedy);
    });

export const SWITCH_CHECKS: readonly Check[] = [daemon, database, ports, controllers];
