// At which fields the server's refusal of a new tenant is shown.
import { type Fault, isHestiaError } from "@hestia/core";

const fields = ["name", "slug", "isolation", "plan", "domain", "adminEmail", "settings"];

/** The refusal's faults, each with its place in the form. */
export function serverFaults(error: unknown): readonly Fault[] {
  if (!isHestiaError(error)) return [];
  const { code, message, faults = [] } = error;
  if (code === "tenant_slug_taken") return [{ pointer: "/slug", code, message }];
  if (code === "tenant_domain_taken") return [{ pointer: "/domain", code, message }];
  return faults;
}

/** Whether all of it has a field to stand at; otherwise it is shown as a whole. */
export function isPlaced(error: unknown): boolean {
  const faults = serverFaults(error);
  const isKnown = ({ pointer }: Fault) => fields.includes(pointer.split("/")[1] ?? "");
  return faults.length > 0 && faults.every(isKnown);
}
