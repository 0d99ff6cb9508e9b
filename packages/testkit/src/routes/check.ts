// The routes of an application on the scratch copy: attacked, then with identification and row security broken, which the
// attacks must notice. Invariant: the application is given the copy alone, and is ended with the check.

import { readFile } from "node:fs/promises";
import { connect, type Hestia } from "@hestia/postgres";
import { withClient, withDatabase } from "@hestia/postgres/platform";
import pg from "pg";
import type { Score } from "../play.ts";
import { qualified } from "../probes/names.ts";
import type { Finding } from "../report.ts";
import type { Scratch } from "../scratch.ts";
import type { Member } from "../stage.ts";
import { attackRoutes, type Credentials, type RouteAttack, type RouteVerdict } from "./attack.ts";
import { findRoutes, type OpenApi, type Route, routesOf } from "./route.ts";
import { type Application, openApplication } from "./send.ts";
import { type StartOptions, startApplication } from "./start.ts";

/** The copy, as an application gets it. */
export type ScratchApplication = {
  readonly hestia: Hestia;
  /** What `connect` takes, for an application that connects by itself. */
  readonly databaseUrl: string;
  readonly secretKey: string;
};

/** How the routes are reached. */
export type RouteOptions = {
  /** Builds the application on the scratch copy: Fastify, Hono, Express, or whatever node's http takes. */
  readonly app?: (scratch: ScratchApplication) => unknown;
  /** Starts the application as a process instead, with the copy's DATABASE_URL and HESTIA_SECRET_KEY. */
  readonly start?: StartOptions;
  /** Its routes: an OpenAPI document, or where one is. Default: what the application says of itself. */
  readonly openapi?: OpenApi | string;
  /** How a tenant's own client says who it is. Default: the host `<slug>.localhost`. */
  readonly credentials?: Credentials;
};

/** Both tenants of one model, with their rows. */
export type Pair = { readonly attacker: Member; readonly victim: Member };

const byHost: Credentials = ({ slug }) => ({ host: `${slug}.localhost` });

/** Attacks every route in every model; undefined where there is no application. */
export async function checkRoutes(
  scratch: Scratch,
  pairs: readonly Pair[],
  options: RouteOptions & { readonly mutate: boolean; readonly checkEnded: () => void },
): Promise<{ score: Score; routes: number } | undefined> {
  if (options.app === undefined && options.start === undefined) return undefined;
  const findings: Finding[] = [];
  const mutations: { name: string; caught: boolean }[] = [];
  let probes = 0;
  let routes = 0;
  for (const pair of pairs) {
    options.checkEnded();
    const model = pair.victim.isolation;
    const before = await rowsOf(scratch, pair.victim);
    const played = await playRoutes(scratch, pair, options);
    routes = played.routes;
    probes += played.verdicts.length;
    findings.push(...leaksOf(played.verdicts, model));
    if (before !== (await rowsOf(scratch, pair.victim)))
      findings.push(
        finding("change another tenant's rows by a request", model, "Its rows changed."),
      );
    if (!played.isSeen)
      findings.push({
        ...finding(
          "see one's own rows in any route",
          model,
          "No route showed a tenant anything of its own; say how it signs in.",
        ),
        kind: "unproven",
      });
    if (!options.mutate || findings.length > 0) continue;
    for (const mutation of mutationsOf(scratch, pair)) {
      options.checkEnded();
      const { verdicts } = await mutation.during((confused) =>
        playRoutes(scratch, pair, options, confused),
      );
      const caught = verdicts.some(({ evidence }) => evidence !== undefined);
      const name = `${mutation.name} (routes, ${model})`;
      mutations.push({ name, caught });
      if (!caught)
        findings.push({ ...finding(name, model, "No route's probe saw it."), kind: "survivor" });
    }
  }
  const failed = findings.filter(({ kind }) => kind !== "survivor").length;
  const group = { model: "routes", group: "routes", probes, failed };
  return { score: { probes, failed, groups: [group], mutations, findings }, routes };
}

const finding = (name: string, object: string, detail: string): Finding => ({
  ...{ kind: "leak", name, model: "routes", object, way: "http", detail },
});

function leaksOf(verdicts: readonly RouteVerdict[], model: string): Finding[] {
  return verdicts.flatMap(({ name, object, evidence }) =>
    evidence === undefined ? [] : [finding(name, `${object} (${model})`, evidence)],
  );
}

type Played = {
  readonly verdicts: RouteVerdict[];
  readonly routes: number;
  readonly isSeen: boolean;
};

/** Opens the application anew: what it has cached of an earlier state is nothing to go by. */
async function playRoutes(
  scratch: Scratch,
  { attacker, victim }: Pair,
  options: RouteOptions,
  confused = false,
): Promise<Played> {
  const { secretKey, directoryUrl: databaseUrl } = scratch;
  const hestia = await connect({ databaseUrl, secretKey });
  const started =
    options.start && (await startApplication(options.start, { databaseUrl, secretKey }));
  try {
    const given = confused ? confusedBy(hestia, victim) : hestia;
    const app =
      started ?? ((await options.app?.({ hestia: given, databaseUrl, secretKey })) as Application);
    const routes = await listRoutes(app, options.openapi);
    const asking = await openApplication(app);
    try {
      const credentials = options.credentials ?? byHost;
      const attack: RouteAttack = { asking, routes, attacker, victim, credentials };
      const { verdicts, isSeen } = await attackRoutes(attack);
      return { verdicts, isSeen, routes: routes.length };
    } finally {
      await asking.close();
    }
  } finally {
    await started?.end();
    await hestia.close();
  }
}

async function listRoutes(
  app: Application,
  openapi: OpenApi | string | undefined,
): Promise<Route[]> {
  if (typeof openapi === "string") return routesOf(JSON.parse(await readText(openapi)) as OpenApi);
  if (openapi !== undefined) return routesOf(openapi);
  // Fastify knows its routes when it is ready.
  await (app as { ready?: () => Promise<unknown> }).ready?.();
  const routes = findRoutes(app);
  if (routes === undefined || routes.length === 0)
    throw new Error("The application does not say what its routes are; give its OpenAPI document.");
  return routes;
}

async function readText(place: string): Promise<string> {
  if (!/^https?:/.test(place)) return readFile(place, "utf8");
  return (await fetch(place)).text();
}

/** As if nothing asked whose a request is: whoever asks is served as the victim. */
function confusedBy(hestia: Hestia, { tenant, id }: Member): Hestia {
  const entry = hestia.find({ id });
  const wrong: Record<string, unknown> = {
    find: () => entry,
    tenant: async () => tenant,
    tenantOf: () => tenant,
    pool: () => hestia.pool(tenant),
  };
  return new Proxy(hestia, {
    get: (target, name) => {
      const value = wrong[String(name)] ?? Reflect.get(target, name);
      return typeof value === "function" && !(String(name) in wrong) ? value.bind(target) : value;
    },
  });
}

type RouteMutation = {
  readonly name: string;
  during<T>(work: (confused: boolean) => Promise<T>): Promise<T>;
};

/** Identification that answers with another tenant; and, where tenants share tables, no row security below it. */
function mutationsOf(scratch: Scratch, { attacker, victim }: Pair): RouteMutation[] {
  const swap = (one: string, other: string) =>
    withClient(scratch.databaseUrl, (client) =>
      client.query(
        `begin; update platform.tenants set slug = 'swapped' where id = '${attacker.id}';
         update platform.tenants set slug = ${pg.escapeLiteral(one)} where id = '${victim.id}';
         update platform.tenants set slug = ${pg.escapeLiteral(other)} where id = '${attacker.id}'; commit`,
      ),
    );
  const confused: RouteMutation = {
    name: "drop the middleware that finds out whose a request is",
    during: async (work) => {
      await swap(attacker.slug, victim.slug);
      try {
        return await work(true);
      } finally {
        await swap(victim.slug, attacker.slug);
      }
    },
  };
  const alter = (verb: string) =>
    withClient(withDatabase(scratch.databaseUrl, victim.database), async (client) => {
      for (const { table } of victim.filled.tables)
        await client.query(
          `alter table ${qualified(victim.place, table.name)} ${verb} row level security`,
        );
    });
  const open: RouteMutation = {
    name: "disable row security below the routes",
    during: async (work) => {
      await alter("disable");
      try {
        return await work(false);
      } finally {
        await alter("enable");
      }
    },
  };
  return victim.isolation === "shared" ? [confused, open] : [confused];
}

/** All that the victim has, as one text. */
async function rowsOf(scratch: Scratch, { database, place, id, filled }: Member): Promise<string> {
  return withClient(withDatabase(scratch.databaseUrl, database), async (client) => {
    const texts: string[] = [];
    for (const { table } of filled.tables) {
      const { rows } = await client.query<{ text: string | null }>(
        `select md5(string_agg(t::text, ',' order by t::text)) as text from ${qualified(place, table.name)} t where tenant_id = '${id}'`,
      );
      texts.push(`${table.name} ${rows[0]?.text}`);
    }
    return texts.join("\n");
  });
}
