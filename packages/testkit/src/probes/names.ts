// Names of objects as they stand in a statement.

import pg from "pg";

/** A name with its schema, quoted. */
export const qualified = (schema: string, name: string): string =>
  `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
