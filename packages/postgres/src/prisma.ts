// Prisma over a tenant's pool. Invariant: a client of Prisma's serves one tenant, and its statements name no schema, so
// that PostgreSQL finds the tables where that tenant has them.

import { PrismaPg } from "@prisma/adapter-pg";
import type pg from "pg";
import { TenantPool } from "./pool/tenant-pool.ts";

type Options = Omit<NonNullable<ConstructorParameters<typeof PrismaPg>[1]>, "schema">;
type Adapter = Awaited<ReturnType<PrismaPg["connect"]>>;
type Queryable = Pick<Adapter, "queryRaw" | "executeRaw">;
type Query = Parameters<Adapter["queryRaw"]>[0];

/** Prisma puts a schema before every name; this one is taken off again. Values are never in the text. */
const schema = "hestia_tenant";
const prefix = `"${schema}".`;

/**
 * Prisma's adapter for one tenant.
 *
 * @example
 * const prisma = perTenant((tenant) => new PrismaClient({ adapter: new TenantPrismaPg(hestia.pool(tenant)) }));
 * await prisma().order.findMany();
 */
export class TenantPrismaPg extends PrismaPg {
  constructor(pool: pg.Pool, options: Options = {}) {
    // What is asked for at once goes to the database as one query, whoever asked.
    if (pool instanceof TenantPool && pool.isAmbient)
      throw new TypeError(
        "A Prisma client serves one tenant: give each its own, with perTenant(…) and hestia.pool(tenant)",
      );
    super(pool, { ...options, schema });
  }

  override async connect(): Promise<Adapter> {
    const adapter = unqualified(await super.connect());
    const { startTransaction } = adapter;
    adapter.startTransaction = async (level) =>
      unqualified(await startTransaction.call(adapter, level));
    return adapter;
  }
}

function unqualified<Q extends Queryable>(queryable: Q): Q {
  const { queryRaw, executeRaw } = queryable;
  queryable.queryRaw = (query) => queryRaw.call(queryable, withoutSchema(query));
  queryable.executeRaw = (query) => executeRaw.call(queryable, withoutSchema(query));
  return queryable;
}

function withoutSchema(query: Query): Query {
  return { ...query, sql: query.sql.replaceAll(prefix, "") };
}
