// What a schema holds, read from the catalogue as the administrator: everything that a tenant's statement could touch.
// Nothing is taken from the application's word.

import type pg from "pg";

/** A column, as far as values for it depend on it. */
export type Column = {
  readonly name: string;
  /** As PostgreSQL writes it: `numeric(10,2)`, `mood`, `text[]`. */
  readonly type: string;
  /** The name of the type behind domains and arrays. */
  readonly base: string;
  readonly isArray: boolean;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  /** `a` for always, `d` for by default, empty for none. */
  readonly identity: string;
  readonly generated: boolean;
  readonly labels: readonly string[] | null;
  readonly lengthMax: number | null;
  readonly precision: number | null;
  readonly scale: number | null;
  /** The checks of its domain, which say VALUE. */
  readonly domainChecks: readonly string[];
};

/** A unique key without its tenant. */
export type Key = {
  readonly name: string;
  readonly columns: readonly string[];
  readonly isPrimary: boolean;
};

/** A foreign key without its tenant. */
export type Reference = {
  readonly name: string;
  readonly columns: readonly string[];
  readonly schema: string;
  readonly table: string;
  readonly targetColumns: readonly string[];
};

/** A check, and the columns that it speaks of. */
export type Check = { readonly columns: readonly string[]; readonly expression: string };

/** A table of tenants, or a shared one. */
export type Table = {
  readonly schema: string;
  readonly name: string;
  readonly isPartition: boolean;
  readonly columns: readonly Column[];
  readonly keys: readonly Key[];
  readonly references: readonly Reference[];
  readonly checks: readonly Check[];
  /** The bounds of its partitions, which say what values have a place, and the columns that they speak of. */
  readonly bounds: readonly string[];
  readonly partitionColumns: readonly string[];
};

/** A view, a materialised view or a foreign table. */
export type View = {
  readonly schema: string;
  readonly name: string;
  readonly kind: "v" | "m" | "f";
};

/** A function or a procedure. */
export type Routine = {
  readonly schema: string;
  readonly name: string;
  readonly signature: string;
  readonly types: readonly string[];
  readonly isProcedure: boolean;
};

/** A sequence. */
export type Sequence = { readonly schema: string; readonly name: string };

/** Everything in a few schemas. */
export type Catalogue = {
  readonly tables: readonly Table[];
  readonly views: readonly View[];
  readonly routines: readonly Routine[];
  readonly sequences: readonly Sequence[];
};

/** Reads what the schemas hold. */
export async function readCatalogue(
  client: pg.ClientBase,
  schemas: readonly string[],
): Promise<Catalogue> {
  const all = async <Row extends object>(text: string) =>
    (await client.query<Row>(text, [schemas])).rows;
  return {
    tables: await all<Table>(tablesText),
    views: await all<View>(viewsText),
    routines: await all<Routine>(routinesText),
    sequences: await all<Sequence>(sequencesText),
  };
}

const columnsText = `
  select json_agg(json_build_object(
    'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'base', m.base, 'isArray', e.oid is not null,
    'notNull', a.attnotnull or t.typnotnull, 'hasDefault', a.atthasdef or t.typdefault is not null,
    'identity', a.attidentity, 'generated', a.attgenerated <> '',
    'labels', (select json_agg(l.enumlabel order by l.enumsortorder) from pg_enum l where l.enumtypid = coalesce(e.oid, b.oid)),
    'lengthMax', case when m.base in ('varchar', 'bpchar', 'varbit', 'bit') and m.typmod > 0
      then case when m.base in ('varchar', 'bpchar') then m.typmod - 4 else m.typmod end end,
    'precision', case when m.base = 'numeric' and m.typmod > 0 then ((m.typmod - 4) >> 16) & 65535 end,
    'scale', case when m.base = 'numeric' and m.typmod > 0 then (m.typmod - 4) & 2047 end,
    'domainChecks', (select coalesce(json_agg(pg_get_expr(k.conbin, 0)), '[]') from pg_constraint k where k.contypid = t.oid)
  ) order by a.attnum)
  from pg_attribute a join pg_type t on t.oid = a.atttypid
  join pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
  left join pg_type e on e.oid = b.typelem and b.typcategory = 'A'
  cross join lateral (select coalesce(e.typname, b.typname) as base,
    case when t.typtype = 'd' then t.typtypmod else a.atttypmod end as typmod) m
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`;

const names = (numbers: string, relation: string) => `
  (select coalesce(json_agg(a.attname order by u.n), '[]') from unnest(${numbers}) with ordinality u (number, n)
   join pg_attribute a on a.attrelid = ${relation} and a.attnum = u.number where a.attname <> 'tenant_id')`;

const tablesText = `
  select n.nspname as schema, c.relname as name, c.relispartition as "isPartition",
    (${columnsText}) as columns,
    (select coalesce(json_agg(json_build_object('name', i.relname, 'isPrimary', x.indisprimary,
        'columns', ${names("(x.indkey::int2[])[0:x.indnkeyatts - 1]", "c.oid")}) order by x.indisprimary desc, i.relname), '[]')
      from pg_index x join pg_class i on i.oid = x.indexrelid
      where x.indrelid = c.oid and x.indisunique and x.indpred is null and x.indexprs is null) as keys,
    (select coalesce(json_agg(json_build_object('name', k.conname, 'schema', fn.nspname, 'table', f.relname,
        'columns', ${names("k.conkey", "c.oid")}, 'targetColumns', ${names("k.confkey", "f.oid")}) order by k.conname), '[]')
      from pg_constraint k join pg_class f on f.oid = k.confrelid join pg_namespace fn on fn.oid = f.relnamespace
      where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0) as "references",
    (select coalesce(json_agg(json_build_object('columns', ${names("k.conkey", "c.oid")},
        'expression', pg_get_expr(k.conbin, k.conrelid)) order by k.conname), '[]')
      from pg_constraint k where k.conrelid = c.oid and k.contype = 'c' and k.conname <> 'hestia_tenant_check') as checks,
    (select coalesce(json_agg(pg_get_expr(p.relpartbound, p.oid)), '[]')
      from pg_partition_tree(c.oid) t join pg_class p on p.oid = t.relid where p.relpartbound is not null) as bounds,
    coalesce((select ${names("p.partattrs::int2[]", "c.oid")} from pg_partitioned_table p where p.partrelid = c.oid), '[]') as "partitionColumns"
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any ($1) and c.relkind in ('r', 'p') order by c.relname`;

const viewsText = `
  select n.nspname as schema, c.relname as name, c.relkind as kind
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any ($1) and c.relkind in ('v', 'm', 'f') order by c.relname`;

const routinesText = `
  select n.nspname as schema, p.proname as name, p.oid::regprocedure::text as signature, p.prokind = 'p' as "isProcedure",
    (select coalesce(json_agg(format_type(t.type, null) order by t.n), '[]')
      from unnest(p.proargtypes::oid[]) with ordinality t (type, n)) as types
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname = any ($1) and p.prokind in ('f', 'p')
    and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype)
  order by p.proname, 3`;

const sequencesText = `
  select n.nspname as schema, c.relname as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any ($1) and c.relkind = 'S' order by c.relname`;
