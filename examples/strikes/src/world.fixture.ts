// The register with two airlines in each isolation model and all their records, on a platform of the test file's own.
import { isolationModels } from "@hestia/core";
import { connect, type Hestia } from "@hestia/postgres";
import type { FastifyInstance } from "fastify";
import { type Application, openApplication } from "../../../test/application.ts";
import { cloneTemplate } from "../../../test/templates.ts";
import { buildApp } from "./app.ts";
import { type Airline, airlines } from "./data/airlines.ts";
import { loadAirlines } from "./data/load.ts";

/** What the tests work on. */
export type World = Pick<Application, "setStatus"> & {
  readonly hestia: Hestia;
  readonly app: FastifyInstance;
  /** Two in each model, each with its records. */
  readonly airlines: readonly Airline[];
  /** Makes one more tenant, with nothing in its register. */
  add(airline: Airline): Promise<void>;
  close(): Promise<void>;
};

const folder = new URL("../migrations/", import.meta.url).pathname;

/** Makes the world; `close` takes it away. */
export async function makeWorld(postgresUrl: string): Promise<World> {
  const clone = await cloneTemplate(postgresUrl);
  const application = await openApplication(clone, folder);
  const chosen = isolationModels.flatMap((model) =>
    airlines.filter(({ isolation }) => isolation === model).slice(0, 2),
  );
  for (const airline of chosen) await application.add(airline);
  const hestia = await connect({ databaseUrl: clone.directoryUrl, secretKey: clone.secretKey });
  const loadables = chosen.map(async (airline) => ({
    airline,
    tenant: await hestia.tenant(airline.slug),
  }));
  await loadAirlines(await Promise.all(loadables));
  const links = chosen.map(({ slug, name, isolation }) => ({
    name,
    isolation,
    url: `http://${slug}.localhost/`,
  }));
  const app = buildApp({
    hestia,
    baseDomain: "localhost",
    links: () => links,
    logLevel: "silent",
  });
  return {
    hestia,
    app,
    airlines: chosen,
    add: application.add,
    setStatus: application.setStatus,
    async close() {
      await app.close();
      await hestia.close();
      await application.close();
      await clone.drop();
    },
  };
}
