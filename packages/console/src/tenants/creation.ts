// Has a tenant made, once: a double click, a lost answer and a reload all come to the same tenant, since the same description goes
// out under the same key until the server has answered it.
import type { CreatedTenantView } from "@hestia/api";
import { canonicalJson, isHestiaError } from "@hestia/core";
import { useMutation } from "@tanstack/react-query";
import { client } from "../app/client.ts";
import type { NewTenantInput } from "./draft.ts";

const storageKey = "hestia-new-tenant-key";
const retryMs = 1_000;

export function useCreation(onCreated: (tenant: CreatedTenantView) => void) {
  return useMutation({
    mutationFn: (input: NewTenantInput) =>
      client.tenants.create(input, { idempotencyKey: keyFor(input) }) as Promise<CreatedTenantView>,
    retry: (failures, error) => failures < 5 && isUnanswered(error),
    retryDelay: retryMs,
    onSuccess: (tenant) => {
      sessionStorage.removeItem(storageKey);
      onCreated(tenant);
    },
    onError: (error) => {
      if (!isUnanswered(error)) sessionStorage.removeItem(storageKey);
    },
  });
}

function keyFor(input: NewTenantInput): string {
  const text = canonicalJson(input);
  const kept = sessionStorage.getItem(storageKey);
  if (kept !== null) {
    const [key = "", ...of] = kept.split(" ");
    if (of.join(" ") === text) return key;
  }
  const key = crypto.randomUUID();
  sessionStorage.setItem(storageKey, `${key} ${text}`);
  return key;
}

/** Whether something may have been made all the same. */
function isUnanswered(error: unknown): boolean {
  return (
    isHestiaError(error) &&
    (error.kind === "unavailable" ||
      error.kind === "internal" ||
      error.code === "idempotency_in_flight")
  );
}
