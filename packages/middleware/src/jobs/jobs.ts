// The tenant through job queues: payloads are sealed where they are sent, opened where they run, and run in their tenant's
// context. Invariant: no handler runs without a tenant that serves, nor with a payload that was sealed for another.
import { type HestiaError, isHestiaError } from "@hestia/core";
import { currentTenant, type Hestia, runWithTenant, type Tenant } from "@hestia/postgres";
import {
  envelopeKey,
  type JobEnvelope,
  openEnvelope,
  sealEnvelope,
  type TraceCarrier,
} from "./envelope.ts";

/** How tenants come into an application's jobs. */
export type TenantJobsOptions = {
  /** What `connect` returned. */
  readonly hestia: Hestia;
  /** HESTIA_SECRET_KEY; envelopes are sealed with a key that is derived from it. */
  readonly secretKey: string;
  /** Carries traces through envelopes. Default: none is carried. */
  readonly trace?: TraceCarrier;
  /** Called for each job before its handler, in its tenant's context; such as `traceTenant`. */
  readonly onTenant?: (tenant: Tenant) => void;
  /** BullMQ: when a job is looked at again whose tenant does not serve at present. Default 60 seconds. */
  readonly delaySeconds?: number;
};

type GraphileHelpers = { readonly job: { readonly task_identifier: string } };
type PgBossJob = { readonly name: string; readonly data: unknown };
type BullJob = {
  readonly name: string;
  readonly data: unknown;
  moveToDelayed(timestamp: number, token?: string): Promise<void>;
};

/** Work on a job's payload; what the library passes beside it comes behind. */
export type JobHandler<Payload, Beside, Result> = (
  payload: Payload,
  beside: Beside,
) => Result | Promise<Result>;

/** A tenant's jobs, for each library in its own idiom. */
export type TenantJobs = {
  /** Seals a payload for a job of this name; for the current tenant unless another is given. */
  readonly seal: (name: string, payload?: unknown, tenant?: Tenant) => JobEnvelope;
  /**
   * Opens an envelope that came with a job of this name, and runs the work in its tenant's context.
   *
   * Throws `job_envelope_invalid`, and `tenant_suspended` and its kin unless the tenant is active or read-only.
   */
  readonly run: <Payload, Result>(
    name: string,
    envelope: unknown,
    work: (payload: Payload) => Result | Promise<Result>,
  ) => Promise<Result>;
  /**
   * A task of graphile-worker's. A job that is refused is tried again with its back-off, until `max_attempts`.
   *
   * @example run({ pgPool, taskList: { invoice: jobs.graphile(async ({ id }, { logger }) => { … }) } });
   */
  readonly graphile: <Payload, Helpers extends GraphileHelpers>(
    handler: JobHandler<Payload, Helpers, unknown>,
  ) => (payload: unknown, helpers: Helpers) => Promise<void>;
  /**
   * A handler for pg-boss's `work`. A job that is refused is tried again, as its `retryLimit` says, and then failed. A
   * batch fails as one, as it does in pg-boss.
   *
   * @example await boss.work("invoice", jobs.pgBoss(async ({ id }) => { … }));
   */
  readonly pgBoss: <Payload, Job extends PgBossJob, Result>(
    handler: JobHandler<Payload, Job, Result>,
  ) => (batch: Job[]) => Promise<Result | Result[]>;
  /**
   * A processor of BullMQ's. Where the tenant does not serve at present the job is delayed, which uses up no attempt; a
   * job whose envelope is no good, or whose tenant is gone, fails for good.
   *
   * @example new Worker("invoices", jobs.bullmq(async ({ id }) => { … }), { connection });
   */
  readonly bullmq: <Payload, Job extends BullJob, Result>(
    handler: JobHandler<Payload, Job, Result>,
  ) => (job: Job, token?: string) => Promise<Result>;
};

const delaySecondsDefault = 60;

/**
 * Makes the jobs of an application's tenants.
 *
 * @example
 * const jobs = tenantJobs({ hestia, secretKey });
 * await addJob("invoice", jobs.seal("invoice", { id }));
 */
export function tenantJobs(options: TenantJobsOptions): TenantJobs {
  const { hestia, trace, onTenant, delaySeconds = delaySecondsDefault } = options;
  const key = envelopeKey(options.secretKey);

  const seal: TenantJobs["seal"] = (name, payload = null, tenant = currentTenant()) => {
    const fields = trace?.inject() ?? {};
    return sealEnvelope(key, name, {
      tenant: tenant.id,
      payload: JSON.stringify(payload),
      ...(Object.keys(fields).length === 0 ? {} : { trace: fields }),
    });
  };

  const run: TenantJobs["run"] = async (name, envelope, work) => {
    const content = openEnvelope(key, name, envelope);
    const tenant = await hestia.tenant(content.tenant);
    const begin = () => {
      onTenant?.(tenant);
      return work(JSON.parse(content.payload));
    };
    return runWithTenant(tenant, () =>
      trace && content.trace ? trace.run(content.trace, begin) : begin(),
    );
  };

  return {
    seal,
    run,
    graphile: (handler) => async (envelope, helpers) => {
      await run(helpers.job.task_identifier, envelope, (payload) =>
        handler(payload as never, helpers),
      );
    },
    pgBoss: (handler) => async (batch) => {
      const results = [];
      for (const job of batch) {
        results.push(await run(job.name, job.data, (payload) => handler(payload as never, job)));
      }
      return results.length === 1 ? (results[0] as (typeof results)[number]) : results;
    },
    bullmq: (handler) => async (job, token) => {
      try {
        return await run(job.name, job.data, (payload) => handler(payload as never, job));
      } catch (error) {
        if (!isHestiaError(error)) throw error;
        if (forNow.has(error.code)) {
          await job.moveToDelayed(Date.now() + delaySeconds * 1000, token);
          throw named("DelayedError", error);
        }
        throw forGood.has(error.code) ? named("UnrecoverableError", error) : error;
      }
    },
  };
}

const forNow: ReadonlySet<string> = new Set(["tenant_suspended", "tenant_not_ready"]);
const forGood: ReadonlySet<string> = new Set([
  "job_envelope_invalid",
  "tenant_ended",
  "tenant_not_found",
]);

/** BullMQ knows its own errors by their names. */
function named(name: string, cause: HestiaError): Error {
  return Object.assign(new Error(cause.message, { cause }), { name });
}
