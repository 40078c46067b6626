// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isJsonObject, type JsonObject, parseJson } from "../../src/lib/json.js";
import { databaseJson, parseDatabaseSchema } from "../../src/ovsdb/db-schema.js";
import { openVSwitchDatabase } from "../../src/ovsdb/schema/database.js";

const STOCK = "/usr/share/openvswitch/vswitch.ovsschema";

describe.skipIf(!existsSync(STOCK))("the schema beside the stock one", () => {
  const raw = existsSync(STOCK) ? parseJson(readFileSync(STOCK, "utf8")) : null;
  const stock = (raw === null ? {} : parseDatabaseSchema(raw).json) as JsonObject;
  const ours = databaseJson(openVSwitchDatabase);
  const tables = (json: JsonObject): JsonObject => (isJsonObject(json.tables) ? json.tables : {});

  test("has the same name, version and tables", () => {
    expect([ours.name, ours.version]).toEqual([stock.name, stock.version]);
    expect(Object.keys(tables(ours)).sort()).toEqual(Object.keys(tables(stock)).sort());
  });

  for (const [name, table] of Object.entries(tables(stock))) {
    test(`table ${name}`, () => {
      const own = tables(ours)[name] as JsonObject;
      const { columns, ...rest } = table as JsonObject;
      const { columns: ownColumns, ...ownRest } = own;
      expect(ownRest).toEqual(rest);
      expect(Object.keys(ownColumns as JsonObject).sort()).toEqual(
        Object.keys(columns as JsonObject).sort(),
      );
      for (const [column, json] of Object.entries(columns as JsonObject)) {
        expect({ [column]: (ownColumns as JsonObject)[column] }).toEqual({
          [column]: json,
        });
      }
    });
  }
});
