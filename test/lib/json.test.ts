// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import {
  jsonEquals,
  parseJson,
  printJson,
  printReal,
  printSortedJson,
} from "../../src/lib/json.js";
import { parseExactJson } from "../../src/lib/json-exact.js";

describe("JSON", () => {
  test("integers of 64 bits stay exact", () => {
    const text =
      "[9007199254740993,-9223372036854775808,9223372036854775807,1,1234567890123456789012]";
    const value = parseJson(text);
    expect(value).toEqual([
      9007199254740993n,
      -9223372036854775808n,
      9223372036854775807n,
      1,
      1.2345678901234568e21,
    ]);
    expect(printJson(value)).toBe(
      "[9007199254740993,-9223372036854775808,9223372036854775807,1,1.2345678901234568e+21]",
    );
  });

  test("the exact parser agrees with JSON.parse", () => {
    const texts = [
      '{"a":[1,2.5,-3e2,true,false,null],"b":{},"c":[],"__proto__":1}',
      '["x\\n\\u00e9\\ud83d\\ude00/\\/"]',
      ' [ 1 , { "x" : "" } ] ',
      "-0.5",
      '"plain"',
    ];
    for (const text of texts) expect(parseExactJson(text)).toEqual(JSON.parse(text));
  });

  test.each([
    ["", "line 0, column 0, byte 0: unexpected end of input"],
    ["[1,2", "line 0, column 4, byte 4: unexpected end of input"],
    ['{"é":\n nope}', "line 1, column 5, byte 12: invalid keyword 'nope'"],
    ['["\u0001"]', /control characters not allowed/],
    ['["\\x"]', /bad escape \\x/],
    ['["\\u0000"]', /null bytes not supported/],
    ["[1e999]", /number outside valid range/],
    ["[1] x", /trailing garbage/],
    ["{1:2}", /expecting string/],
    ["[".repeat(1500), /nesting depth/],
  ])("%.40j is refused with its place", (text, message) => {
    expect(() => parseJson(text)).toThrow(message);
  });

  test("messages print reals as C does", () => {
    expect([1e-7, 0.1, 1e300, 123456789.25, 5, 1e15, 0.0001].map(printReal)).toEqual([
      "1e-07",
      "0.1",
      "1e+300",
      "123456789.25",
      "5",
      "1e+15",
      "0.0001",
    ]);
    expect(printSortedJson({ b: 1, a: [0.5, "x"] })).toBe('{"a":[0.5,"x"],"b":1}');
  });

  test("equality knows no order of members", () => {
    expect(jsonEquals({ a: 1, b: [1n] }, { b: [1n], a: 1 })).toBe(true);
    expect(jsonEquals({ a: 1 }, { a: 1, b: 2 })).toBe(false);
  });
});
