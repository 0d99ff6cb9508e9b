// Indexes that row security makes useless: PostgreSQL lets a condition use an index before the policy has passed a row
// only if all its functions are leakproof. Such an index costs every write and serves no search; look-ups 200 to 580
// times slower were measured at 5,000 rows a tenant.

import { type Catalogue, tenantSchemas } from "./catalogue.ts";
import type { Check } from "./check.ts";
import type { Fault } from "./findings.ts";
import { cureExpression, cureOperators, curePattern, type IndexColumn } from "./index-cures.ts";
import { markable } from "./leakproof.ts";

/** Every key column but the tenant's, of every index on tenants' tables, with what a search by it would call. */
const columnsText = `
  select x.indexrelid::regclass::text as index, x.indrelid::regclass::text as table, i.relname as name, n.nspname as schema,
    pg_get_indexdef(x.indexrelid) as definition, pg_get_indexdef(x.indexrelid, u.n, false) as column,
    exists (select from pg_constraint k where k.conindid = x.indexrelid and k.contype <> 'f') as constrains,
    coalesce(obj_description(x.indexrelid, 'pg_class'), '') as comment,
    o.opcname ~ '_pattern_ops$' as pattern, format_type(coalesce(c.atttypid, a.atttypid), coalesce(c.atttypmod, a.atttypmod)) as type,
    coalesce(expression.functions, '{}') as "leakyFunctions",
    coalesce(search.operators, '{}') as operators, coalesce(search.functions, '{}') as functions,
    coalesce(search.leaky, '{}') as "leakyOperators"
  from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class r on r.oid = x.indrelid
  join pg_namespace n on n.oid = r.relnamespace join pg_am m on m.oid = i.relam
  cross join lateral generate_series(2, x.indnkeyatts) u (n)
  join pg_opclass o on o.oid = x.indclass[u.n - 1]
  join pg_attribute a on a.attrelid = x.indexrelid and a.attnum = u.n
  left join pg_attribute c on c.attrelid = x.indrelid and c.attnum = nullif(x.indkey[u.n - 1], 0)
  left join lateral (
    select array_agg(distinct p.oid::regprocedure::text) as functions
    from regexp_matches(x.indexprs::text, ':(?:opfuncid|funcid) (\\d+)', 'g') f join pg_proc p on p.oid = f[1]::oid
    where x.indkey[u.n - 1] = 0 and not p.proleakproof
  ) expression on true
  left join lateral (
    select array_agg(distinct s.oprname::text) filter (where not p.proleakproof) as operators,
      array_agg(distinct p.oid::regprocedure::text) as functions,
      array_agg(distinct p.oid::regprocedure::text) filter (where not p.proleakproof) as leaky
    from pg_amop w join pg_operator s on s.oid = w.amopopr join pg_proc p on p.oid = s.oprcode
    where w.amopfamily = o.opcfamily and w.amoplefttype = o.opcintype and w.amoppurpose = 's'
      and (m.amname <> 'btree' or w.amoprighttype = o.opcintype)
  ) search on true
  where ${tenantSchemas} and r.relrowsecurity
    and not exists (select from pg_inherits h where h.inhrelid = x.indexrelid)
  order by 1, u.n`;

async function findUselessIndexes(catalogue: Catalogue): Promise<Fault[]> {
  const columns = await catalogue.query<IndexColumn>(columnsText);
  return columns.flatMap((column) => {
    if (column.leakyFunctions.length > 0) return [expressionFault(column, catalogue)];
    if (column.pattern) return patternFaults(column);
    return operatorFaults(column);
  });
}

function expressionFault(column: IndexColumn, { installation }: Catalogue): Fault {
  const called = column.leakyFunctions.map((each) => each.replace(/\(.*/, "()")).join(", ");
  return {
    object: `index ${column.index}`,
    why: `No condition on ${column.column} can use it under row security: ${called} is not leakproof.`,
    cure: cureExpression(column, installation.server.superuser),
  };
}

/** The comment is how its author says that the queries are written accordingly. */
function patternFaults(column: IndexColumn): Fault[] {
  if (/starts_with/.test(column.comment)) return [];
  return [
    {
      object: `index ${column.index}`,
      why: `LIKE on ${column.column} cannot use it under row security, since LIKE is not leakproof; starts_with() is, and can.`,
      cure: curePattern(column),
      severity: "info",
    },
  ];
}

function operatorFaults(column: IndexColumn): Fault[] {
  const { functions, leakyOperators, operators } = column;
  const canMark = functions.some((each) => markable.has(each));
  const isUseless = canMark
    ? leakyOperators.some((each) => markable.has(each))
    : leakyOperators.length > 0 && leakyOperators.length === functions.length;
  if (!isUseless || (!canMark && column.constrains)) return [];
  return [
    {
      object: `index ${column.index}`,
      why: `Under row security no condition on ${column.column} can use it: ${operators.join(" ")} of ${column.type} are not leakproof.`,
      cure: cureOperators(column),
    },
  ];
}

/** Indexes that serve nobody. */
export const indexChecks: readonly Check[] = [
  { name: "indexes", on: ["data", "tenant"], severity: "warning", find: findUselessIndexes },
];
