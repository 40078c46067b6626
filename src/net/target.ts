// SPDX-License-Identifier: Apache-2.0
import { isIP } from "node:net";
import { OperatorError } from "../lib/errors.js";

/** Where a stream goes to or listens; ovsdb(7) "Connection Methods". */
export type Target =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "punix"; readonly path: string }
  | { readonly kind: "tcp" | "ssl"; readonly host: string; readonly port: number }
  /** An undefined host listens on every address; port 0 lets the kernel choose. */
  | { readonly kind: "ptcp" | "pssl"; readonly host: string | undefined; readonly port: number };

export type ActiveTarget = Extract<Target, { kind: "unix" | "tcp" | "ssl" }>;
export type PassiveTarget = Extract<Target, { kind: "punix" | "ptcp" | "pssl" }>;

const ACTIVE = new Set(["unix", "tcp", "ssl"]);
const PASSIVE = new Set(["punix", "ptcp", "pssl"]);

export function isPassive(target: Target): target is PassiveTarget {
  return PASSIVE.has(target.kind);
}

function bad(target: string, why: string): OperatorError {
  return new OperatorError("EINVAL", `${target}: ${why}`);
}

/** A port number in text, or undefined unless it is all digits and at most 65535. */
function parsePort(text: string): number | undefined {
  if (!/^[0-9]{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65535 ? port : undefined;
}

/**
 * Splits "a:b" at colons outside brackets: "[::1%eth0]:6640" gives ["::1%eth0", "6640"].
 * A bare IPv6 address (several colons, no brackets) counts as one part.
 */
function splitAddress(text: string): string[] {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed) return [bracketed[1] ?? "", ...(bracketed[2] === undefined ? [] : [bracketed[2]])];
  if (isIP(text.replace(/%.*$/, "")) === 6) return [text];
  return text.split(":");
}

function parseActive(text: string, kind: "tcp" | "ssl", rest: string, defaultPort: number): Target {
  const [host, portText, ...extra] = splitAddress(rest);
  if (!host) throw bad(text, "host must be specified");
  if (extra.length > 0) throw bad(text, "bad host or port");
  const port = portText ? parsePort(portText) : defaultPort;
  if (!port) throw bad(text, portText ? `bad port number "${portText}"` : "port must be specified");
  return { kind, host, port };
}

function parsePassive(
  text: string,
  kind: "ptcp" | "pssl",
  rest: string,
  defaultPort: number,
): Target {
  const colon = rest.indexOf(":");
  const portText = colon < 0 ? rest : rest.slice(0, colon);
  const hostText = colon < 0 ? "" : rest.slice(colon + 1);
  const port = portText === "" ? defaultPort : parsePort(portText);
  if (port === undefined) throw bad(text, `bad port number "${portText}"`);
  const host = hostText.replace(/^\[(.*)\]$/, "$1");
  if (host !== "" && isIP(host.replace(/%.*$/, "")) === 0)
    throw bad(text, `bad IP address "${host}"`);
  return { kind, host: host === "" ? undefined : host, port };
}

/**
 * Parses "unix:FILE", "tcp:HOST[:PORT]", "ssl:HOST[:PORT]", "punix:FILE", "ptcp:[PORT][:HOST]" or
 * "pssl:[PORT][:HOST]". IPv6 hosts stand in brackets and may carry a %scope. `defaultPort` is
 * 6640 for OVSDB, 6653 for OpenFlow. Throws OperatorError.
 */
export function parseTarget(text: string, defaultPort: number): Target {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? "" : text.slice(0, colon);
  const rest = text.slice(colon + 1);
  switch (kind) {
    case "unix":
    case "punix":
      if (rest === "") throw bad(text, "socket path must be specified");
      return { kind, path: rest };
    case "tcp":
    case "ssl":
      return parseActive(text, kind, rest, defaultPort);
    case "ptcp":
    case "pssl":
      return parsePassive(text, kind, rest, defaultPort);
    default:
      throw new OperatorError("EAFNOSUPPORT", `${text}: Address family not supported by protocol`);
  }
}

/** Parses the address of a peer; throws OperatorError for anything else. */
export function parseActiveTarget(text: string, defaultPort: number): ActiveTarget {
  const target = parseTarget(text, defaultPort);
  if (!ACTIVE.has(target.kind)) throw bad(text, "not an active connection method");
  return target as ActiveTarget;
}

/** Parses an address to listen on; throws OperatorError for anything else. */
export function parsePassiveTarget(text: string, defaultPort: number): PassiveTarget {
  const target = parseTarget(text, defaultPort);
  if (!isPassive(target)) throw bad(text, "not a passive connection method");
  return target;
}

/** "host:port" with IPv6 in brackets. */
export function printHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
