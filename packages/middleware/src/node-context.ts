// Node announces what happens to a request from outside of it: from its socket, or from the request before it on the
// connection. Whoever listens must hear it in the request's own tenant all the same.
import type { EventEmitter } from "node:events";
import { runWithTenant, type Tenant } from "@hestia/postgres";

/** From now on the emitter's listeners run with this tenant as the ambient one, or without any. */
export function emitInContext(emitter: EventEmitter, tenant: Tenant | undefined): void {
  const { emit } = emitter;
  emitter.emit = (...event: Parameters<EventEmitter["emit"]>) =>
    runWithTenant(tenant, () => emit.apply(emitter, event));
}
