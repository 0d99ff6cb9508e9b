// Other tenants' statements, sessions and locks: seen, cancelled, blocked.

import { type Attack, type Guard, revoked, type Stage } from "../stage.fixture.ts";
import { accepted, all, seesVictim, together } from "./common.fixture.ts";

export const signalling: Attack[] = [
  {
    name: "read another tenant's statement while it runs",
    models: together,
    guards: [revoked("pg_stat_get_activity(integer)")],
    ruled: false,
    run: (stage) =>
      whileVictimRuns(stage, async () => {
        const { rows } = await stage.attack(
          "select query from pg_stat_activity where query like '%iban-DE89%' and query not like '%pg_stat_activity%'",
        );
        return rows.length > 0;
      }),
  },
  {
    name: "cancel another tenant's statement",
    models: together,
    guards: [revoked("pg_cancel_backend(integer)")],
    ruled: false,
    run: (stage) =>
      whileVictimRuns(
        stage,
        async (pid) =>
          (await stage.attack(`select pg_cancel_backend(${pid}) as done`)).rows[0]?.done === true,
      ),
  },
  {
    name: "end another tenant's connection",
    models: together,
    guards: [revoked("pg_terminate_backend(integer, bigint)")],
    ruled: false,
    run: (stage) =>
      whileVictimRuns(
        stage,
        async (pid) =>
          (await stage.attack(`select pg_terminate_backend(${pid}) as done`)).rows[0]?.done ===
          true,
      ),
  },
  {
    name: "leave an advisory lock to the next tenant",
    models: together,
    guards: [revoked("pg_advisory_lock(bigint)")],
    ruled: false,
    run: async (stage) => {
      const lock = Math.floor(Math.random() * 1e9);
      await stage.attack(`select pg_advisory_lock(${lock})`);
      const { rows } = await stage.world.superuser.query(
        "select count(*) as n from pg_locks where locktype = 'advisory' and objid::bigint = $1",
        [lock],
      );
      return seesVictim(rows);
    },
  },
  ...[
    [
      "forge a notification of the directory",
      "select pg_notify('hestia_directory', 'forged')",
      revoked("pg_notify(text, text)"),
    ],
    [
      "forge a barrier in the write-ahead log",
      "select pg_logical_emit_message(true, 'hestia', 'barrier')",
      revoked("pg_logical_emit_message(boolean, text, text, boolean)"),
    ],
    [
      "run hidden SQL by query_to_xml",
      "select query_to_xml('select 1', false, false, '')",
      revoked("query_to_xml(text, boolean, boolean, text)"),
    ],
    [
      "run hidden SQL by ts_stat",
      "select * from ts_stat('select to_tsvector(''a'')')",
      revoked("ts_stat(text)"),
    ],
    ["export a snapshot", "select pg_export_snapshot()", revoked("pg_export_snapshot()")],
  ].map(
    ([name, text, guard]): Attack => ({
      name: name as string,
      models: all,
      guards: [guard as Guard],
      ruled: false,
      run: (stage) => accepted(stage, text as string),
    }),
  ),
];

/** Runs the work while the victim's statement is under way on a connection of its own. */
async function whileVictimRuns(
  stage: Stage,
  work: (pid: number) => Promise<boolean>,
): Promise<boolean> {
  const client = await stage.victimClient();
  const { processID: pid } = client as unknown as { processID: number };
  const running = client.query("select 'iban-DE89', pg_sleep(30)").catch(() => {});
  try {
    for (;;) {
      const { rows } = await stage.world.superuser.query(
        "select state from pg_stat_activity where pid = $1 and query like '%iban-DE89%'",
        [pid],
      );
      if (rows[0]?.state === "active") return await work(pid);
    }
  } finally {
    await stage.world.superuser.query("select pg_terminate_backend($1)", [pid]);
    await running;
  }
}
