// One of the two servers that src/http.ts compares, in a process of its own: the example as it is, or the same page on
// bare Fastify and raw pg with named statements and a hand-written filter. Says its port and serves until told to stop.

import { createHash } from "node:crypto";
import { connect, type RunQuery } from "@hestia/postgres";
import Fastify, { type FastifyInstance } from "fastify";
import pg from "pg";
import { buildApp } from "../../examples/strikes/src/app.ts";
import { parseListRequest, type Query } from "../../examples/strikes/src/filters.ts";
import { listPage } from "../../examples/strikes/src/pages/list-page.ts";
import { listStrikes, tallyStrikes } from "../../examples/strikes/src/queries.ts";
import { secretKey } from "./world.ts";

const connections = 16;
const [kind, url = "", tenantId = ""] = process.argv.slice(2);

const app = kind === "hestia" ? await hestiaApp() : rawApp();
const address = await app.listen({ host: "127.0.0.1", port: 0 });
process.send?.({ port: Number(new URL(address).port) });
process.on("disconnect", () => process.exit(0));

async function hestiaApp(): Promise<FastifyInstance> {
  const hestia = await connect({ databaseUrl: url, secretKey, connectionsMax: connections });
  return buildApp({ hestia, baseDomain: "localhost", links: () => [] });
}

function rawApp(): FastifyInstance {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  const register = { query: filtered(pool) };
  const owner = { name: "Southwest Airlines", place: "This register has no isolation at all." };
  const bare = Fastify();
  bare.get<{ Querystring: Query }>("/", async ({ query }, reply) => {
    const request = parseListRequest(query);
    const [page, tallies] = await Promise.all([
      listStrikes(register, request),
      tallyStrikes(register, request.filter),
    ]);
    return reply
      .type("text/html; charset=utf-8")
      .send(listPage({ owner, request, page, tallies }).toString());
  });
  return bare;
}

/** The same statements with the filter that Hestia spares: each table narrowed to the tenant, by a parameter. */
function filtered(pool: pg.Pool): RunQuery {
  const known = new Map<string, { name: string; text: string }>();
  return (async (text: string, values: unknown[] = []) => {
    let statement = known.get(text);
    if (!statement) {
      const own = `(select * from raw.$1 where tenant_id = $${values.length + 1}::uuid)`;
      const narrowed = text.replace(
        /\b(strikes|aircraft) (?=[sa]\b)/g,
        (_, table) => `${own.replace("$1", table)} `,
      );
      const name = createHash("sha256").update(narrowed).digest("hex").slice(0, 32);
      statement = { name, text: narrowed.replaceAll(" airports ", " shared.airports ") };
      known.set(text, statement);
    }
    return pool.query({ ...statement, values: [...values, tenantId] });
  }) as RunQuery;
}
