// What a handler may know of its request, and what it acts with. The context of an operator's request carries who asks;
// authority is this argument, never something found lying around.
import type { Route } from "@hestia/api";
import type { Actor, AnyId, TenantId } from "@hestia/core";
import type { Database } from "@hestia/postgres/platform";
import type { FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Platform } from "./platform.ts";
import type { HeldSession } from "./session.ts";

/** A request that anyone may make. */
export type PublicContext = {
  readonly requestId: string;
  /** As it came; what is in it is untrusted. */
  readonly request: FastifyRequest;
  readonly log: Logger;
  /** Where the request comes from. */
  readonly address: string;
  /** Aborted when no one waits for the answer any more. */
  readonly signal: AbortSignal;
};

/** A request of an operator. */
export type OperatorContext = PublicContext & {
  readonly platform: Platform;
  readonly actor: Extract<Actor, { kind: "operator" }>;
  /** The browser's session, where a cookie stands for the key. */
  readonly session?: HeldSession | undefined;
  readonly ifMatch?: string | undefined;
  /** How long the caller is ready to wait for an operation. */
  readonly waitMs: number;
  /** The last event that a follower has seen. */
  readonly lastEventId?: string | undefined;
  /** Whether a request like it may have been cut off before: it has an idempotency key. */
  readonly isRepeatable: boolean;
  /** Makes the id of what the request makes: with an idempotency key, the same one at every repeat. */
  makeId<Made extends AnyId>(): Made;
};

/** A request on a tenant's own side: it was identified, and only its transactions are in reach. */
export type TenantContext = PublicContext & {
  readonly tenantId: TenantId;
  readonly db: Pick<Database, "asTenant">;
};

/** The context that a route's handler gets. */
export type ContextOf<R extends Route> = R["scope"] extends "platform"
  ? OperatorContext
  : R["scope"] extends "tenant"
    ? TenantContext
    : PublicContext;
