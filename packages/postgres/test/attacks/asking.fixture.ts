// Conditions that PostgreSQL could ask before the policy: an error tells that another tenant's row met them.

import { type Attack, type Guard, replaced, type Stage } from "../stage.fixture.ts";
import { secret } from "../world.fixture.ts";
import { asRole, setConfig, together } from "./common.fixture.ts";

/** That no condition of a tenant's goes before the policy: by the logins' settings, and by what entering sets. */
const policyFirst: Guard[] = [
  {
    name: "to the logins' planner operators cost nothing",
    off: [(world) => asRole(world, "set cpu_operator_cost = 0.0025")],
    on: [(world) => asRole(world, "reset cpu_operator_cost")],
  },
  replaced(
    "entering makes them cost nothing",
    "hestia.enter(text)",
    "and pg_catalog.current_setting('cpu_operator_cost') operator(pg_catalog.=) '0'",
    "",
  ),
];

/** Conditions that PostgreSQL asks before the policy: should the policy raise, an error tells that a row met them. */
export const asking: Attack[] = [
  {
    name: "ask by the refusal of one's own suspension what stands in another tenant's row",
    models: ["shared"],
    guards: [
      replaced(
        "a tenant is refused before its statement",
        "hestia.enter_or_refuse(text)",
        "raise exception 'the tenant is suspended' using errcode = 'HT002';",
        "return false;",
      ),
      raising("s.state = 'active'"),
      ...policyFirst.slice(0, 1),
      replaced(
        "entering makes them cost nothing",
        "hestia.enter_or_refuse(text)",
        "perform set_config('cpu_operator_cost', '0', true);",
        "",
      ),
    ],
    ruled: false,
    run: async (stage) => {
      const { superuser } = stage.world;
      await superuser.query("select hestia.set_state($1, 'suspended')", [stage.attacker.id]);
      try {
        return await tellsApart(stage, (where) => `delete from orders where ${where}`);
      } finally {
        await superuser.query("select hestia.set_state($1, 'active')", [stage.attacker.id]);
      }
    },
  },
  {
    name: "ask by the refusal of another place what stands in its tenant's row",
    models: ["schema"],
    guards: [raising("s.place = placement"), ...policyFirst],
    ruled: false,
    run: (stage) =>
      tellsApart(stage, (where) => `select from «victim.place».orders where ${where}`),
  },
  {
    name: "ask by a failing sub-select of one's own what stands in another tenant's row",
    models: together,
    guards: policyFirst,
    ruled: false,
    run: async (stage) => {
      const ask = async (note: string) =>
        (
          await stage.attack(
            `select from «victim.place».orders tablesample bernoulli (100)
             where tenant_id = any (array['«victim»'::uuid]) and id = any (array[7]) and note = any (array['${note}'])
               and note = any (array[(select (random() || 'x')::text::bigint::text)])`,
          )
        ).error;
      return (await ask(secret)) !== (await ask("no such note"));
    },
  },
  {
    name: "ask by spoiling one's own scope what stands in another tenant's row",
    models: ["shared"],
    guards: [setConfig, ...policyFirst],
    ruled: false,
    run: (stage) =>
      tellsApart(
        stage,
        (where) =>
          `with s as materialized (select set_config('hestia.scope', '', true) as v)
           select (select count(*) from orders where ${where}) from s where v is not null`,
      ),
  },
];

/** That policies do not raise for what a statement can bring about; without it they do unless this holds of the key's row. */
function raising(unless: string): Guard {
  return replaced(
    `the policy does not raise unless ${unless}`,
    "hestia.scope(text)",
    "  if not found and coalesce(pg_catalog.current_setting('hestia.scope', true), '') operator(pg_catalog.=) '' then",
    `  perform from hestia.scopes s where s.digest = sha256(current_setting('hestia.scope')::bytea) and ${unless};
  if not found then`,
  );
}

/** The same statement about one row of the victim's, asking what is true of it and what is not. */
async function tellsApart(stage: Stage, text: (where: string) => string): Promise<boolean> {
  const { rows } = await stage.world.superuser.query(
    stage.fill(
      `select ctid from «victim.place».orders where tenant_id = '«victim»' and note = '${secret}' limit 1`,
    ),
  );
  const ask = async (condition: string) =>
    (await stage.attack(text(`ctid = '${rows[0]?.ctid}' and ${condition}`))).error;
  return (await ask("note is null")) !== (await ask("note is not null"));
}

/** The same statement, with and without the victim's value: a difference is a leak. */
