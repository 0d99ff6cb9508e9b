// The scope itself: keys forged, kept, guessed, found.

import type { Attack } from "../stage.fixture.ts";
import { accepted, all, asRole, together } from "./common.fixture.ts";

export const sealing: Attack[] = [
  {
    name: "read the digests of the scope keys",
    models: all,
    guards: [
      {
        name: "hestia.scopes is unreadable",
        off: ["grant select on hestia.scopes to {{app}}"],
        on: ["revoke select on hestia.scopes from {{app}}"],
      },
    ],
    ruled: false,
    run: (stage) => accepted(stage, "select from hestia.scopes"),
  },
  {
    name: "issue a key for another tenant",
    models: all,
    guards: [
      {
        name: "only the directory issues keys",
        off: ["grant execute on function hestia.issue(bytea, uuid) to {{app}}"],
        on: ["revoke execute on function hestia.issue(bytea, uuid) from {{app}}"],
      },
    ],
    ruled: false,
    run: async (stage) =>
      (await stage.attack("select hestia.issue(sha256('mine'), (select '«attacker»'::uuid))"))
        .error !== "42501",
  },
  {
    name: "end another tenant's suspension",
    models: all,
    guards: [
      {
        name: "only the owner sets states",
        off: ["grant execute on function hestia.set_state(uuid, text) to {{app}}"],
        on: ["revoke execute on function hestia.set_state(uuid, text) from {{app}}"],
      },
    ],
    ruled: false,
    // Past the right to call it, the tables behind it refuse: that it runs at all is enough.
    run: async (stage) =>
      !/function set_state/.test(
        (await stage.attack("select hestia.set_state('«victim»', 'active')")).message ?? "",
      ),
  },
  {
    name: "make a temporary table that shadows a real one",
    models: all,
    guards: [
      {
        name: "TEMPORARY is not granted",
        off: [
          "grant temporary on database «victim.database» to public",
          "grant temporary on database «attacker.database» to public",
        ],
        on: [
          "revoke temporary on database «victim.database» from public",
          "revoke temporary on database «attacker.database» from public",
        ],
      },
    ],
    ruled: true,
    run: (stage) => accepted(stage, "create temporary table orders (id bigint)"),
  },
  {
    name: "make a table of one's own",
    models: all,
    guards: [
      {
        name: "CREATE is not granted",
        off: ["grant create on schema «attacker.place» to {{app}}"],
        on: ["revoke create on schema «attacker.place» from {{app}}"],
      },
    ],
    ruled: false,
    run: async (stage) => {
      const made = await accepted(stage, "select * into stolen from orders");
      return made;
    },
  },
  {
    name: "have keys written to the server's log as parameters",
    models: together,
    guards: [
      {
        name: "parameters of the login are not logged",
        off: [(world) => asRole(world, "set log_parameter_max_length = -1")],
        on: [(world) => asRole(world, "reset log_parameter_max_length")],
      },
    ],
    ruled: false,
    run: async (stage) => {
      const client = await stage.world.rawClient(stage.attacker);
      const { rows } = await client.query(
        "select current_setting('log_parameter_max_length') as v",
      );
      return rows[0]?.v !== "0";
    },
  },
];
