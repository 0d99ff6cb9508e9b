// What keeps tenants from their ends, and the certificates of those that are gone.
import type { CertificateView, erasureRoutes } from "@hestia/api";
import { HestiaError, type TenantId } from "@hestia/core";
import { findCertificate, getTenant } from "@hestia/postgres/platform";
import { certificatePage } from "./certificate-page.ts";
import type { OperatorContext } from "./context.ts";
import { checkDeletion } from "./deletion-checks.ts";
import type { Handlers } from "./handlers.ts";

/** The handlers about tenants' ends. */
export const erasureHandlers: Handlers<typeof erasureRoutes> = {
  checks: async ({ platform }, { tenantId }) => {
    const checks = await platform.db.asPlatform(async (tx) =>
      checkDeletion(tx, await getTenant(tx, tenantId), platform.now()),
    );
    const items = checks.map((each) => ({ ...each, keepsFrom: [...each.keepsFrom] }));
    const canBeDeleted = items.every(({ keepsFrom }) => !keepsFrom.includes("delete"));
    const canBePurged = items.every(({ keepsFrom }) => !keepsFrom.includes("purge"));
    return { status: 200, body: { canBeDeleted, canBePurged, items } };
  },
  certificate: async (context, { tenantId }) => ({
    status: 200,
    body: await read(context, tenantId),
  }),
  certificatePage: async (context, { tenantId }) => ({
    status: 200,
    body: certificatePage(await read(context, tenantId)),
    headers: {
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
      "content-type": "text/html; charset=utf-8",
    },
  }),
};

async function read({ platform }: OperatorContext, tenantId: TenantId): Promise<CertificateView> {
  const body = await platform.db.asPlatform(async (tx) => {
    await getTenant(tx, tenantId);
    return findCertificate(tx, tenantId);
  });
  if (body === undefined) throw new HestiaError("certificate_not_found");
  return body as CertificateView;
}
