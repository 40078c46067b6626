// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
  type Database,
  integer,
  one,
  oneOf,
  optional,
  string,
  uuid,
} from "./schema/spec.js";

/** The database about databases that every server has, ovsdb-server(5). */
export const serverDatabase = {
  name: "_Server",
  version: "1.2.0",
  tables: {
    Database: {
      columns: {
        name: one(string),
        model: one(oneOf("clustered", "relay", "standalone")),
        connected: one(boolean),
        leader: one(boolean),
        schema: optional(string),
        cid: optional(uuid),
        sid: optional(uuid),
        index: optional(integer),
      },
    },
  },
} as const satisfies Database;
