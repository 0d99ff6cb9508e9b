// How a request reaches an application: an address, a Hono or fetch-style application, a Fastify one, or a listener of
// node's as Express is one. All are asked over HTTP on loopback, as a client would, but what has `fetch` of its own.

import { createServer, request as httpRequest, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** An application: an address, or one of Fastify, Hono, Express or node. */
export type Application =
  | { readonly baseUrl: string }
  | { fetch(request: Request): Response | Promise<Response> }
  | { listen(options: { port: number; host: string }): Promise<string>; close(): unknown }
  | RequestListener;

/** A request as a client writes it. */
export type Asked = {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
};

/** What came back. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** An application that can be asked. */
export type Asking = { send(asked: Asked): Promise<Answer>; close(): Promise<void> };

const answerMs = 30_000;

/** Opens an application; what it began to listen on is closed again. */
export async function openApplication(app: Application): Promise<Asking> {
  if ("baseUrl" in app) return overHttp(app.baseUrl, async () => {});
  if ("fetch" in app && typeof app.fetch === "function")
    return { send: (asked) => byFetch(app, asked), close: async () => {} };
  if ("printRoutes" in app && "listen" in app) {
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    return overHttp(url, async () => void (await app.close()));
  }
  const server = createServer(app as RequestListener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return overHttp(`http://127.0.0.1:${port}`, async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
}

/** Not by fetch, which does not let a client choose its Host. */
function overHttp(baseUrl: string, close: () => Promise<void>): Asking {
  const { hostname, port, protocol } = new URL(baseUrl);
  if (protocol !== "http:") throw new Error(`${baseUrl} is not an http address`);
  const send = ({ method, path, headers, body }: Asked) =>
    new Promise<Answer>((resolve, reject) => {
      const options = { host: hostname, port, method, path, headers, agent: false };
      const sent = httpRequest({ ...options, timeout: answerMs }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(
              Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
            ),
            body: text,
          }),
        );
        response.on("error", reject);
      });
      sent.on("error", reject).on("timeout", () => sent.destroy(new Error(`no answer: ${path}`)));
      sent.end(body);
    });
  return { send, close };
}

async function byFetch(
  app: { fetch(request: Request): Response | Promise<Response> },
  { method, path, headers, body }: Asked,
): Promise<Answer> {
  const bare = method === "GET" || method === "HEAD" || body === undefined;
  const url = `http://${headers.host ?? "localhost"}${path}`;
  const response = await app.fetch(
    new Request(url, { method, headers, redirect: "manual", ...(bare ? {} : { body }) }),
  );
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  };
}
