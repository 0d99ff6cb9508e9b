// The public names of @hestia/middleware/jobs.
export type { JobEnvelope, TraceCarrier } from "./envelope.ts";
export { type JobHandler, type TenantJobs, type TenantJobsOptions, tenantJobs } from "./jobs.ts";
