// The codes about tenants and about the operations on them.
import type { ErrorCodeEntry } from "./error-kinds.ts";

const either = new Intl.ListFormat("en", { type: "disjunction" });

/** The codes about tenants. */
export const tenantCodes = {
  tenant_not_found: {
    kind: "not_found",
    title: "No such tenant",
    message: () => "There is no such tenant; check its id or slug.",
  },
  tenant_slug_taken: {
    kind: "conflict",
    title: "The slug is taken",
    message: ({ slug }: { slug: string }) => `The slug "${slug}" is taken; choose another one.`,
    shown: ["slug"],
  },
  tenant_domain_taken: {
    kind: "conflict",
    title: "The domain is taken",
    message: ({ domain }: { domain: string }) =>
      `The domain "${domain}" is in use by a tenant; release it there or choose another one.`,
    shown: ["domain"],
  },
  tenant_transition_refused: {
    kind: "conflict",
    title: "The tenant's status does not allow that",
    message: ({
      status,
      done,
      from,
    }: {
      status: string;
      move: string;
      done: string;
      from: string[];
    }) =>
      `A tenant that is ${status} cannot be ${done}; only one that is ${either.format(from)} can.`,
    shown: ["status", "move"],
  },
  tenant_deletion_refused: {
    kind: "conflict",
    title: "The tenant must be kept",
    message: ({ end }: { end: string }) =>
      `The tenant cannot be ${end === "purge" ? "purged" : "deleted"}: \`errors\` lists everything that is in the way.`,
    shown: ["end"],
  },
  hold_not_found: {
    kind: "not_found",
    title: "No such legal hold",
    message: () => "The tenant has no such legal hold in force; list them to see.",
  },
  certificate_not_found: {
    kind: "not_found",
    title: "No erasure certificate",
    message: () => "The tenant has no erasure certificate; it is issued when it is purged.",
  },
  archive_not_found: {
    kind: "conflict",
    title: "No archive",
    message: () => "The tenant has no archive that it could be restored from.",
  },
  row_too_large: {
    kind: "conflict",
    title: "A row is too large for an archive",
    message: ({ table, bytesMax }: { table: string; bytesMax: number }) =>
      `The table ${table} has a row of more than ${bytesMax} bytes, which an archive does not take: shorten it or delete it, then retry.`,
  },
  erasure_incomplete: {
    kind: "internal",
    title: "Something of the tenant is left",
    message: ({ store }: { store: string }) => `Something of the tenant is still there: ${store}.`,
  },
  tenant_suspended: {
    kind: "forbidden",
    title: "The tenant is suspended",
    message: () => "This tenant is suspended; its operator can resume it.",
  },
  tenant_readonly: {
    kind: "forbidden",
    title: "The tenant is read-only",
    message: () => "This tenant is read-only at present; reading works, writing does not.",
  },
  tenant_not_ready: {
    kind: "conflict",
    title: "The tenant is not ready yet",
    message: () => "This tenant is not ready yet; try again shortly.",
    shown: ["status"],
  },
  tenant_ended: {
    kind: "not_found",
    title: "The tenant has ended",
    message: () => "This tenant has ended and is no longer served.",
  },
  tenant_busy: {
    kind: "limited",
    title: "Too many requests are waiting",
    message: () => "Too many of this tenant's requests are waiting; send fewer at a time.",
  },
  tenant_unidentified: {
    kind: "invalid",
    title: "No tenant was named",
    message: () => "The request names no tenant; use the tenant's own host or one of its headers.",
  },
  tenant_sources_disagree: {
    kind: "invalid",
    title: "The request names two tenants",
    message: () => "The request names different tenants in different places; name one.",
  },
  tenant_unverified: {
    kind: "conflict",
    title: "Something is not verified yet",
    message: () =>
      "The tenant cannot be activated: `errors` lists everything that is not verified yet.",
  },
  verification_not_awaited: {
    kind: "conflict",
    title: "Nothing waits for that",
    message: ({ requirement }: { requirement: string }) =>
      `The tenant's activation does not wait for ${requirement}; see what it waits for.`,
    shown: ["requirement"],
  },
  verification_record_missing: {
    kind: "conflict",
    title: "The domain's record is not there",
    message: ({ record, found }: { record: string; found: number }) =>
      `${found === 0 ? "There is no TXT record" : "No TXT record has the value that is asked for"} at ${record}; set it and check again, which may take as long as the old answer is kept by name servers.`,
    shown: ["record", "found"],
  },
  verification_token_invalid: {
    kind: "invalid",
    title: "The confirmation is not valid",
    message: () =>
      "This confirmation is not valid, or not any more; ask whoever sent it for another one.",
  },
  dns_unavailable: {
    kind: "unavailable",
    title: "The name servers do not answer",
    message: ({ record }: { record: string }) =>
      `The name servers gave no answer about ${record}; check again shortly.`,
    shown: ["record"],
  },
  plan_not_found: {
    kind: "not_found",
    title: "No such plan",
    message: () => "There is no such plan; list the plans to see their names.",
  },
  plan_taken: {
    kind: "conflict",
    title: "There is such a plan already",
    message: ({ planId }: { planId: string }) =>
      `There is a plan "${planId}" already; change that one or choose another name.`,
    shown: ["planId"],
  },
  plan_in_use: {
    kind: "conflict",
    title: "The plan is in use",
    message: ({ tenants }: { tenants: number }) =>
      tenants === 0
        ? "This plan is what tenants get that ask for none; it stays."
        : `${tenants === 1 ? "A tenant has" : `${tenants} tenants have`} this plan; give them another one first.`,
    shown: ["tenants"],
  },
  cluster_not_found: {
    kind: "not_found",
    title: "No such cluster",
    message: () => "There is no such cluster; list the clusters to see their names.",
  },
  partition_in_use: {
    kind: "conflict",
    title: "The partition is in use",
    message: () => "The tenant's partition holds something that Hestia did not make; look into it.",
  },
} as const satisfies Record<string, ErrorCodeEntry>;

/** The codes about operations. */
export const operationCodes = {
  operation_not_found: {
    kind: "not_found",
    title: "No such operation",
    message: () => "There is no such operation; check its id.",
  },
  operation_timed_out: {
    kind: "unavailable",
    title: "The operation took too long",
    message: () => "The operation did not come to its end in the time that it has; retry it.",
  },
  operation_failed: {
    kind: "conflict",
    title: "The operation failed",
    message: ({ reason }: { operationId?: string; reason?: string }) =>
      reason === undefined
        ? "The operation failed; read it to see which step, correct the cause and retry it."
        : `The operation failed: ${reason}`,
    shown: ["operationId", "tenantId"],
  },
  operation_not_retriable: {
    kind: "conflict",
    title: "The operation cannot be retried",
    message: ({ status }: { status: string }) =>
      `The operation is ${status}; only a failed one can be retried.`,
    shown: ["status"],
  },
  operation_not_cancellable: {
    kind: "conflict",
    title: "The operation cannot be cancelled",
    message: ({ status }: { status: string }) =>
      `The operation is ${status}; only a queued or running one can be cancelled.`,
    shown: ["status"],
  },
} as const satisfies Record<string, ErrorCodeEntry>;
