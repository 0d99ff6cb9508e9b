// The tenant in traces, and traces through jobs, by OpenTelemetry's API alone: without an SDK registered nothing happens.

import type { Tenant } from "@hestia/postgres";
import { context, propagation, trace } from "@opentelemetry/api";
import type { TraceCarrier } from "./jobs/envelope.ts";

/**
 * Sets `tenant.id` and `tenant.slug` on the active span. Give it to a framework's middleware, or to jobs, as `onTenant`.
 *
 * @example app.register(tenantPlugin, { hestia, onTenant: traceTenant });
 */
export function traceTenant(tenant: Tenant): void {
  trace.getActiveSpan()?.setAttributes({ "tenant.id": tenant.id, "tenant.slug": tenant.slug });
}

/**
 * Carries the trace through a job's envelope, by the propagator that is registered (`traceparent` of W3C).
 *
 * @example const jobs = tenantJobs({ hestia, secretKey, trace: traceCarrier });
 */
export const traceCarrier: TraceCarrier = {
  inject() {
    const fields: Record<string, string> = {};
    propagation.inject(context.active(), fields);
    return fields;
  },
  run: (fields, work) => context.with(propagation.extract(context.active(), fields), work),
};
