// SPDX-License-Identifier: Apache-2.0
/** A process that writes to a database as fast as it can, says what is committed, and is killed. */
import { writeSync } from "node:fs";
import { assert } from "../../src/lib/errors.js";
import type { Json } from "../../src/lib/json.js";
import { schemaOf } from "../../src/ovsdb/db-schema.js";
import { openVSwitchDatabase } from "../../src/ovsdb/schema/database.js";
import { StoredDatabase } from "../../src/ovsdb/stored-database.js";

const stored = await StoredDatabase.open(process.argv[2] as string, schemaOf(openVSwitchDatabase));
const root = [...(stored.db.tables.get("Open_vSwitch")?.rows.values() ?? [])][0];
const uuid = root?.uuid ?? "11111111-1111-4111-8111-111111111111";
const column = stored.db.schema.tables.get("Open_vSwitch")?.column("next_cfg");
let n = root && column ? Number(root.get(column).keys[0]) : 0;
if (!root) stored.db.execute([{ op: "insert", table: "Open_vSwitch", uuid, row: {} }]);

for (;;) {
  n++;
  const where: Json = [["_uuid", "==", ["uuid", uuid]]];
  const outcome = stored.db.execute([
    {
      op: "insert",
      table: "Bridge",
      "uuid-name": "b",
      row: { name: `br${n}`, other_config: ["map", []] },
    },
    {
      op: "mutate",
      table: "Open_vSwitch",
      where,
      mutations: [["bridges", "insert", ["named-uuid", "b"]]],
    },
    {
      op: "update",
      table: "Open_vSwitch",
      where,
      row: { next_cfg: n, external_ids: ["map", [["n", String(n)]]] },
    },
    { op: "commit", durable: n % 5 === 0 },
  ]);
  assert(!outcome.blocked, "nothing to wait for");
  await outcome.durable;
  writeSync(1, `${n}\n`);
  if (n % 40 === 0)
    await Promise.all([stored.compact(), new Promise((resolve) => setImmediate(resolve))]);
}
