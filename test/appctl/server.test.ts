// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommandError } from "../../src/appctl/command.js";
import { CommandRegistry } from "../../src/appctl/registry.js";
import { ControlServer } from "../../src/appctl/server.js";
import { connectStream } from "../../src/net/connect.js";
import { JsonRpcSession } from "../../src/net/jsonrpc.js";
import { makeTempDir, removeDir, run } from "../harness/processes.js";

describe("the control socket", () => {
  const dir = makeTempDir();
  const socket = join(dir, "test.ctl");
  const registry = new CommandRegistry();
  const server = new ControlServer(registry);

  beforeAll(async () => {
    registry.add(
      { name: "echo/args", usage: "A [B]", minArgs: 1, maxArgs: 2, run: (args) => args.join("+") },
      { name: "quiet", usage: "", minArgs: 0, maxArgs: 0, run: () => "" },
      { name: "hidden", usage: null, minArgs: 0, maxArgs: 0, run: () => "found\n" },
      {
        name: "refuse",
        usage: "",
        minArgs: 0,
        maxArgs: 0,
        run: () => {
          throw new CommandError("no such thing");
        },
      },
      {
        name: "bug",
        usage: "",
        minArgs: 0,
        maxArgs: 0,
        run: () => {
          throw new TypeError("oops");
        },
      },
      {
        name: "both",
        usage: "",
        minArgs: 0,
        maxArgs: 0,
        run: () => ({ text: "one", json: { n: 1 } }),
      },
    );
    await server.listen(socket);
  });
  afterAll(() => {
    server.close();
    removeDir(dir);
  });

  const appctl = (...args: string[]) => run("ovs-appctl", ["-t", socket, ...args]);

  it("answers the stock tool", async () => {
    expect(await appctl("echo/args", "a", "b")).toEqual({ status: 0, stdout: "a+b\n", stderr: "" });
    expect((await appctl("quiet")).stdout).toBe("");
    expect((await appctl("hidden")).stdout).toBe("found\n");
  });

  it("lists what is not hidden, as the stock daemon does", async () => {
    expect((await appctl("list-commands")).stdout).toBe(
      "The available commands are:\n" +
        "  both                    \n" +
        "  bug                     \n" +
        "  echo/args               A [B]\n" +
        "  list-commands           \n" +
        "  quiet                   \n" +
        "  refuse                  \n" +
        "  schema/show             [command]\n",
    );
  });

  it.each([
    [
      ["nothing"],
      '"nothing" is not a valid command (use "list-commands" to see a list of valid commands)',
    ],
    [["echo/args"], '"echo/args" command requires at least 1 arguments'],
    [["echo/args", "1", "2", "3"], '"echo/args" command takes at most 2 arguments'],
    [["refuse"], "no such thing"],
    [["bug"], "bug: internal error, see the log: TypeError: oops"],
  ])("refuses %j with exit code 2", async (args, text) => {
    const { status, stdout, stderr } = await appctl(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toBe(`${text}\novs-appctl: ${socket}: server returned an error\n`);
  });

  it("answers those who ask for JSON with values", async () => {
    const rpc = new JsonRpcSession(await connectStream(`unix:${socket}`));
    expect(await rpc.request("set-options", ["--format", "json"])).toBe("");
    expect(await rpc.request("echo/args", ["x"])).toEqual({ message: "x" });
    expect(await rpc.request("quiet", [])).toEqual({});
    expect(await rpc.request("both", [])).toEqual({ n: 1 });
    expect(await rpc.request("list-commands", [])).toMatchObject({
      quiet: "",
      "echo/args": "A [B]",
    });
    // Text that has no value of its own is wrapped, as Open vSwitch 3.4 does.
    const plain = { "reply-format": "plain", reply: "x\ny\n" };
    expect(await rpc.request("echo/args", ["x\ny"])).toEqual(plain);
    await rpc.request("set-options", ["--format", "text"]);
    expect(await rpc.request("both", [])).toBe("one\n");
    await expect(rpc.request("set-options", ["--format", "xml"])).rejects.toThrow("xml");
    await expect(rpc.request("echo/args", [1])).rejects.toThrow("has non-string argument");
    rpc.close();
  });

  it("publishes what replies look like", async () => {
    const all = JSON.parse((await appctl("schema/show")).stdout) as {
      $defs: Record<string, object>;
    };
    expect(Object.keys(all.$defs)).toEqual([
      ...["both", "bug", "echo/args", "list-commands", "quiet", "refuse", "schema/show"],
    ]);
    const one = JSON.parse((await appctl("schema/show", "quiet")).stdout) as object;
    expect(one).toMatchObject({ type: "object", properties: { message: { type: "string" } } });
    expect((await appctl("schema/show", "nothing")).status).toBe(2);
  });
});
