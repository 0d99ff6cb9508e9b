// The statements with Prisma. findFirst, since what findUnique is asked for at once it gathers into one statement, also of
// several tenants: that would compare another number of statements.

import { TenantPrismaPg } from "@hestia/postgres/prisma";
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "../../prisma/generated/client.ts";
import { anyId, newOrder, type Orders, type Orm } from "./orders.ts";

const select = { id: true, customer: true, status: true, amount: true, createdAt: true } as const;

/** Over any pool; as a client that is extended for a tenant. */
export const prisma: Orm = {
  name: "Prisma",
  open: (pool, schema) =>
    ordersOf(
      new PrismaClient({
        adapter: schema === undefined ? new TenantPrismaPg(pool) : new PrismaPg(pool, { schema }),
      }),
    ),
  usual: {
    how: "its extension for row security",
    open(pool, schema) {
      const client = new PrismaClient({ adapter: new PrismaPg(pool, { schema }) });
      const kept = new Map<string, Orders>();
      return (tenantId, shape) => {
        const orders = kept.get(tenantId) ?? ordersOf(extended(client, tenantId));
        kept.set(tenantId, orders);
        return orders[shape]();
      };
    },
  },
};

type Client = Pick<PrismaClient, "order">;

/** As in prisma-client-extensions/row-level-security. */
function extended(client: PrismaClient, tenantId: string): Client {
  return client.$extends({
    query: {
      $allModels: {
        async $allOperations({ args, query }) {
          const [, result] = await client.$transaction([
            client.$executeRaw`select set_config('app.tenant', ${tenantId}, true)`,
            query(args) as ReturnType<typeof client.$executeRaw>,
          ]);
          return result;
        },
      },
    },
  }) as unknown as Client;
}

function ordersOf({ order }: Client): Orders {
  const isOf = (tenantId: string | undefined) => (tenantId === undefined ? {} : { tenantId });
  return {
    "point read": (tenantId) =>
      order.findFirst({ select, where: { ...isOf(tenantId), id: anyId() } }),
    "20-row page": (tenantId) =>
      order.findMany({
        select,
        where: isOf(tenantId),
        orderBy: { createdAt: "desc" },
        take: 20,
      }),
    insert: (tenantId) =>
      order.create({ data: { ...isOf(tenantId), ...newOrder() }, select: { id: true } }),
  };
}
