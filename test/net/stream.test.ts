// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../../src/lib/json.js";
import { setLogLevel } from "../../src/lib/log.js";
import { connectStream } from "../../src/net/connect.js";
import { JsonRpcSession } from "../../src/net/jsonrpc.js";
import { JsonRpcClient } from "../../src/net/jsonrpc-client.js";
import { type Listener, listenStreams } from "../../src/net/listen.js";
import type { TlsFiles } from "../../src/net/tls-files.js";

setLogLevel("off", undefined, undefined);

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "net-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Listens, and answers every request with its params. */
function echoServer(target: string, tls?: TlsFiles): Promise<Listener> {
  return listenStreams(
    target,
    (stream) => {
      const session = new JsonRpcSession(stream);
      session.on("request", (request) => request.reply([stream.name, ...request.params]));
    },
    tls ? { tls } : {},
  );
}

async function ask(target: string, tls?: TlsFiles): Promise<Json> {
  const session = new JsonRpcSession(await connectStream(target, tls ? { tls } : {}));
  try {
    return await session.request("hello", ["é", 1]);
  } finally {
    session.close();
  }
}

describe("streams", () => {
  test("unix, with a stale socket file in the way", async () => {
    const path = join(dir, "a.sock");
    writeFileSync(path, "");
    const listener = await echoServer(`punix:${path}`);
    expect(await ask(`unix:${path}`)).toEqual([expect.stringMatching(/^unix#[0-9]+$/), "é", 1]);
    listener.close();
    expect(existsSync(path)).toBe(false);
  });

  test("unix, with a path of more than 107 bytes", async () => {
    const deep = join(dir, "d".repeat(100));
    mkdirSync(deep);
    const path = join(deep, "socket");
    const listener = await echoServer(`punix:${path}`);
    expect(await ask(`unix:${path}`)).toEqual([expect.any(String), "é", 1]);
    listener.close();
    expect(existsSync(path)).toBe(false);
    const name = `unix:${join(dir, "n".repeat(200))}`;
    await expect(connectStream(name)).rejects.toThrow(/File name too long/);
  });

  test("tcp, both families", async () => {
    for (const [passive, host] of [
      ["ptcp:0:127.0.0.1", "127.0.0.1"],
      ["ptcp:0:[::1]", "[::1]"],
    ]) {
      const listener = await echoServer(passive as string);
      const reply = (await ask(`tcp:${host}:${listener.port}`)) as string[];
      expect(reply[0]).toMatch(
        new RegExp(`^tcp:${(host as string).replace(/[[\].]/g, "\\$&")}:[0-9]+$`),
      );
      listener.close();
    }
  });

  test("refusals carry the C library's text", async () => {
    await expect(connectStream(`unix:${join(dir, "none")}`)).rejects.toThrow(
      /none: No such file or directory$/,
    );
    await expect(connectStream("tcp:127.0.0.1:1")).rejects.toThrow(/Connection refused$/);
    const listener = await echoServer("ptcp:0:127.0.0.1");
    await expect(echoServer(`ptcp:${listener.port}:127.0.0.1`)).rejects.toThrow(
      /Address already in use$/,
    );
    listener.close();
    await expect(echoServer(`punix:${dir}/no/such`)).rejects.toThrow(
      /(No such file or directory|Permission denied)$/,
    );
  });

  test("a waiting request is rejected when the peer goes away", async () => {
    const listener = await listenStreams(`punix:${join(dir, "b.sock")}`, (stream) =>
      stream.destroy(),
    );
    const session = new JsonRpcSession(await connectStream(`unix:${join(dir, "b.sock")}`));
    await expect(session.request("hello", [])).rejects.toThrow(
      /connection closed|Connection reset|Broken pipe/,
    );
    await expect(session.request("hello", [])).rejects.toThrow(/not connected/);
    listener.close();
  });

  test("a client reconnects when its server comes back", async () => {
    const path = join(dir, "c.sock");
    const client = new JsonRpcClient([`unix:${path}`], { backoffMinMs: 20, backoffMaxMs: 40 });
    client.start();
    await new Promise((resolve) => client.once("failed", resolve));
    const connected = new Promise<JsonRpcSession>((resolve) => client.once("connected", resolve));
    const sessions: JsonRpcSession[] = [];
    const listener = await listenStreams(`punix:${path}`, (stream) => {
      sessions.push(new JsonRpcSession(stream));
    });
    await connected;
    const again = new Promise((resolve) => client.once("connected", resolve));
    while (sessions.length === 0) await new Promise((resolve) => setImmediate(resolve));
    sessions[0]?.close();
    await again;
    expect(client.state).toBe("active");
    client.stop();
    listener.close();
  });
});

describe("TLS", () => {
  const file = (name: string): string => join(dir, name);
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: dir, stdio: "ignore" });
  };
  const files = (name: string, caCert = file("ca.crt")): TlsFiles => ({
    privateKey: file(`${name}.key`),
    certificate: file(`${name}.crt`),
    caCert,
  });

  beforeAll(() => {
    for (const ca of ["ca", "other"]) {
      openssl(
        ..."req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca".split(" "),
        "-keyout",
        `${ca}.key`,
        "-out",
        `${ca}.crt`,
      );
    }
    for (const [name, ca] of [
      ["server", "ca"],
      ["client", "ca"],
      ["stranger", "other"],
    ] as const) {
      openssl(
        ..."req -newkey rsa:2048 -nodes -subj".split(" "),
        `/CN=${name}`,
        "-keyout",
        `${name}.key`,
        "-out",
        `${name}.csr`,
      );
      openssl(
        ..."x509 -req -days 2 -CAcreateserial".split(" "),
        "-CA",
        `${ca}.crt`,
        "-CAkey",
        `${ca}.key`,
        "-in",
        `${name}.csr`,
        "-out",
        `${name}.crt`,
      );
    }
  });

  test("peers that the CA signed talk, whatever their names", async () => {
    const listener = await echoServer("pssl:0:127.0.0.1", files("server"));
    const target = `ssl:127.0.0.1:${listener.port}`;
    expect(await ask(target, files("client"))).toEqual([expect.stringMatching(/^ssl:/), "é", 1]);
    await expect(ask(target, files("stranger"))).rejects.toThrow();
    await expect(ask(target, files("client", file("other.crt")))).rejects.toThrow(/certificate/);
    await expect(ask(target)).rejects.toThrow(/Private key must be configured to use SSL/);
    listener.close();
  });

  test("bootstrapping keeps the CA certificate of the first peer", async () => {
    const chain = file("chain.crt");
    execFileSync("sh", ["-c", `cat server.crt ca.crt > ${chain}`], { cwd: dir });
    const listener = await echoServer("pssl:0:127.0.0.1", {
      ...files("server"),
      certificate: chain,
    });
    const tls = { ...files("client", file("learnt.crt")), bootstrapCaCert: true };
    await ask(`ssl:127.0.0.1:${listener.port}`, tls);
    expect(existsSync(file("learnt.crt"))).toBe(true);
    await ask(`ssl:127.0.0.1:${listener.port}`, tls);
    listener.close();
  });

  test("missing files say so", async () => {
    const tls = { ...files("client"), privateKey: file("none.key") };
    await expect(connectStream("ssl:127.0.0.1:1", { tls })).rejects.toThrow(
      /none.key: No such file/,
    );
  });
});
