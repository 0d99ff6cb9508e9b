// Shops of many tenants in all three models, on few connections and on a platform of the test file's own.
import type { IsolationModel } from "@hestia/core";
import { connect, type Hestia, type Tenant } from "@hestia/postgres";
import { type Application, openApplication } from "../../../test/application.ts";
import { cloneTemplate } from "../../../test/templates.ts";

/** What the tests work on. */
export type World = Pick<Application, "setStatus"> & {
  readonly hestia: Hestia;
  /** All of them, mixed. */
  readonly tenants: readonly Tenant[];
  /** Two tenants of a model. */
  two(model: IsolationModel): readonly [Tenant, Tenant];
  /** Empties their tables. */
  empty(tenants: readonly Tenant[]): Promise<void>;
  close(): Promise<void>;
};

const folder = new URL("../migrations/", import.meta.url).pathname;
const counts: readonly [IsolationModel, number][] = [
  ["shared", 150],
  ["schema", 46],
  ["database", 4],
];

/** Makes the world; `close` takes it away. */
export async function makeWorld(postgresUrl: string): Promise<World> {
  const clone = await cloneTemplate(postgresUrl);
  const application = await openApplication(clone, folder);
  const { directoryUrl, secretKey } = clone;
  const slugs: string[] = [];
  for (const [isolation, count] of counts) {
    for (let number = 1; number <= count; number += 1) {
      const slug = `${isolation}-${number}`;
      await application.add({ slug, name: slug, isolation });
      slugs.push(slug);
    }
  }
  const hestia = await connect({
    ...{ databaseUrl: directoryUrl, secretKey, connectionsMax: 4 },
    // A busy machine may take its time for two hundred tenants.
    waitMs: 120_000,
  });
  const made = await Promise.all(slugs.map((slug) => hestia.tenant(slug)));
  // Neighbours in the list are of different models.
  const tenants = made.map((_, index) => made[(index * 77) % made.length] as Tenant);
  return {
    hestia,
    tenants,
    setStatus: application.setStatus,
    two: (model) =>
      tenants.filter(({ isolation }) => isolation === model).slice(0, 2) as [Tenant, Tenant],
    async empty(full) {
      await Promise.all(
        full.map(async (tenant) => {
          await tenant.query("delete from orders");
          await tenant.query("delete from customers");
        }),
      );
    },
    async close() {
      await hestia.close();
      await application.close();
      await clone.drop();
    },
  };
}
