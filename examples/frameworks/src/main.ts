// The program: `node src/main.ts express|hono|fetch` serves the notes on PORT (any, unless set), with DATABASE_URL and
// HESTIA_SECRET_KEY of the platform.
import type { Server } from "node:http";
import { connect, type Hestia } from "@hestia/postgres";

type Framework = { readonly makeServer: (hestia: Hestia) => Server };

const frameworks: Readonly<Record<string, () => Promise<Framework>>> = {
  express: () => import("./express.ts"),
  hono: () => import("./hono.ts"),
  fetch: () => import("./fetch.ts"),
};

const load = frameworks[process.argv[2] ?? ""];
if (load === undefined) {
  process.stderr.write(`Say which: node src/main.ts ${Object.keys(frameworks).join("|")}\n`);
  process.exit(2);
}
const { makeServer } = await load();
const hestia = await connect();
const server = makeServer(hestia);
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  const { port } = server.address() as { port: number };
  process.stdout.write(`The notes are at http://<slug>.localhost:${port}/notes\n`);
});
process.once("SIGTERM", () => {
  server.close(() => hestia.close());
  server.closeAllConnections();
});
