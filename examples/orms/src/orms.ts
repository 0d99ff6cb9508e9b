// The ORMs that the shop is written with, and how each is opened.

import type { Hestia, Tenant } from "@hestia/postgres";
import { drizzleShop } from "./drizzle.ts";
import { knexShop } from "./knex.ts";
import { kyselyShop } from "./kysely.ts";
import { ambientPrismaShop, prismaShop } from "./prisma.ts";
import type { Shop } from "./shop.ts";
import { typeormShop } from "./typeorm.ts";

export type Orm = {
  readonly name: string;
  /** Whether it can give rows before it has them all. */
  readonly streams: boolean;
  /** Opens one tenant's shop. */
  open(hestia: Hestia, tenant: Tenant): Shop | Promise<Shop>;
  /** Opens the shop of whichever tenant the context names when it is asked. */
  openAmbient(hestia: Hestia): Shop | Promise<Shop>;
};

export const orms: readonly Orm[] = [
  {
    name: "Kysely",
    streams: true,
    open: (hestia, tenant) => kyselyShop(hestia.pool(tenant)),
    openAmbient: (hestia) => kyselyShop(hestia.ambientPool()),
  },
  {
    name: "Drizzle",
    streams: false,
    open: (hestia, tenant) => drizzleShop(hestia.pool(tenant)),
    openAmbient: (hestia) => drizzleShop(hestia.ambientPool()),
  },
  {
    name: "Prisma",
    streams: false,
    open: (hestia, tenant) => prismaShop(hestia.pool(tenant)),
    openAmbient: ambientPrismaShop,
  },
  {
    name: "TypeORM",
    streams: true,
    open: (hestia, tenant) => typeormShop(hestia.pool(tenant)),
    openAmbient: (hestia) => typeormShop(hestia.ambientPool()),
  },
  {
    name: "Knex",
    streams: true,
    open: (hestia, tenant) => knexShop(hestia.pool(tenant)),
    openAmbient: (hestia) => knexShop(hestia.ambientPool()),
  },
];
