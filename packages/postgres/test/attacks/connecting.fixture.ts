// The databases and logins beside one's own.

import { databaseOf } from "../../src/cluster/admin.ts";
import type { Attack, Stage } from "../stage.fixture.ts";

export const connecting: Attack[] = [
  "«victim.database»",
  "postgres",
  "template1",
  "the platform",
  "the data database",
].map(
  (name): Attack => ({
    name: `connect from a tenant's own database to ${name.replace(/[«»]/g, "")}`,
    models: ["database"],
    guards: [
      {
        name: "CONNECT is revoked",
        off: [(world) => withConnect(world, name, "grant", "to")],
        on: [(world) => withConnect(world, name, "revoke", "from")],
      },
    ],
    ruled: false,
    run: async (stage) => {
      try {
        const client = await stage.world.rawClient(stage.attacker, {
          database: databaseNamed(stage.world, name),
        });
        await client.end();
        return true;
      } catch (error) {
        // Past CONNECT the library's own statement may be missing there: it got in.
        return (error as { code?: string }).code !== "42501";
      }
    },
  }),
);

function databaseNamed(world: Stage["world"], name: string): string {
  if (name === "the platform") return databaseOf(world.clone.databaseUrl);
  if (name === "the data database") return world.clone.dataDatabase;
  return name === "«victim.database»" ? world.victim.database : name;
}

async function withConnect(
  world: Stage["world"],
  name: string,
  verb: string,
  preposition: string,
): Promise<void> {
  await world.superuser.query(
    `${verb} connect on database ${databaseNamed(world, name)} ${preposition} ${world.attacker.database}`,
  );
}
