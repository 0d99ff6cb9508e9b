// What becomes of keys: primary, unique, exclusion and foreign keys get the tenant in front and keep all else.

import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { makePlatform, type Partition, type Platform } from "./partitions.fixture.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await makePlatform(inject("postgresUrl"));
});
afterAll(() => platform?.close());

describe.each(["shared", "schema"] as const)("a migration of a %s tenant", (model) => {
  let place: Partition;
  beforeEach(async () => {
    place = await platform.partition(model);
  });

  test("puts the tenant in front of primary and unique keys, once", async () => {
    await place.migrate(`
      create table one (id bigint primary key, email text unique, "Odd ""name" text, unique (email, "Odd ""name"));
      create table two (a int, b int, c int, constraint "Two's key" primary key (b, a));
      create table led (tenant_id uuid not null, id int, primary key (tenant_id, id));
      create table last (id int, tenant_id uuid, primary key (id, tenant_id));
      create table bare (note text);`);
    expect(await place.constraints("one")).toEqual({
      one_pkey: "PRIMARY KEY (tenant_id, id)",
      one_email_key: "UNIQUE (tenant_id, email)",
      'one_email_Odd "name_key': 'UNIQUE (tenant_id, email, "Odd ""name")',
    });
    expect(await place.constraints("two")).toEqual({
      "Two's key": "PRIMARY KEY (tenant_id, b, a)",
    });
    expect(await place.constraints("led")).toEqual({ led_pkey: "PRIMARY KEY (tenant_id, id)" });
    expect(await place.constraints("last")).toEqual({ last_pkey: "PRIMARY KEY (tenant_id, id)" });
    expect(await place.faults()).toEqual([]);
  });

  test("keeps what a unique key says besides its columns", async () => {
    await place.migrate(`
      create table t (
        a int, b text, c int, d int,
        constraint nulls unique nulls not distinct (a, b),
        constraint includes unique (a) include (c, b),
        constraint later unique (b) deferrable initially deferred,
        constraint maybe unique (c) deferrable,
        constraint loose unique (d) with (fillfactor = 70)
      );
      comment on constraint nulls on t is 'a reason';
      comment on index loose is 'an index''s reason';`);
    expect(await place.constraints("t")).toEqual({
      nulls: "UNIQUE NULLS NOT DISTINCT (tenant_id, a, b)",
      includes: "UNIQUE (tenant_id, a) INCLUDE (c, b)",
      later: "UNIQUE (tenant_id, b) DEFERRABLE INITIALLY DEFERRED",
      maybe: "UNIQUE (tenant_id, c) DEFERRABLE",
      loose: "UNIQUE (tenant_id, d)",
    });
    expect((await place.indexes("t")).loose).toContain("WITH (fillfactor='70')");
    expect(
      await place.list(
        "select obj_description(oid) from pg_constraint where conname = 'nulls' and conrelid = '$place.t'::regclass",
      ),
    ).toEqual(["a reason"]);
    expect(
      await place.list("select obj_description('$place.loose'::regclass, 'pg_class')"),
    ).toEqual(["an index's reason"]);
  });

  test("puts the tenant in front of exclusion constraints", async () => {
    await place.migrate(`
      create table bookings (
        room int, during tstzrange, note text,
        constraint once exclude using gist (room with =, during with &&) where (note <> ' USING gist (') deferrable
      );`);
    expect(await place.constraints("bookings")).toEqual({
      once: "EXCLUDE USING gist (tenant_id WITH =, room WITH =, during WITH &&) WHERE ((note <> ' USING gist ('::text)) DEFERRABLE",
    });
    expect(await place.faults()).toEqual([]);
  });

  test("keeps what foreign keys do", async () => {
    await place.migrate(`
      create table parents (id bigint primary key, code text, part int, unique (code, part));
      create table children (
        id bigint primary key,
        a bigint constraint a references parents on delete cascade on update cascade,
        b bigint constraint b references parents (id) on delete set null,
        c bigint default 0 constraint c references parents on delete set default on update restrict,
        d bigint constraint d references parents on delete restrict,
        e bigint constraint e references parents deferrable initially deferred,
        f bigint constraint f references parents match full deferrable,
        code text, part int,
        constraint g foreign key (code, part) references parents (code, part) on delete set null,
        constraint h foreign key (part, code) references parents (part, code) on delete set null (code)
      );
      alter table children add constraint i foreign key (id) references parents not valid;
      comment on constraint a on children is 'why';`);
    expect(await place.constraints("children")).toEqual({
      children_pkey: "PRIMARY KEY (tenant_id, id)",
      a: "FOREIGN KEY (tenant_id, a) REFERENCES parents(tenant_id, id) ON UPDATE CASCADE ON DELETE CASCADE",
      b: "FOREIGN KEY (tenant_id, b) REFERENCES parents(tenant_id, id) ON DELETE SET NULL (b)",
      c: "FOREIGN KEY (tenant_id, c) REFERENCES parents(tenant_id, id) ON UPDATE RESTRICT ON DELETE SET DEFAULT (c)",
      d: "FOREIGN KEY (tenant_id, d) REFERENCES parents(tenant_id, id) ON DELETE RESTRICT",
      e: "FOREIGN KEY (tenant_id, e) REFERENCES parents(tenant_id, id) DEFERRABLE INITIALLY DEFERRED",
      f: "FOREIGN KEY (tenant_id, f) REFERENCES parents(tenant_id, id) DEFERRABLE",
      g: "FOREIGN KEY (tenant_id, code, part) REFERENCES parents(tenant_id, code, part) ON DELETE SET NULL (code, part)",
      h: "FOREIGN KEY (tenant_id, part, code) REFERENCES parents(tenant_id, part, code) ON DELETE SET NULL (code)",
      i: "FOREIGN KEY (tenant_id, id) REFERENCES parents(tenant_id, id) NOT VALID",
    });
    expect(
      await place.list(
        "select obj_description(oid) from pg_constraint where conname = 'a' and conrelid = '$place.children'::regclass",
      ),
    ).toEqual(["why"]);
  });

  test("converts tables that refer to themselves, to each other and in a long chain", async () => {
    const chain = Array.from(
      { length: 30 },
      (_, at) =>
        `create table link_${at} (id int primary key, next int ${at > 0 ? `references link_${at - 1}` : ""});`,
    );
    await place.migrate(`
      create table people (id int primary key, boss int references people on delete set null);
      create table a (id int primary key, b int);
      create table b (id int primary key, a int references a (id));
      alter table a add constraint to_b foreign key (b) references b (id) deferrable;
      ${chain.join("\n")}
      alter table link_0 add foreign key (next) references link_29;`);
    expect(await place.faults()).toEqual([]);
    expect((await place.constraints("people")).people_boss_fkey).toContain("SET NULL (boss)");
    expect((await place.constraints("a")).to_b).toContain("(tenant_id, b)");
  });

  test("isolates by name, with all that foreign keys bind to it, and lets the same file go on", async () => {
    await place.migrate(`
      create table a (id int primary key);
      create table b (id int primary key, a int references a);
      select hestia.isolate('b'), hestia.isolate('b');
      create table c (id int primary key, b int);
      select hestia.isolate('c');
      alter table c add foreign key (tenant_id, b) references b on delete cascade;`);
    expect(await place.faults()).toEqual([]);
    expect((await place.constraints("c")).c_tenant_id_b_fkey).toBe(
      "FOREIGN KEY (tenant_id, b) REFERENCES b(tenant_id, id) ON DELETE CASCADE",
    );
  });

  test("accepts keys that the author led with the tenant, whichever key they rest on", async () => {
    await place.migrate(`
      create table a (tenant_id uuid not null, id int primary key, unique (id, tenant_id));
      create table b (
        tenant_id uuid not null, id int, a int, primary key (tenant_id, id),
        constraint to_a foreign key (a, tenant_id) references a (id, tenant_id) on delete set null (a)
      );`);
    expect(await place.constraints("a")).toEqual({
      a_pkey: "PRIMARY KEY (tenant_id, id)",
      a_id_tenant_id_key: "UNIQUE (tenant_id, id)",
    });
    expect((await place.constraints("b")).to_a).toBe(
      "FOREIGN KEY (a, tenant_id) REFERENCES a(id, tenant_id) ON DELETE SET NULL (a)",
    );
    expect(await place.faults()).toEqual([]);
  });

  test("lets foreign keys refer to shared tables as they are", async () => {
    await platform.cluster.migrateShared(platform.sharedFiles);
    await place.migrate(
      "create table t (id int primary key, code text references countries on delete set null);",
    );
    expect((await place.constraints("t")).t_code_fkey).toBe(
      "FOREIGN KEY (code) REFERENCES shared.countries(code) ON DELETE SET NULL",
    );
    await place.as("insert into t values (1, 'ch')");
    await expect(place.as("insert into t values (2, 'xx')")).rejects.toMatchObject({
      code: "23503",
    });
  });

  test("makes keys of each tenant's own: the same id twice is no conflict", async () => {
    await place.migrate(`
      create table a (id int primary key, email text unique);
      create table b (id int primary key, a int references a on delete cascade);`);
    await place.as("insert into a values (1, 'x@y'); insert into b values (1, 1)");
    await expect(place.as("insert into a values (1, 'z')")).rejects.toMatchObject({
      code: "23505",
    });
    await expect(place.as("insert into a values (2, 'x@y')")).rejects.toMatchObject({
      code: "23505",
    });
    await expect(place.as("insert into b values (2, 2)")).rejects.toMatchObject({ code: "23503" });
    if (model === "shared") {
      const neighbour = await platform.neighbour();
      await expect(place.as("insert into b values (2, 1)", neighbour)).rejects.toMatchObject({
        code: "23503",
      });
      await place.as("insert into a values (1, 'x@y'); insert into b values (1, 1)", neighbour);
      await place.as("delete from a", neighbour);
    }
    expect(await place.as("select id, a from b")).toEqual([{ id: 1, a: 1 }]);
  });

  describe("of a later time, with rows there,", () => {
    beforeEach(async () => {
      await place.migrate(`
        create table customers (id int primary key, name text);
        create table orders (id int primary key, customer int references customers, note text);`);
      const fill =
        "insert into customers select g, 'n' from generate_series(1, 3) g; insert into orders select g, g, 'o' from generate_series(1, 3) g";
      await place.as(fill);
      if (model === "shared") await place.as(fill, await platform.neighbour());
    });

    test("adds unique keys and foreign keys to isolated tables", async () => {
      await place.migrate(`
        alter table orders add column twin int, add constraint twins unique (twin), add unique (tenant_id, customer);
        alter table orders add constraint to_twin foreign key (tenant_id, twin) references orders (tenant_id, id) on delete set null (twin);`);
      expect(await place.constraints("orders")).toMatchObject({
        twins: "UNIQUE (tenant_id, twin)",
        orders_tenant_id_customer_key: "UNIQUE (tenant_id, customer)",
        to_twin:
          "FOREIGN KEY (tenant_id, twin) REFERENCES orders(tenant_id, id) ON DELETE SET NULL (twin)",
      });
    });

    test("adds tables that refer to isolated ones", async () => {
      await place.migrate(`
        create table lines (tenant_id uuid not null, id int primary key, "order" int not null,
          foreign key (tenant_id, "order") references orders on delete cascade);
        create table parts (id int primary key, line int references lines (id));`);
      expect(await place.constraints("parts")).toEqual({
        parts_pkey: "PRIMARY KEY (tenant_id, id)",
        parts_line_fkey: "FOREIGN KEY (tenant_id, line) REFERENCES lines(tenant_id, id)",
      });
      expect(await place.faults()).toEqual([]);
    });

    test("lets an isolated table refer to a new one", async () => {
      await place.migrate(`
        create table kinds (id int primary key);
        alter table orders add column kind int constraint to_kind references kinds (id);`);
      expect((await place.constraints("orders")).to_kind).toBe(
        "FOREIGN KEY (tenant_id, kind) REFERENCES kinds(tenant_id, id)",
      );
    });

    test("drops a table and makes it again, and renames tables and columns", async () => {
      await place.migrate(`
        drop table orders;
        create table orders (id uuid primary key, customer int);
        alter table customers rename to "Clients";
        alter table "Clients" rename name to "Name";`);
      expect(await place.faults()).toEqual([]);
      expect(
        await place.as('select count(*)::int as n, max("Name") as name from "Clients"'),
      ).toEqual([{ n: 3, name: "n" }]);
    });

    test("changes a primary key and puts the tenant back in front", async () => {
      await place.migrate(`
        alter table orders drop constraint orders_pkey;
        alter table orders add column number int;
        update orders set number = id * 10;
        alter table orders add primary key (number, tenant_id);`);
      expect((await place.constraints("orders")).orders_pkey).toBe(
        "PRIMARY KEY (tenant_id, number)",
      );
    });

    test("touches no table that is in order", async () => {
      const versions =
        "select relname, xmin from pg_class where oid in ('$place.customers'::regclass, '$place.orders'::regclass)";
      const before = await place.rows(versions);
      await place.migrate("create table other (id int primary key); create index on other (id);");
      expect(await place.rows(versions)).toEqual(before);
    });
  });
});
