// The routes of operator keys: who may enter. A key's text is in one answer, once; what is kept is only its digest.
import { limits, type OperatorKey, type OperatorKeyId } from "@hestia/core";
import { type Static, Type } from "typebox";
import { pageOf, pageQuery } from "./page.ts";
import { withoutAbsent } from "./present.ts";
import type { Routes } from "./route.ts";
import { input, nameInput, operatorKeyIdInput, reasonInput, ruled, timeSchema } from "./schemas.ts";

const members = {
  id: Type.Unsafe<OperatorKeyId>({ type: "string", format: "uuid" }),
  name: Type.String(),
  createdAt: timeSchema,
  revokedAt: Type.Optional({ ...timeSchema, description: "Since when it opens nothing." }),
};

/** The schema of an operator key in an answer. */
const operatorKeySchema = Type.Object(members, { title: "OperatorKey" });

const operatorKeyWithSecretSchema = Type.Object(
  {
    ...members,
    secret: Type.String({ description: "The key itself, `hst_…`; shown in this answer alone." }),
  },
  { title: "OperatorKeyWithSecret" },
);

/** An operator key as it crosses the wire. */
export type OperatorKeyView = Static<typeof operatorKeySchema>;
/** An operator key with its text, which was just made. */
export type OperatorKeyWithSecretView = Static<typeof operatorKeyWithSecretSchema>;

/** Returns the key as it crosses the wire. */
export function operatorKeyView({ createdAt, revokedAt, ...key }: OperatorKey): OperatorKeyView {
  return withoutAbsent({
    ...key,
    createdAt: createdAt.toISOString(),
    revokedAt: revokedAt?.toISOString(),
  }) as OperatorKeyView;
}

/** The routes of operator keys. */
export const operatorKeyRoutes = {
  list: {
    method: "GET",
    path: "/v1/operator-keys",
    scope: "platform",
    permission: "operator_keys:read",
    summary: "List operator keys",
    description: "The newest first, revoked ones among them.",
    query: input(pageQuery),
    responses: {
      200: {
        description: "A page of keys, without their texts.",
        schema: pageOf("OperatorKeyPage", operatorKeySchema),
      },
    },
    errors: ["cursor_invalid"],
  },
  create: {
    method: "POST",
    path: "/v1/operator-keys",
    scope: "platform",
    permission: "operator_keys:write",
    summary: "Create an operator key",
    description:
      "The answer has the key itself, once; therefore it honours no `Idempotency-Key`. Revoke what was made by mistake.",
    body: input(
      {
        name: ruled<string>("name", {
          ...nameInput,
          maxLength: limits.nameCharsMax,
          description: "Whose it is, or what it is for; it stands in the audit log.",
          examples: ["Ada's laptop"],
        }),
      },
      { title: "NewOperatorKey" },
    ),
    responses: {
      201: { description: "The key, with its text.", schema: operatorKeyWithSecretSchema },
    },
    errors: [],
  },
  revoke: {
    method: "DELETE",
    path: "/v1/operator-keys/{operatorKeyId}",
    scope: "platform",
    permission: "operator_keys:write",
    summary: "Revoke an operator key",
    description:
      "It opens nothing any more, and its sessions end; it stays in the list. Refused for the last one. A key that is revoked already is answered as it is.",
    params: input({ operatorKeyId: operatorKeyIdInput }),
    query: input({ reason: Type.Optional(reasonInput) }),
    responses: { 200: { description: "The key, revoked.", schema: operatorKeySchema } },
    errors: ["operator_key_not_found", "operator_key_last"],
    idempotent: true,
  },
} as const satisfies Routes;
