// SPDX-License-Identifier: Apache-2.0
/** HTTP for those who scrape: GET /metrics, and nothing else. */
import { chmodSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isIP } from "node:net";
import { OperatorError, operatorErrorFrom } from "../lib/errors.js";
import { vlog } from "../lib/log.js";
import { withShortUnixPath } from "../net/unix-path.js";
import type { Exporter } from "./exporter.js";

const log = vlog("metrics");
/** A scraper needs one or two; nobody shall occupy the daemon. */
const CONNECTIONS_MAX = 16;
const REQUEST_TIMEOUT_MS = 10_000;
/** Owner and group of the run directory, as the other sockets there. */
const SOCKET_MODE = 0o770;

/** Where to listen: a Unix socket, or a TCP port. */
export type MetricsAddress =
  | { readonly path: string }
  | { readonly host: string; readonly port: number };

/** Reads `unix:PATH`, `IP:PORT` or `[IPV6]:PORT`; a relative path is in `runDir`. Throws
 * OperatorError. */
export function parseMetricsAddress(text: string, runDir: string): MetricsAddress {
  const path = /^unix:(.+)$/.exec(text)?.[1];
  if (path !== undefined) return { path: path.startsWith("/") ? path : `${runDir}/${path}` };
  const tcp = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = tcp?.[1] ?? tcp?.[2] ?? "";
  const port = Number(tcp?.[3]);
  if (isIP(host) === 0 || !(port <= 65535)) {
    throw new OperatorError("EINVAL", `${text}: not unix:PATH, IP:PORT or [IPV6]:PORT`);
  }
  return { host, port };
}

export class MetricsServer {
  readonly #server: Server;

  private constructor(
    private readonly exporter: Exporter,
    private readonly address: MetricsAddress,
  ) {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS;
    this.#server.headersTimeout = REQUEST_TIMEOUT_MS;
  }

  /** Rejects with OperatorError. */
  static async listen(exporter: Exporter, address: MetricsAddress): Promise<MetricsServer> {
    const server = new MetricsServer(exporter, address);
    await server.#listen();
    return server;
  }

  /** The TCP port, of interest where 0 was asked for. */
  get port(): number | undefined {
    const address = this.#server.address() as AddressInfo | string | null;
    return address !== null && typeof address === "object" ? address.port : undefined;
  }

  #listen(): Promise<void> {
    const { address } = this;
    return new Promise((resolve, reject) => {
      const where = "path" in address ? address.path : `${address.host}:${address.port}`;
      this.#server.once("error", (error) => reject(operatorErrorFrom(error, where)));
      this.#server.once("listening", () => {
        if ("path" in address) chmodSync(address.path, SOCKET_MODE);
        this.#server.on("error", (error) => log.warn(`${where}: ${error.message}`));
        resolve();
      });
      if (!("path" in address)) {
        this.#server.listen(address.port, address.host);
        return;
      }
      rmSync(address.path, { force: true });
      withShortUnixPath(address.path, (short, done) => {
        this.#server.once("listening", done).once("error", done);
        this.#server.listen({ path: short });
      });
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Not an URL object: what somebody sends need not be one.
    const [path] = (request.url ?? "/").split("?", 1);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { Allow: "GET, HEAD" }).end();
    } else if (path !== "/metrics") {
      response.writeHead(404, { "Content-Type": "text/plain" }).end("see /metrics\n");
    } else {
      await this.#metrics(request.method === "HEAD", response);
    }
  }

  async #metrics(isHead: boolean, response: ServerResponse): Promise<void> {
    try {
      const text = isHead ? "" : await this.exporter.text();
      response.writeHead(200, { "Content-Type": this.exporter.contentType }).end(text);
    } catch (error) {
      log.err(`collecting: ${error instanceof Error ? error.stack : String(error)}`);
      response.writeHead(500).end();
    }
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    if ("path" in this.address) rmSync(this.address.path, { force: true });
  }
}
