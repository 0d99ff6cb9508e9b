// The three statements that ORMs are measured by, all on a table `orders`, which the connection's search_path finds.

import type pg from "pg";

/** Rows of each tenant at the start, numbered from 1. */
export const rowsEach = 500;

/** What is measured: a row by its id, the newest 20 rows, and a new row. */
export const shapes = ["point read", "20-row page", "insert"] as const;

/** One of the three. */
export type Shape = (typeof shapes)[number];

/** The statements; with an id they name the tenant by hand, without one that is left to the database. */
export type Orders = Readonly<Record<Shape, (tenantId?: string) => Promise<unknown>>>;

/** The statements in a transaction of their own that says first whose it is, for row security to read. */
export type OrdersOf = (tenantId: string, shape: Shape) => Promise<unknown>;

/** An ORM or a query builder. */
export type Orm = {
  readonly name: string;
  /** Over a pool; the schema is named where it is not a tenant's pool. */
  open(pool: pg.Pool, schema?: string): Orders;
  /** The way in which it is usually used with row security. */
  usual: { readonly how: string; open(pool: pg.Pool, schema: string): OrdersOf };
};

/** What is read. */
export const columns = ["id", "customer", "status", "amount", "created_at"] as const;

let nextId = 1_000_000;

/** One of a tenant's first rows. */
export const anyId = () => 1 + Math.floor(Math.random() * rowsEach);

/** A row that is not there yet. */
export const newOrder = () => ({ id: nextId++, customer: "c", status: "new", amount: 7 });
