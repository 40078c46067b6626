// SPDX-License-Identifier: Apache-2.0
import { connect as netConnect, type Socket } from "node:net";
import { type TLSSocket, connect as tlsConnect } from "node:tls";
import { OperatorError, operatorErrorFrom } from "../lib/errors.js";
import { EventCounter } from "../lib/events.js";
import { Stream } from "./stream.js";
import { type ActiveTarget, parseActiveTarget } from "./target.js";
import { readTlsOptions, storeBootstrapCa, type TlsFiles, verifiesPeers } from "./tls-files.js";
import { withShortUnixPath } from "./unix-path.js";

const opened = new EventCounter("stream_open");

export interface ConnectOptions {
  /** Used when the target names no port: 6640 for OVSDB (the default), 6653 for OpenFlow. */
  readonly defaultPort?: number;
  readonly tls?: TlsFiles;
  /** Give up after this long; default: the kernel's own patience. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

function openSocket(target: ActiveTarget, tls: TlsFiles | undefined): [Socket, string] {
  if (target.kind === "unix") {
    return withShortUnixPath(target.path, (short, done) => {
      const socket = netConnect({ path: short });
      socket.once("connect", done).once("error", done);
      return [socket, "connect"];
    });
  }
  const { host, port } = target;
  if (target.kind === "tcp") return [netConnect({ host, port, noDelay: true }), "connect"];
  const socket = tlsConnect({
    host,
    port,
    ...readTlsOptions(tls),
    // The stock daemons check that the CA signed the peer, not the peer's host name.
    rejectUnauthorized: tls !== undefined && verifiesPeers(tls),
    checkServerIdentity: () => undefined,
  });
  socket.setNoDelay(true);
  return [socket, "secureConnect"];
}

function keepBootstrapCa(socket: Socket, tls: TlsFiles | undefined): void {
  if (!tls?.bootstrapCaCert) return;
  let certificate = (socket as TLSSocket).getPeerCertificate(true);
  while (certificate.issuerCertificate && certificate.issuerCertificate !== certificate) {
    certificate = certificate.issuerCertificate;
  }
  if (certificate.raw) storeBootstrapCa(tls, certificate.raw);
}

/**
 * Connects to "unix:FILE", "tcp:HOST[:PORT]" or "ssl:HOST[:PORT]".
 * Rejects with an OperatorError whose text is the C library's ("…: Connection refused").
 */
export function connectStream(text: string, options: ConnectOptions = {}): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const target = parseActiveTarget(text, options.defaultPort ?? 6640);
    opened.count++;
    const [socket, ready] = openSocket(target, options.tls);
    const { signal } = options;
    const timer =
      options.timeoutMs === undefined ? undefined : setTimeout(onTimeout, options.timeoutMs);
    function settle(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      socket.removeListener(ready, onReady);
      socket.removeListener("error", onError);
    }
    function onError(error: Error): void {
      settle();
      socket.on("error", () => {});
      socket.destroy();
      reject(operatorErrorFrom(error, text));
    }
    function onTimeout(): void {
      onError(new OperatorError("ETIMEDOUT", `${text}: Connection timed out`));
    }
    function onAbort(): void {
      onError(new OperatorError("ECANCELED", `${text}: Operation canceled`));
    }
    function onReady(): void {
      settle();
      if (target.kind === "ssl") keepBootstrapCa(socket, options.tls);
      resolve(new Stream(text, socket));
    }
    socket.once(ready, onReady);
    socket.once("error", onError);
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted) onAbort();
  });
}
