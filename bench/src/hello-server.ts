// One of the servers that src/middleware.ts compares, in a process of its own: hello, with the tenant found by the host or
// without. Says its port, tells the processor time it has used when asked, and serves until told to stop.

import { createServer, type Server } from "node:http";
import * as forExpress from "@hestia/middleware/express";
import { tenantPlugin } from "@hestia/middleware/fastify";
import * as forHono from "@hestia/middleware/hono";
import { connect, type Hestia } from "@hestia/postgres";
import { createAdaptorServer } from "@hono/node-server";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { secretKey } from "./world.ts";

const [framework = "", databaseUrl] = process.argv.slice(2);
const baseDomain = "localhost";
const hello = "hello";

const hestia = databaseUrl === undefined ? undefined : await connect({ databaseUrl, secretKey });
const makers: Record<string, (hestia: Hestia | undefined) => Promise<Server>> = {
  Fastify: fastifyServer,
  Hono: honoServer,
  Express: expressServer,
};
const server = await makers[framework]?.(hestia);
server?.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as { port: number }).port });
});
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system });
});
process.on("disconnect", () => process.exit(0));

async function fastifyServer(hestia: Hestia | undefined): Promise<Server> {
  const app = Fastify();
  if (hestia) app.register(tenantPlugin, { hestia, baseDomain });
  app.get("/", async () => hello);
  await app.ready();
  return app.server;
}

async function honoServer(hestia: Hestia | undefined): Promise<Server> {
  const app = new Hono();
  if (hestia) app.use(forHono.tenantMiddleware({ hestia, baseDomain })());
  app.get("/", (c) => c.text(hello));
  return createAdaptorServer({ fetch: app.fetch }) as Server;
}

async function expressServer(hestia: Hestia | undefined): Promise<Server> {
  const app = express();
  if (hestia) app.use(forExpress.tenantMiddleware({ hestia, baseDomain })());
  app.get("/", (_request, response) => {
    response.send(hello);
  });
  if (hestia) app.use(forExpress.tenantProblems());
  return createServer(app);
}
