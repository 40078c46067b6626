// SPDX-License-Identifier: Apache-2.0
import { schemaOf } from "../../ovsdb/db-schema.js";
import { openVSwitchDatabase } from "../../ovsdb/schema/database.js";
import { tableClasses } from "./table-class.js";

/** The version of the schema that this program knows. */
export const SCHEMA_VERSION = openVSwitchDatabase.version;

/** Name of the database. */
export const DATABASE_NAME = openVSwitchDatabase.name;

/** The tables that commands can name; known without asking the server, so errors come early. */
export const DATABASE = tableClasses(schemaOf(openVSwitchDatabase));
