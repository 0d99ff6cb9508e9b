// The operations on verifications, one handler per route. Whatever meets a requirement does so under the tenant's lock, so
// that of two that come at once the later one finds what the earlier has done, and the last one activates.
import {
  ownTenantView,
  type VerificationFacts,
  type verificationRoutes,
  verificationsView,
} from "@hestia/api";
import {
  type Actor,
  challengeName,
  collectFaults,
  HestiaError,
  invalidInput,
  isHestiaError,
  limits,
  type Requirement,
  type Tenant,
  type TenantId,
  type Verification,
} from "@hestia/core";
import {
  countAttempt,
  findAdminEmail,
  findTokenHash,
  getTenant,
  isListedByWebhook,
  listVerifications,
  lockTenant,
  markDomainVerified,
  type PlatformTx,
  setAdminEmail,
} from "@hestia/postgres/platform";
import { isOf, issueToken, meet } from "./activation.ts";
import { boundAttempts } from "./attempts.ts";
import type { OperatorContext, PublicContext } from "./context.ts";
import type { Handlers } from "./handlers.ts";
import { isInForce } from "./lifecycle.ts";
import type { Platform } from "./platform.ts";
import { isSpoilt, isTokenOf, readToken } from "./verification-tokens.ts";

type Handler = Handlers<typeof verificationRoutes>;
type Step = Parameters<Handler["verify"]>[1];

/** Makes the handlers of verifications; `platform` throws while there is none. */
export function verificationHandlers({ platform }: { platform: () => Platform }): Handler {
  const admit = boundAttempts(limits.confirmationsPerMinuteMax);
  return {
    list: async (context, { tenantId }) => {
      const facts = await context.platform.db.asPlatform(async (tx) =>
        factsOf(tx, await getTenant(tx, tenantId)),
      );
      return { status: 200, body: verificationsView(facts, context.platform.now()) };
    },
    verify: async (context, step) => {
      checkStep(step);
      const records = step.requirement === "domain" ? await lookUp(context, step) : [];
      const { token, ...facts } = await context.platform.db.asPlatform((tx) =>
        verify(tx, context, { ...step, records }),
      );
      await answered(context, facts.tenant);
      if (facts.recordMissing !== undefined)
        throw new HestiaError("verification_record_missing", facts.recordMissing);
      const body = verificationsView(facts, context.platform.now());
      return { status: 200, body: token === undefined ? body : { ...body, token } };
    },
    confirm: async (context: PublicContext, { token }) => {
      admit(context.address);
      const tenant = await confirm(platform(), context, token);
      return { status: 200, body: ownTenantView(tenant) };
    },
  };
}

async function factsOf(tx: PlatformTx, tenant: Tenant): Promise<VerificationFacts> {
  const verifications = await listVerifications(tx, tenant.id);
  const email = await findAdminEmail(tx, tenant.id);
  const isSent = verifications.some((each) => isOf("email")(each) && each.state === "open");
  const isHeard =
    isSent && (await isListedByWebhook(tx, "tenant.verification_requested", tenant.id));
  return { tenant, verifications, email, isHeard };
}

// A tenant that was just activated is served when the answer is there.
async function answered(context: Pick<OperatorContext, "platform">, { id, status }: Tenant) {
  if (status === "active") await isInForce(context, id);
}

function checkStep({ requirement, email, reveal, reason }: Step): void {
  const faults = collectFaults();
  for (const [name, value] of Object.entries({ email, reveal }))
    if (value !== undefined && requirement !== "email")
      faults.add(`/${name}`, "not_allowed", `It goes with the requirement email alone.`);
  if (requirement === "approval" && reason === undefined)
    faults.add("/reason", "required", "Say why it is approved.");
  faults.throwIfAny();
}

type Looked = Step & { readonly records: readonly string[] };
type Verified = VerificationFacts & {
  readonly token?: string | undefined;
  /** Where the domain's record is not, and how many others are there. */
  readonly recordMissing?: { readonly record: string; readonly found: number };
};

async function verify(tx: PlatformTx, context: OperatorContext, step: Looked): Promise<Verified> {
  const tenant = await lockTenant(tx, step.tenantId);
  const verification = (await listVerifications(tx, tenant.id)).find(isOf(step.requirement));
  if (verification?.state === "met") return factsOf(tx, tenant);
  const open = awaited(tenant, verification, step.requirement);
  switch (step.requirement) {
    case "email":
      return request(tx, context, { tenant, open, step });
    case "domain":
      return proveDomain(tx, context, { tenant, open, step });
    default: {
      const meeting = { tenant, verification: open, reason: step.reason };
      return factsOf(tx, await meet(tx, context, meeting));
    }
  }
}

function awaited(
  { status }: Tenant,
  verification: Verification | undefined,
  requirement: Requirement,
): Verification {
  if (status === "pending" && verification?.state === "open") return verification;
  throw new HestiaError("verification_not_awaited", { requirement });
}

type Under<Given> = { readonly tenant: Tenant; readonly open: Verification; readonly step: Given };

async function request(
  tx: PlatformTx,
  context: OperatorContext,
  { tenant, open, step }: Under<Step>,
): Promise<Verified> {
  if (step.email !== undefined) await setAdminEmail(tx, tenant.id, step.email);
  else if ((await findAdminEmail(tx, tenant.id)) === undefined)
    throw invalidInput([
      {
        pointer: "/email",
        code: "required",
        message: "The address of the administrator is not known; give it.",
      },
    ]);
  const reveals = step.reveal === true;
  const token = await issueToken(tx, context, open, reveals ? "answer" : "event");
  return { ...(await factsOf(tx, tenant)), token: reveals ? token : undefined };
}

// Before the transaction: no lock waits for a name server.
async function lookUp({ platform }: OperatorContext, { tenantId }: Step) {
  const { domain, isOpen } = await platform.db.asPlatform(async (tx) => {
    const found = (await listVerifications(tx, tenantId)).find(isOf("domain"));
    return { ...(await getTenant(tx, tenantId)), isOpen: found?.state === "open" };
  });
  return isOpen && domain !== undefined ? platform.resolveText(challengeName(domain)) : [];
}

// A challenge is its tenant's and its domain's own: records that were looked up for another domain do not have it.
async function proveDomain(
  tx: PlatformTx,
  context: OperatorContext,
  { tenant, open, step: { records, reason } }: Under<Looked>,
): Promise<Verified> {
  const { domain } = tenant;
  if (domain === undefined)
    throw new HestiaError(
      "verification_record_missing",
      { record: "", found: 0 },
      { message: "The tenant has no domain; give it one, then have it checked." },
    );
  if (open.challenge === undefined || !records.includes(open.challenge)) {
    await countAttempt(tx, open);
    const recordMissing = { record: challengeName(domain), found: records.length };
    return { ...(await factsOf(tx, tenant)), recordMissing };
  }
  await markDomainVerified(tx, tenant.id, context.platform.now());
  return factsOf(tx, await meet(tx, context, { tenant, verification: open, reason }));
}

const confirming: Actor = { kind: "system", name: "e-mail confirmation" };

async function confirm(
  platform: Platform,
  { requestId }: PublicContext,
  text: string,
): Promise<Tenant> {
  const token = readToken(text);
  const acting = { platform, actor: confirming, requestId };
  const tenant = token && (await platform.db.asPlatform((tx) => tryToken(tx, acting, token)));
  if (tenant === undefined) throw new HestiaError("verification_token_invalid");
  await answered({ platform }, tenant);
  return tenant;
}

// A try that failed is counted, so it does not end by an error here.
async function tryToken(
  tx: PlatformTx,
  acting: Parameters<typeof meet>[1],
  token: NonNullable<ReturnType<typeof readToken>>,
): Promise<Tenant | undefined> {
  const tenant = await lockIfAny(tx, token.tenantId);
  const hash = tenant && (await findTokenHash(tx, tenant.id));
  const found = tenant && (await listVerifications(tx, tenant.id)).find(isOf("email"));
  if (tenant?.status !== "pending" || hash === undefined || found?.state !== "open")
    return undefined;
  if (!isTokenOf(token, hash)) {
    if (isSpoilt(token, acting.platform, found.issue)) await countAttempt(tx, found);
    return undefined;
  }
  const { expiresAt, attempts } = found;
  const isOver = expiresAt === undefined || expiresAt <= acting.platform.now();
  if (isOver || attempts >= limits.verificationAttemptsMax) return undefined;
  return meet(tx, acting, { tenant, verification: found });
}

async function lockIfAny(tx: PlatformTx, tenantId: TenantId): Promise<Tenant | undefined> {
  try {
    return await lockTenant(tx, tenantId);
  } catch (error) {
    if (isHestiaError(error, "tenant_not_found")) return undefined;
    throw error;
  }
}
