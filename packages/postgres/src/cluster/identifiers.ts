// Role and database names in SQL text that cannot take parameters (DDL).

import pg from "pg";

/** The roles of one installation on a server. */
export type Roles = {
  readonly owner: string;
  readonly app: string;
  readonly system: string;
  readonly directory: string;
  readonly tenant: string;
};

/** The names of an installation's roles; the prefix tells installations on one server apart. */
export function rolesOf(prefix: string): Roles {
  const name = (part: string) => `${prefix}_${part}`;
  return {
    owner: name("owner"),
    app: name("app"),
    system: name("system"),
    directory: name("directory"),
    tenant: name("tenant"),
  };
}

/** An identifier, quoted. */
export const quoted = (name: string): string => pg.escapeIdentifier(name);

/** A literal, quoted. */
export const literal = (text: string): string => pg.escapeLiteral(text);

/** Fills {{role}} with the quoted name and {{role_literal}} with the quoted name as a text literal. */
export function fillRoles(sql: string, roles: Roles): string {
  return sql.replace(/\{\{(\w+?)(_literal)?\}\}/g, (_, role: keyof Roles, asLiteral?: string) => {
    const name = quoted(roles[role]);
    return asLiteral ? literal(name) : name;
  });
}
