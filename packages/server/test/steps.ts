// Every kind of operation and its steps, for tests that disturb servers in each of them: how a step is held back when its work is
// done and not yet noted, and what an undisturbed one comes to. A new step is covered without a line; a new kind needs how it
// is begun.
import { type IsolationModel, isolationModels } from "@hestia/core";
import { ownOperations } from "@hestia/server";
import pg from "pg";
import { expect, inject } from "vitest";
import { type Clone, cloneTemplate } from "../../../test/templates.ts";
import { kinds, type Prepared } from "./begun.ts";
import { pictureOf, pictureOfRest } from "./picture.ts";
import { type ServerProcess, startProcess } from "./process.ts";
import { ask, createTenant, migrations, until } from "./world.ts";

/** A step that a server is disturbed in: when it is done, or when it failed at its very end and was undone. */
export type Round = {
  readonly kind: string;
  readonly step: string;
  readonly isUndone: boolean;
  readonly isolation: IsolationModel;
};

/** What a stage stands on. */
export type Ground = Pick<Clone, "databaseUrl" | "dataDatabase" | "secretKey" | "drop">;

/** A platform with one server, whose steps can be held back. */
export class Stage {
  server: ServerProcess;
  readonly #clone: Ground;
  readonly #files = [...migrations];
  readonly #undisturbed = new Map<string, Promise<string[]>>();
  /** A frozen one would outlive a test that fails. */
  readonly #victims: ServerProcess[] = [];
  #made = 0;

  private constructor(clone: Ground, server: ServerProcess) {
    this.#clone = clone;
    this.server = server;
  }

  /** On a clone of its own, or on ground that the caller has. */
  static async open(given?: Ground): Promise<Stage> {
    const clone = given ?? (await cloneTemplate(inject("postgresUrl")));
    const server = await startProcess(clone);
    await ask(clone.databaseUrl, hook);
    const stage = new Stage(clone, server);
    await stage.#client.migrations.store({ files: migrations });
    await createTenant(stage.#client, { slug: "first" });
    await createTenant(stage.#client, { slug: "first-schema", isolation: "schema" });
    return stage;
  }

  /** Whether nothing says any more that there ever was another server. */
  async isAlone(): Promise<boolean> {
    return (await ask(this.#clone.databaseUrl, "select from platform.leases")).length === 1;
  }

  async close(): Promise<void> {
    for (const victim of this.#victims) await victim.kill("SIGKILL");
    await this.server.kill("SIGTERM");
    await this.#clone.drop();
  }

  /** Begins one operation for each of the rounds; with `isHeld`, each is in its step when this resolves. */
  async begin(rounds: readonly Round[], { isHeld = true } = {}): Promise<Scene> {
    await Promise.all(rounds.map((round) => this.#expected(round)));
    let before: string[] = [];
    await until("nothing is in the middle of something", async () => {
      before = await pictureOfRest(this.#clone);
      return !before.some((line) => line.startsWith("transaction left open"));
    });
    const prepared = await Promise.all(rounds.map((round) => this.#prepare(round)));
    const letGo = isHeld
      ? await this.#hold(rounds.map((round, at) => [round, prepared[at] as Prepared]))
      : async () => {};
    const since = new Date();
    await Promise.all(prepared.map((each) => each.begin()));
    await until(
      "their steps' ends are held back",
      async () => {
        const rows = await ask(
          this.#clone.databaseUrl,
          "select from pg_stat_activity where datname = current_database() and wait_event = 'advisory' and application_name like 'hestia %'",
        );
        return !isHeld || rows.length === rounds.length;
      },
      90_000,
    );
    const begun = await Promise.all(
      rounds.map(({ kind }, at) => this.#operationOf(kind, (prepared[at] as Prepared).key, since)),
    );
    return {
      isTakenOver: async () => {
        const rows = await ask(
          this.#clone.databaseUrl,
          "select from platform.operations where id = any ($1) and (attempt > 1 or finished_at is not null)",
          [begun],
        );
        return rows.length === rounds.length;
      },
      letGo,
      end: async () => {
        for (const [at, { isUndone }] of rounds.entries())
          expect(await this.#ended(begun[at] as string)).toBe(isUndone ? "failed" : "succeeded");
      },
      compare: async () => {
        for (const [at, round] of rounds.entries())
          expect(await this.#picture(round, prepared[at] as Prepared)).toEqual(
            await this.#expected(round),
          );
        const made = prepared.flatMap((each) => each.makes ?? []);
        const rest = async () =>
          (await pictureOfRest(this.#clone)).filter(
            (line) => !made.some((name) => line.includes(name)),
          );
        // Sessions that were cut come again one by one.
        await expect.poll(rest, { timeout: 20_000 }).toEqual(before);
      },
    };
  }

  /** Another server, which from now on is the one. */
  async startHeir(): Promise<ServerProcess> {
    const victim = this.server;
    this.#victims.push(victim);
    this.server = await startProcess(this.#clone);
    return victim;
  }

  get #client() {
    return this.server.client;
  }

  #prepare({ kind, isolation }: Round): Promise<Prepared> {
    return (kinds[kind] as (typeof kinds)[string])({
      client: this.#client,
      isolation,
      slug: `step-${++this.#made}`,
      databaseUrl: this.#clone.databaseUrl,
      files: this.#files,
    });
  }

  /** What a tenant looks like that went the same way, and nobody disturbed it. */
  #expected(round: Round): Promise<string[]> {
    const { kind, isolation, isUndone, step } = round;
    const name = [kind, isolation, isUndone ? step : "", this.#files.length].join("/");
    const known = this.#undisturbed.get(name) ?? this.#goUndisturbed(round);
    this.#undisturbed.set(name, known);
    return known;
  }

  async #goUndisturbed(round: Round): Promise<string[]> {
    if (isFleets(round.kind)) return [];
    const prepared = await this.#prepare(round);
    await this.#note([[round, prepared]], false);
    const since = new Date();
    await prepared.begin();
    await this.#ended(await this.#operationOf(round.kind, prepared.key, since));
    await ask(this.#clone.databaseUrl, "delete from held where key = $1", [prepared.key]);
    return this.#picture(round, prepared);
  }

  async #picture({ kind }: Round, { key, slug }: Prepared): Promise<string[]> {
    if (slug === undefined) {
      // Whatever it was begun with, nobody is behind.
      if (kind === "migrations.up")
        expect((await this.#client.migrations.get()).targets).toMatchObject({
          behind: 0,
          failed: 0,
        });
      return [];
    }
    const rows = await ask<{ id: string }>(
      this.#clone.databaseUrl,
      "select id from platform.tenants where slug = $1 or id::text = $1",
      [key],
    );
    return pictureOf(this.#clone, { id: rows[0]?.id ?? "", slug });
  }

  async #hold(rounds: readonly [Round, Prepared][]): Promise<() => Promise<void>> {
    const holder = new pg.Client(this.#clone.databaseUrl);
    holder.on("error", () => {});
    await holder.connect();
    await holder.query("select pg_advisory_lock(77)");
    await this.#note(rounds, true);
    return async () => {
      await ask(this.#clone.databaseUrl, "update held set holds = false");
      await holder.end();
    };
  }

  async #note(rounds: readonly [Round, Prepared][], holds: boolean): Promise<void> {
    for (const [{ step, isUndone }, { key }] of rounds)
      await ask(this.#clone.databaseUrl, "insert into held values ($1, $2, $3, $4)", [
        key,
        step,
        isUndone,
        holds,
      ]);
  }

  async #operationOf(kind: string, key: string, since: Date): Promise<string> {
    let id: string | undefined;
    await until(`${kind} is begun`, async () => {
      const rows = await ask<{ id: string }>(
        this.#clone.databaseUrl,
        `select o.id from platform.operations o left join platform.tenants t on t.id = o.tenant_id
         where o.kind = $1 and $2 in (o.kind, o.tenant_id::text, t.slug) and o.created_at >= $3::timestamptz - interval '1 s'
         order by o.created_at desc limit 1`,
        [kind, key, since],
      );
      id = rows[0]?.id;
      return id !== undefined;
    });
    return id ?? "";
  }

  async #ended(operationId: string): Promise<string> {
    let status = "";
    await until(
      "it is over",
      async () => {
        const rows = await ask<{ status: string; over: boolean }>(
          this.#clone.databaseUrl,
          "select status, finished_at is not null as over from platform.operations where id = $1",
          [operationId],
        );
        status = rows[0]?.status ?? "";
        return rows[0]?.over === true;
      },
      90_000,
    );
    return status;
  }
}

/** Operations that are under way. */
export type Scene = {
  /** Whether another server has them all. */
  isTakenOver(): Promise<boolean>;
  /** Holds nothing back any more. */
  letGo(): Promise<void>;
  /** Waits until all are over, in the way that they should be. */
  end(): Promise<void>;
  /** Holds what is there against what an undisturbed operation comes to, and against what was there before. */
  compare(): Promise<void>;
};

/** Holds the end of a step back, when its work is done, for as long as somebody has the lock; or lets it fail there, and
 * holds the end of its undoing back. */
const hook = `
  create table held (key text not null, step text not null, undone boolean not null, holds boolean not null);
  create function hold() returns trigger language plpgsql as $$
  declare asked public.held;
  begin
    select h.* into asked from public.held h join platform.operations o on o.id = new.operation_id
      left join platform.tenants t on t.id = o.tenant_id
      where h.step = new.name and h.key in (o.kind, o.tenant_id::text, t.slug) limit 1;
    if not found then return new; end if;
    if asked.undone and new.status = 'succeeded' then raise exception 'it fails at its very end'; end if;
    if asked.holds and asked.undone = (new.status = 'undone') then perform pg_advisory_xact_lock(77); end if;
    return new;
  end $$;
  create trigger hold before update on platform.operation_steps
    for each row when (new.status in ('succeeded', 'undone') and old.status <> new.status) execute function hold();`;

/** Whether it goes through the whole fleet, or looks at a copy of it, and has no tenant. */
const isFleets = (kind: string) => kind.startsWith("migrations.") || kind === "isolation.check";

/** Kinds that are not begun here. */
export const unknownKinds = (): string[] =>
  ownOperations.map(({ kind }) => kind).filter((kind) => !(kind in kinds));

const concurrency = 4;

/**
 * All rounds, as many beside each other as a server runs; which isolation model falls on which is another with another
 * offset. What goes through the whole fleet runs by itself.
 */
export function playedRounds(
  offset: number,
): { readonly names: string; readonly rounds: readonly Round[] }[] {
  const all = ownOperations
    .flatMap(({ kind, steps }) =>
      steps.flatMap((step) => {
        const canBeUndone = step.undo !== undefined || step.uncommit !== undefined;
        return [false, ...(canBeUndone ? [true] : [])].map((isUndone) => ({
          kind,
          step: step.name,
          isUndone,
        }));
      }),
    )
    .map((each, index) => ({
      ...each,
      isolation: isolationModels[(index + offset) % isolationModels.length] as IsolationModel,
    }));
  const alone = all.filter(({ kind }) => isFleets(kind));
  const others = all.filter((each) => !alone.includes(each));
  const changing = alone.filter(({ kind }) => kind === "migrations.up");
  // The one that takes longest waits for no other.
  const attacking = alone.filter(({ kind }) => kind === "isolation.check");
  const looking = alone.filter((each) => !changing.includes(each) && !attacking.includes(each));
  const groups = [
    ...chunksOf(others, concurrency),
    ...[...changing, ...attacking].map((each) => [each]),
    looking,
  ];
  return groups.map((rounds) => ({
    rounds,
    names: rounds
      .map(({ kind, step, isUndone, isolation }) =>
        [isFleets(kind) ? "" : isolation, kind, isUndone ? "undoing" : "", `“${step}”`]
          .filter((word) => word !== "")
          .join(" "),
      )
      .join(", "),
  }));
}

function* chunksOf<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
