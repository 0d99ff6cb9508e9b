// Rows of another tenant's, written or broken.

import pg from "pg";
import { withDatabase } from "../../src/cluster/admin.ts";
import { type Attack, replaced, rowSecurity, type Stage } from "../stage.fixture.ts";
import { all, together } from "./common.fixture.ts";

export const writing: Attack[] = [
  ...[
    [
      "insert a row that names another tenant",
      "insert into «victim.place».orders (tenant_id, id) values ('«victim»', 99999)",
    ],
    [
      "update another tenant's rows",
      "update «victim.place».orders set note = note where tenant_id = '«victim»' and id = 1",
    ],
    [
      "delete another tenant's rows",
      "delete from «victim.place».orders where tenant_id = '«victim»' and id = 300",
    ],
    [
      "upsert over another tenant's row",
      "insert into «victim.place».orders (tenant_id, id) values ('«victim»', 2) on conflict (tenant_id, id) do update set amount = 2",
    ],
    [
      "merge into another tenant's rows",
      "merge into «victim.place».orders o using (values ('«victim»'::uuid, 3)) s (t, i) on o.tenant_id = s.t and o.id = s.i when matched then update set amount = 3",
    ],
    [
      "refer to another tenant's row by a foreign key",
      "insert into «victim.place».orders (tenant_id, id, customer_id) values ('«victim»', 99998, 1)",
    ],
  ].map(
    ([name = "", text = ""]): Attack => ({
      name,
      models: together,
      guards: [rowSecurity("orders")],
      ruled: false,
      run: async (stage) => (await stage.attack(text)).rowCount > 0,
    }),
  ),
  {
    name: "give one's own row to another tenant",
    models: ["shared"],
    guards: [rowSecurity("orders")],
    ruled: false,
    run: async (stage) => {
      await stage.attack("insert into orders (id) values (70001)");
      return (
        (
          await stage.attack(
            "update orders set tenant_id = '«victim»' where tenant_id = '«attacker»' and id = 70001",
          )
        ).rowCount > 0
      );
    },
  },
  {
    name: "write rows of one's own into another tenant's schema",
    models: ["schema"],
    guards: [
      {
        name: "the policy names its place",
        off: [
          "alter policy hestia_tenant on «victim.place».orders using (tenant_id = (select hestia.scope('«attacker.place»')))",
        ],
        on: [
          "alter policy hestia_tenant on «victim.place».orders using (tenant_id = (select hestia.scope('«victim.place»')))",
        ],
      },
      {
        name: "a check pins the tenant",
        off: ["alter table «victim.place».orders drop constraint if exists hestia_tenant_check"],
        on: [
          "alter table «victim.place».orders add constraint hestia_tenant_check check (tenant_id = '«victim»') not valid",
        ],
      },
    ],
    ruled: false,
    run: async (stage) =>
      (
        await stage.attack(
          "insert into «victim.place».orders (id) values (floor(random() * 1e9)::bigint)",
        )
      ).rowCount > 0,
  },
  {
    name: "write into the shared tables from a schema of one's own",
    models: ["schema"],
    guards: [
      {
        name: "the policy names its place",
        off: [
          "create table if not exists app.orders (like «victim.place».orders including defaults including indexes)",
          "alter table app.orders owner to {{owner}}",
          "grant insert on app.orders to {{app}}",
          "alter table app.orders disable row level security",
        ],
        on: ["set role {{owner}}", "select hestia.settle('app')", "reset role"],
      },
    ],
    ruled: false,
    run: async (stage) =>
      (
        await stage.attack(
          "insert into app.orders (id, number) values (floor(random() * 1e9)::bigint, 1)",
        )
      ).rowCount > 0,
  },
  {
    name: "empty a table that tenants share",
    models: together,
    guards: [
      {
        name: "TRUNCATE is not granted",
        off: ["grant truncate on «victim.place».scratch to {{app}}"],
        on: ["revoke truncate on «victim.place».scratch from {{app}}"],
      },
    ],
    ruled: true,
    run: async (stage) => {
      await stage.suffer("insert into scratch (id) values (1) on conflict do nothing");
      await stage.attack("truncate «victim.place».scratch");
      const { rows } = await stage.world.superuser.query(
        stage.fill("select count(*) as n from «victim.place».scratch where tenant_id = '«victim»'"),
      );
      return Number(rows[0]?.n) === 0;
    },
  },
  {
    name: "write in an older transaction after a suspension",
    models: all,
    guards: [
      replaced(
        "an older snapshot is held against the key's row",
        "hestia.enter(text)",
        "and pg_catalog.current_setting('transaction_isolation') operator(pg_catalog.=) 'read committed'",
        "",
      ),
    ],
    ruled: false,
    run: writeAfterSuspension,
  },
];

async function writeAfterSuspension(stage: Stage): Promise<boolean> {
  const { attacker } = stage;
  const client = await stage.world.rawClient(attacker);
  const superuser = new pg.Client({
    connectionString: withDatabase(stage.world.clone.databaseUrl, attacker.database),
  });
  await superuser.connect();
  try {
    await client.query("begin isolation level repeatable read");
    const enter = () => client.query("select hestia.enter($1)", [attacker.key]);
    await enter();
    await client.query("select count(*) from orders");
    await superuser.query("select hestia.set_state($1, 'suspended')", [attacker.id]);
    await enter();
    await client.query("insert into scratch (id) values (floor(random() * 1e9)::bigint)");
    await client.query("commit");
    return true;
  } catch {
    return false;
  } finally {
    await superuser.query("select hestia.set_state($1, 'active')", [attacker.id]);
    await superuser.end();
    await client.end();
  }
}
