// A fetch-style response is read after its handler has returned, by a server that knows nothing of tenants. What makes its
// body must run in the request's own tenant all the same.
import { runWithTenant, type Tenant } from "@hestia/postgres";

/** Returns the response with a body that is made in this tenant's context, or in none. */
export function bodyInContext(response: Response, tenant: Tenant | undefined): Response {
  if (isWhole(response) || response.body === null) return response;
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await runWithTenant(tenant, () => reader.read());
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => runWithTenant(tenant, () => reader.cancel(reason)),
    },
    // Nothing is asked of the handler's own stream before the server asks for it.
    { highWaterMark: 0 },
  );
  return new Response(body, response);
}

/**
 * True for a body that is there as a whole, so that nobody's code makes it later.
 *
 * The Response of @hono/node-server tells: it keeps status, body and headers under a symbol until one asks for more than
 * that, and sends what it keeps several times faster. A Response that keeps none is any other's, and may be a stream.
 */
function isWhole(response: Response): boolean {
  for (const key of Object.getOwnPropertySymbols(response)) {
    if (key.description !== "cache") continue;
    const kept = (response as unknown as Record<symbol, unknown>)[key];
    const body = Array.isArray(kept) ? kept[1] : undefined;
    return body === null || typeof body === "string" || body instanceof Uint8Array;
  }
  return false;
}
