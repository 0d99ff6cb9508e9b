// A schema of the size that products have, 12 tables and 20 indexes: as the application's migration writes it, and as it
// stands once Hestia has isolated it.

import type { Roles } from "@hestia/postgres/cluster";

const tableCount = 12;
const tables = Array.from({ length: tableCount }, (_, index) => `t${index + 1}`);
/** 20 in all: two for the first eight tables, one for the others. */
const indexes = tables.flatMap((table, index) =>
  (index < 8 ? ["a", "b"] : ["a"]).map((column) => ({ table, column })),
);

/** The application's migration. */
export function plainDdl(): string {
  const make = tables.map(
    (table) =>
      `create table ${table} (id bigint primary key, a int, b text not null, c timestamptz);`,
  );
  const index = indexes.map(
    ({ table, column }) => `create index ${table}_${column} on ${table} (${column});`,
  );
  return [...make, ...index].join("\n");
}

/** What comes of it in a tenant's schema, written out, in one message. */
export function settledDdl(place: string, tenantId: string, { app, owner }: Roles): string {
  const make = tables.map(
    (table) => `create table ${table} (id bigint not null, a int, b text not null, c timestamptz,
      tenant_id uuid not null default nullif(current_setting('hestia.tenant', true), '')::uuid);
    alter table ${table} add constraint ${table}_pkey primary key (tenant_id, id);`,
  );
  const index = indexes.map(
    ({ table, column }) => `create index ${table}_${column} on ${table} (tenant_id, ${column});`,
  );
  const guard = tables.map(
    (table) => `alter table ${table} enable row level security, force row level security;
    create policy hestia_tenant on ${table} using (tenant_id = (select hestia.scope('${place}')));
    alter table ${table} add constraint hestia_tenant_check check (tenant_id = '${tenantId}'::uuid);
    grant select, insert, update, delete on ${table} to ${app};`,
  );
  return `begin; insert into hestia.tenants (tenant_id, place, state) values ('${tenantId}', '${place}', 'active');
    create schema ${place} authorization ${owner}; grant usage on schema ${place} to ${app};
    set local role ${owner}; set local search_path = ${place};
    ${[...make, ...index, ...guard].join("\n")} commit;`;
}
