// Node announces what happens to a request from outside of it: from its socket, or from the request before it on the
// connection. Whoever listens must hear it in the request's own tenant all the same.
import type { EventEmitter } from "node:events";
import { findCurrentTenant, runWithTenant, type Tenant } from "@hestia/postgres";

const held = Symbol("hestia.tenant");
const outer = Symbol("hestia.emit");

type Emit = EventEmitter["emit"];
type Held = EventEmitter & { [held]: Tenant | undefined; [outer]: Emit };

/** From now on the emitter's listeners run with this tenant as the ambient one, or without any. */
export function emitInContext(emitter: EventEmitter, tenant: Tenant | undefined): void {
  const own = emitter as Held;
  const isHeld = Object.hasOwn(own, held);
  own[held] = tenant;
  if (isHeld) return;
  own[outer] = own.emit;
  own.emit = emit;
}

/** One function for all: with a closure for each, requests outlive their answers until the next full collection of garbage. */
function emit(this: Held, ...event: Parameters<Emit>): boolean {
  if (this.listenerCount(event[0]) === 0 || findCurrentTenant() === this[held])
    return this[outer](...event);
  return runWithTenant(this[held], () => this[outer](...event));
}
