// Begins an operation of migrations and goes to where it is seen. What is sent again is the same request.
import type { OperationView } from "@hestia/api";
import { type UseMutationResult, useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { client } from "../app/client.ts";
import type { bodyOf } from "./roll-out-body.ts";

const route = getRouteApi("/inside/migrations");

type Key = { readonly idempotencyKey: string };

const begins = {
  up: (body: ReturnType<typeof bodyOf>, key: Key) => client.migrations.up(body, key),
  continue: (_body: object, key: Key) => client.migrations.continue({}, key),
  retry: (body: { tenants?: string[] }, key: Key) => client.migrations.retry(body, key),
};

type Body<Name extends keyof typeof begins> = Parameters<(typeof begins)[Name]>[0];

export function useBegin<Name extends keyof typeof begins>(
  name: Name,
): UseMutationResult<OperationView, Error, Body<Name>> {
  const navigate = route.useNavigate();
  const begin = begins[name] as (body: Body<Name>, key: Key) => Promise<OperationView>;
  return useMutation({
    mutationFn: (body: Body<Name>) => begin(body, { idempotencyKey: crypto.randomUUID() }),
    onSuccess: ({ id }) => navigate({ search: { run: id } }),
  });
}
