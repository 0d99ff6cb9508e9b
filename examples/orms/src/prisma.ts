// The shop with Prisma. Its client gathers what is asked for at once into one query, so each tenant has a client.

import { type Hestia, perTenant } from "@hestia/postgres";
import { TenantPrismaPg } from "@hestia/postgres/prisma";
import type pg from "pg";
import { Prisma, PrismaClient } from "../prisma/generated/client.ts";
import type { Audit, Failure, NewOrder, Shop } from "./shop.ts";

/** Opens the shop over a tenant's pool; never over the ambient one. */
export function prismaShop(pool: pg.Pool): Shop {
  const client = prismaClient(pool);
  return shopOf(() => client);
}

/** Opens the shop of the ambient tenant; each has its own client. */
export function ambientPrismaShop(hestia: Hestia): Shop {
  return shopOf(perTenant((tenant) => prismaClient(hestia.pool(tenant))));
}

/** A transaction waits for a connection as long as any other statement does: Prisma's default is 2 seconds. */
function prismaClient(pool: pg.Pool): PrismaClient {
  return new PrismaClient({
    adapter: new TenantPrismaPg(pool),
    transactionOptions: { maxWait: 30_000 },
  });
}

function shopOf(db: () => PrismaClient): Shop {
  return {
    async register(email) {
      await db().customer.create({ data: { email } });
    },

    place: (order) => db().$transaction((tx) => insertOrder(tx, order)),

    placeAll: (orders) =>
      db().$transaction(async (tx) => {
        let accepted = 0;
        for (const order of orders) {
          await tx
            .$transaction((savepoint) => insertOrder(savepoint, order))
            .then(
              () => (accepted += 1),
              () => {},
            );
        }
        return accepted;
      }),

    async amountOf(id) {
      const row = await db().order.findUnique({ where: { id } });
      return row?.cents;
    },

    async orders() {
      const found = await db().order.findMany({
        include: { customer: true, currency: true },
        orderBy: { cents: "asc" },
      });
      return found.map(({ id, customer, currency, cents }) => ({
        id,
        email: customer.email,
        currency: currency.name,
        cents,
      }));
    },

    async customers() {
      const found = await db().customer.findMany({
        include: { orders: { orderBy: { cents: "asc" } } },
        orderBy: { email: "asc" },
      });
      return found.map(({ email, orders }) => ({ email, cents: orders.map(({ cents }) => cents) }));
    },

    async reprice(id, cents) {
      const { count } = await db().order.updateMany({ where: { id }, data: { cents } });
      return count === 1;
    },

    async cancel(id) {
      const { count } = await db().order.deleteMany({ where: { id } });
      return count === 1;
    },

    audit: () =>
      db().$transaction(
        async (tx) => {
          await tx.$executeRaw`set transaction read only`;
          const [seen] = await tx.$queryRaw<Audit[]>`
            select coalesce(sum(cents), 0)::int as cents, current_setting('transaction_isolation') as isolation,
              current_setting('transaction_read_only') as "readOnly" from orders`;
          if (!seen) throw new Error("an aggregate without a row");
          return seen;
        },
        { isolationLevel: "Serializable" },
      ),

    failure,
  };
}

type Transaction = Pick<Prisma.TransactionClient, "$queryRaw" | "order">;

async function insertOrder(tx: Transaction, { email, currency, cents }: NewOrder): Promise<string> {
  // Prisma's own upsert names the column alone, and the key begins with the tenant.
  const [customer] = await tx.$queryRaw<[{ id: bigint }]>`
    insert into customers (email) values (${email})
    on conflict on constraint customers_email_key do update set email = excluded.email returning id`;
  const { id } = await tx.order.create({
    data: { customerId: customer.id, currencyCode: currency, cents },
  });
  return id;
}

type AdapterError = { cause: { originalCode?: string; constraint?: { index?: string } } };

/** Prisma keeps what its adapter read from pg's error; of Hestia's it keeps the code. */
function failure(error: unknown): Failure {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return error as Failure;
  const adapterError = error.meta?.driverAdapterError as AdapterError | undefined;
  if (!adapterError) return error;
  const { originalCode, constraint } = adapterError.cause;
  return { code: originalCode, constraint: constraint?.index };
}
