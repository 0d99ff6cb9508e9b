// The login of a database tenant, sealed as the platform stores it. It is bound to its tenant: another's cannot be opened.

import type { TenantId } from "@hestia/core";
import { open, seal } from "../secrets.ts";
import type { Login } from "./roles.ts";

const loginPurpose = (tenantId: TenantId) => `tenant:${tenantId}`;

/** Seals it. */
export function sealLogin(secretKey: string, tenantId: TenantId, login: Login): string {
  return seal(secretKey, loginPurpose(tenantId), JSON.stringify(login));
}

/** The login of a database tenant. */
export function openLogin(secretKey: string, tenantId: TenantId, sealed: string): Login {
  return JSON.parse(open(secretKey, loginPurpose(tenantId), sealed)) as Login;
}
