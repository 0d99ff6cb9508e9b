// What the families of attacks share.

import { type Attack, revoked, type Stage } from "../stage.fixture.ts";

export const together = ["shared", "schema"] as const;
export const all = ["shared", "schema", "database"] as const;

export const setConfig = revoked("set_config(text, text, boolean)");
export const accepted = async (stage: Stage, text: string) =>
  (await stage.attack(text)).error === undefined;

/** Held by the rule on first tokens alone: PostgreSQL lets every role do it. */
export function ruledOut(name: string, text: string, after?: string): Attack {
  return {
    name,
    models: all,
    guards: [],
    ruled: true,
    run: async (stage) => {
      const done = await accepted(stage, text);
      if (done && after) await stage.world.superuser.query(stage.fill(after));
      return done;
    },
  };
}

/** Gives the tenants' logins a setting, or takes it back. */
export async function asRole(world: Stage["world"], setting: string): Promise<void> {
  await world.superuser.query(
    `alter role ${world.rolePrefix}_app_1 in database ${world.victim.database} ${setting}`,
  );
}

/** Whether a count of the victim's rows is above nothing. */
export const seesVictim = (rows: Record<string, unknown>[]) =>
  rows.some((row) => Number(row.n) > 0);
