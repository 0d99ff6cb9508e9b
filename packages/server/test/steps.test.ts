// Every kind of operation, killed at each of its steps, and provisioning frozen at each, with another server beside: it
// completes, and what woke up later has written nothing. A new step of a kind that is here is covered without a line; a new
// kind needs how it is begun.
import { readdir, readFile, readlink } from "node:fs/promises";
import { type IsolationModel, isolationModels, type TenantId } from "@hestia/core";
import { ownOperations } from "@hestia/server";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Clone, cloneTemplate } from "../../../test/templates.ts";
import { type ServerProcess, startProcess } from "./process.ts";
import { ask, createTenant, migrations, until } from "./world.ts";

let clone: Clone;
let servers: [ServerProcess, ServerProcess];
let made = 0;

/** Holds the end of a step back, when its work is done, for as long as somebody has the lock. */
const hook = `
  create table held (kind text not null, step text not null);
  create function hold() returns trigger language plpgsql as $$ begin
    if exists (select from public.held h join platform.operations o on o.kind = h.kind where o.id = new.operation_id and h.step = new.name) then
      perform pg_advisory_xact_lock(77);
    end if;
    return new;
  end $$;
  create trigger hold before update on platform.operation_steps
    for each row when (new.status = 'succeeded') execute function hold();`;

beforeAll(async () => {
  clone = await cloneTemplate(inject("postgresUrl"));
  await ask(clone.databaseUrl, hook);
  servers = [await startProcess(clone), await startProcess(clone)];
  await servers[0].client.migrations.store({ files: migrations });
  await createTenant(servers[0].client, { slug: "first" });
});
afterAll(async () => {
  for (const server of servers) await server.kill("SIGTERM");
  await clone.drop();
});

type Begun = { readonly tenantId?: TenantId; readonly status?: string };

const client = () => servers[1].client;
const fresh = async (isolation: IsolationModel) => {
  const { id } = await createTenant(client(), { slug: `step-${++made}`, isolation });
  return id;
};
const deleted = async (isolation: IsolationModel) => {
  const tenantId = await fresh(isolation);
  await client().tenants.delete({ tenantId }, { waitSeconds: 30 });
  return tenantId;
};
const archived = async (isolation: IsolationModel) => {
  const tenantId = await deleted(isolation);
  await makeDue(tenantId);
  await until(
    "it is archived",
    async () => (await client().tenants.get({ tenantId })).status === "archived",
  );
  return tenantId;
};
const makeDue = (tenantId: TenantId) =>
  ask(
    clone.databaseUrl,
    "update platform.tenants set ends_at = now() - interval '1 day' where id = $1",
    [tenantId],
  );

/** How each kind is begun, and what the tenant is afterwards. */
const kinds: {
  readonly [kind: string]: (isolation: IsolationModel) => Promise<() => Promise<Begun>>;
} = {
  "tenant.provision": async (isolation) => async () => {
    const slug = `step-${++made}`;
    const { id } = await client().tenants.create({ slug, name: slug, isolation });
    return { tenantId: id, status: "active" };
  },
  "tenant.delete": async (isolation) => {
    const tenantId = await fresh(isolation);
    return async () => {
      await client().tenants.delete({ tenantId });
      return { tenantId, status: "deleting" };
    };
  },
  "tenant.archive": async (isolation) => {
    const tenantId = await deleted(isolation);
    return async () => {
      await makeDue(tenantId);
      return { tenantId, status: "archived" };
    };
  },
  "tenant.unarchive": async (isolation) => {
    const tenantId = await archived(isolation);
    return async () => {
      await client().tenants.restore({ tenantId });
      return { tenantId, status: "active" };
    };
  },
  "tenant.purge": async (isolation) => {
    const tenantId = await deleted(isolation);
    return async () => {
      await client().tenants.purge({ tenantId, reason: "asked for" });
      return { tenantId, status: "purged" };
    };
  },
  "migrations.up": async () => async () => {
    await client().migrations.up();
    return {};
  },
};

/** Begun by others only: what they do is in these kinds' steps, or changes nothing. */
const notHere = new Set(["tenant.restore", "migrations.try", "migrations.drift"]);

test("every kind is begun here, or named as one that is not", () => {
  const known = ownOperations.map(({ kind }) => kind).filter((kind) => !notHere.has(kind));
  expect(known.sort()).toEqual(Object.keys(kinds).sort());
});

async function holdStep(kind: string, step: string): Promise<() => Promise<void>> {
  const holder = new pg.Client(clone.databaseUrl);
  holder.on("error", () => {});
  await holder.connect();
  await holder.query("select pg_advisory_lock(77)");
  await holder.query("insert into held values ($1, $2)", [kind, step]);
  return async () => {
    await holder.query("delete from held");
    await holder.end();
  };
}

/** The process whose transaction waits for the lock: it has the operation. */
async function whoHolds(): Promise<0 | 1 | undefined> {
  const rows = await ask<{ port: number }>(
    clone.databaseUrl,
    `select client_port as port from pg_stat_activity
     where datname = current_database() and wait_event = 'advisory' and application_name like 'hestia %'`,
  );
  const [waiting] = rows;
  if (waiting === undefined) return undefined;
  return (await ownsPort(servers[0], waiting.port)) ? 0 : 1;
}

/** Whether a process has this local port of a connection. */
async function ownsPort({ child }: ServerProcess, port: number): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const table = await readFile("/proc/net/tcp", "utf8");
  const line = table.split("\n").find((each) => each.trim().split(/\s+/)[1]?.endsWith(`:${hex}`));
  const inode = line?.trim().split(/\s+/)[9];
  for (const fd of await readdir(`/proc/${child.pid}/fd`)) {
    // One that was closed meanwhile is not the one.
    const target = await readlink(`/proc/${child.pid}/fd/${fd}`).catch(() => "");
    if (target === `socket:[${inode}]`) return true;
  }
  return false;
}

async function finished(kind: string, since: Date): Promise<string> {
  let status = "";
  await until(
    `${kind} is over`,
    async () => {
      const { items } = await client().operations.list({ kind, limit: 1 });
      const [last] = items;
      if (last === undefined || new Date(last.createdAt) < since) return false;
      status = last.status;
      return last.finishedAt !== undefined;
    },
    40_000,
  );
  return status;
}

const rounds = ownOperations
  .filter(({ kind }) => !notHere.has(kind))
  .flatMap(({ kind, steps }) => steps.map(({ name }) => ({ kind, name })))
  .map((each, index) => ({
    ...each,
    isolation: isolationModels[index % isolationModels.length] as IsolationModel,
  }));

describe.each([
  // Each of these waits until the frozen server counts as such.
  { signal: "SIGSTOP" as const, rounds: rounds.filter(({ kind }) => kind === "tenant.provision") },
  { signal: "SIGKILL" as const, rounds },
])("$signal", ({ signal, rounds: played }) => {
  test.each(played)(
    "in “$name” of $kind, a $isolation tenant's",
    async ({ kind, name, isolation }) => {
      const begin = await (kinds[kind] as (typeof kinds)[string])(isolation);
      const letGo = await holdStep(kind, name);
      const since = new Date(Date.now() - 1_000);
      const begun = await begin();
      let doomed: 0 | 1 | undefined;
      await until("its end is held back", async () => {
        doomed = await whoHolds();
        return doomed !== undefined;
      });
      const [victim, heir] = doomed === 0 ? servers : [servers[1], servers[0]];
      if (signal === "SIGKILL") await victim.kill("SIGKILL");
      else victim.child.kill("SIGSTOP");
      servers = [heir, heir];
      if (signal === "SIGKILL") await letGo();
      else {
        // The heir waits for the lock in its turn: only then nobody else can have it.
        await until("it is taken over", async () => {
          const rows = await ask(
            clone.databaseUrl,
            "select from platform.operations where kind = $1 and attempt > 1 and finished_at is null",
            [kind],
          );
          return rows.length > 0;
        });
        await letGo();
      }
      expect(await finished(kind, since)).toBe("succeeded");
      if (signal === "SIGSTOP") {
        victim.child.kill("SIGCONT");
        await victim.kill("SIGTERM");
      }
      servers = [heir, await startProcess(clone)];
      const { tenantId, status } = begun;
      if (tenantId !== undefined)
        expect(await client().tenants.get({ tenantId })).toMatchObject({ status });
    },
  );
});
