// Hestia for handlers that turn a Request into a Response: route handlers of Next.js, Bun, Deno and their like. Invariant:
// a handler, and the body of what it answers, run with the request's own tenant or with none.
import { HestiaError } from "@hestia/core";
import { runWithTenant, type Tenant } from "@hestia/postgres";
import { bodyInContext } from "./body-context.ts";
import { fetchFacts } from "./fetch-facts.ts";
import { type Problem, problemOf, problemResponse } from "./problems.ts";
import { makeRequestTenants, type Need, type TenantOptions } from "./request-tenant.ts";
import { makeTrust, type TrustProxy } from "./trust.ts";

export type { Naming } from "./hosts.ts";
export type { RequestFacts, Source, SourceReader } from "./identify.ts";
export { type Problem, problemOf } from "./problems.ts";
export type { Need, TenantOptions } from "./request-tenant.ts";
export type { TrustProxy } from "./trust.ts";

/** How tenants come into an application. */
export type TenantHandlerOptions = TenantOptions & {
  /** The proxies whose X-Forwarded-Host is believed. Default: none. Addresses need `addressOf`. */
  readonly trustProxy?: TrustProxy;
  /** The address that a request came from, which is not in a Request: such as Bun's `server.requestIP`. */
  readonly addressOf?: (request: Request, ...rest: never[]) => string | undefined;
  /** Answers a refusal in your own way. Default: the problem as it is. */
  readonly onProblem?: (problem: Problem, request: Request) => Response | Promise<Response>;
};

type Answer = Response | Promise<Response>;

/** A handler that knows its tenant; what else the framework passes comes behind. */
export type TenantHandler<T, R extends Request, Rest extends unknown[]> = (
  request: R,
  tenant: T,
  ...rest: Rest
) => Answer;

/** Makes a fetch-style handler of one that knows its tenant. */
export type WithTenant = {
  <R extends Request, Rest extends unknown[]>(
    handler: TenantHandler<Tenant, R, Rest>,
  ): (request: R, ...rest: Rest) => Promise<Response>;
  <R extends Request, Rest extends unknown[]>(
    need: "optional" | false,
    handler: TenantHandler<Tenant | undefined, R, Rest>,
  ): (request: R, ...rest: Rest) => Promise<Response>;
};

/**
 * Makes the wrapper of handlers: it identifies the request's tenant and hands it over behind the request.
 *
 * What a route needs is the wrapper's first argument: nothing for a tenant, `"optional"`, or `false`. Refusals, and
 * errors that Hestia throws in your handlers, are answered with problems (RFC 9457); every other error is yours.
 *
 * @example
 * const withTenant = tenantHandler({ hestia, baseDomain: "example.com" });
 * export const GET = withTenant(async (_request, tenant) =>
 *   Response.json((await tenant.query("select * from orders")).rows));
 */
export function tenantHandler(options: TenantHandlerOptions): WithTenant {
  const tenants = makeRequestTenants(options);
  const trusts = makeTrust(options.trustProxy);
  const addressOf = options.addressOf ?? noAddress(options.trustProxy);
  const answer = async (error: unknown, request: Request) => {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    return (await options.onProblem?.(problem, request)) ?? (problemResponse(error) as Response);
  };

  const wrap =
    <Rest extends unknown[]>(need: Need, handler: TenantHandler<never, Request, Rest>) =>
    async (request: Request, ...rest: Rest): Promise<Response> => {
      let tenant: Tenant | undefined;
      try {
        const trusted = trusts(addressOf(request, ...(rest as unknown[] as never[])));
        tenant = await tenants.admitted(fetchFacts(request, trusted), request.method, need);
      } catch (error) {
        return runWithTenant(undefined, () => answer(error, request));
      }
      const respond = async () => handler(request, tenant as never, ...rest);
      return runWithTenant(tenant, async () =>
        bodyInContext(await respond().catch((error) => answer(error, request)), tenant),
      );
    };
  return ((...given: [TenantHandler<never, Request, unknown[]>] | [Need, never]) =>
    given.length === 1 ? wrap(true, given[0]) : wrap(...given)) as WithTenant;
}

function noAddress(trustProxy: TrustProxy | undefined): () => undefined {
  if (trustProxy === undefined || typeof trustProxy === "boolean") return () => undefined;
  const message = "trustProxy names addresses; say by addressOf where a request came from.";
  throw new HestiaError("configuration_invalid", {}, { message });
}
