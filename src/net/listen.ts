// SPDX-License-Identifier: Apache-2.0
import { chmodSync, unlinkSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { errnoCode, operatorErrorFrom, systemErrorText } from "../lib/errors.js";
import { EventCounter } from "../lib/events.js";
import { RateLimit, vlog } from "../lib/log.js";
import { Stream } from "./stream.js";
import { type PassiveTarget, parsePassiveTarget, printHostPort } from "./target.js";
import { readTlsOptions, type TlsFiles, verifiesPeers } from "./tls-files.js";
import { withShortUnixPath } from "./unix-path.js";

const log = vlog("stream");
const limit = new RateLimit(10, 25);
const opened = new EventCounter("pstream_open");

export interface ListenOptions {
  /** Used when the target names no port: 6640 for OVSDB (the default), 6653 for OpenFlow. */
  readonly defaultPort?: number;
  readonly tls?: TlsFiles;
}

/** An open listening socket. */
export interface Listener {
  /** The target as it was given. */
  readonly name: string;
  /** The port that TCP listens on (of interest where 0 was asked for), else undefined. */
  readonly port: number | undefined;
  /** Stops listening and removes a Unix socket's file; accepted streams live on. */
  close(): void;
}

/** Numbers accepted Unix connections, which have no address: "unix#0", "unix#1" … */
let unixConnections = 0;

function peerName(kind: PassiveTarget["kind"], socket: Socket): string {
  if (kind === "punix") return `unix#${unixConnections++}`;
  const host = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  return `${kind.slice(1)}:${printHostPort(host, socket.remotePort ?? 0)}`;
}

function makeServer(
  target: PassiveTarget,
  tls: TlsFiles | undefined,
  onStream: (s: Stream) => void,
): Server {
  const accept = (socket: Socket): void =>
    onStream(new Stream(peerName(target.kind, socket), socket));
  if (target.kind !== "pssl") return createServer({ noDelay: true }, accept);
  const verify = tls !== undefined && verifiesPeers(tls);
  const options = { ...readTlsOptions(tls), requestCert: verify, rejectUnauthorized: verify };
  const server = createTlsServer(options, accept);
  server.on("tlsClientError", (error) => {
    log.warn(`${target.kind}: SSL connection failed: ${error.message}`, limit);
  });
  return server;
}

function removeStale(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoCode(error) !== "ENOENT") throw operatorErrorFrom(error, path);
  }
}

function bind(server: Server, target: PassiveTarget): void {
  if (target.kind !== "punix") {
    server.listen({ host: target.host, port: target.port });
    return;
  }
  removeStale(target.path);
  withShortUnixPath(target.path, (short, done) => {
    server.once("listening", done).once("error", done);
    server.listen({ path: short });
  });
}

/**
 * Listens on "punix:FILE", "ptcp:[PORT][:HOST]" or "pssl:[PORT][:HOST]" and calls `onStream` for
 * every connection. A stale socket file is replaced. Rejects with an OperatorError.
 */
export function listenStreams(
  text: string,
  onStream: (stream: Stream) => void,
  options: ListenOptions = {},
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const target = parsePassiveTarget(text, options.defaultPort ?? 6640);
    opened.count++;
    const server = makeServer(target, options.tls, onStream);
    server.once("error", (error) => reject(operatorErrorFrom(error, text)));
    server.once("listening", () => {
      server.removeAllListeners("error");
      server.on("error", (error) => log.warn(`${text}: accept: ${systemErrorText(error)}`, limit));
      if (target.kind === "punix") chmodSync(target.path, 0o750);
      resolve(makeListener(text, target, server));
    });
    bind(server, target);
  });
}

function makeListener(name: string, target: PassiveTarget, server: Server): Listener {
  const port = target.kind === "punix" ? undefined : (server.address() as AddressInfo).port;
  return {
    name,
    port,
    close() {
      server.close();
      // Node removes the name that it bound, which is another one for long paths.
      if (target.kind === "punix") {
        try {
          unlinkSync(target.path);
        } catch {
          // Already gone.
        }
      }
    },
  };
}
