// What the shop does, whichever ORM it is written with. No method names a tenant: the pool knows whose shop it is.

/** An order as it comes in. */
export type NewOrder = {
  readonly email: string;
  readonly currency: string;
  readonly cents: number;
};

/** An order with its customer's address and its currency's name. */
export type Order = NewOrder & { readonly id: string };

/** A customer with the amounts of all orders, the smallest first. */
export type Customer = { readonly email: string; readonly cents: readonly number[] };

/** What a read-only, serializable transaction saw, and that it was one. */
export type Audit = {
  readonly cents: number;
  readonly isolation: string;
  readonly readOnly: string;
};

/** What PostgreSQL or Hestia said. */
export type Failure = {
  readonly code?: string | undefined;
  readonly constraint?: string | undefined;
};

export type Shop = {
  /** Inserts a customer; fails when the address is taken. */
  register(email: string): Promise<void>;
  /** Upserts the customer and inserts the order in one transaction; gives the order's id. */
  place(order: NewOrder): Promise<string>;
  /** Places all orders in one transaction, each in a savepoint; gives how many were accepted. */
  placeAll(orders: readonly NewOrder[]): Promise<number>;
  /** One row by its key. */
  amountOf(id: string): Promise<number | undefined>;
  /** All orders, joined with a table of the tenant's and one that tenants share; the smallest first. */
  orders(): Promise<Order[]>;
  /** All customers with their orders, by the ORM's relations. */
  customers(): Promise<Customer[]>;
  /** Updates one row; false when there is none. */
  reprice(id: string, cents: number): Promise<boolean>;
  /** Deletes one row; false when there is none. */
  cancel(id: string): Promise<boolean>;
  /** Adds all orders up in a serializable, read-only transaction. */
  audit(): Promise<Audit>;
  /** All amounts, the smallest first, a few rows at a time; absent where the ORM has no streams. */
  amounts?(): AsyncIterable<number>;
  /** Finds what the database said in the error that the ORM throws. */
  failure(error: unknown): Failure;
};
