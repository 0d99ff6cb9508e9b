// Operations on the wire: long work, its steps, and how to follow, stop or repeat it.
import {
  type Operation,
  type OperationId,
  operationStatuses,
  stepStatuses,
  type TenantId,
} from "@hestia/core";
import { type Static, Type } from "typebox";
import { pageOf, pageQuery } from "./page.ts";
import { withoutAbsent } from "./present.ts";
import type { Routes } from "./route.ts";
import { input, operationIdInput, tenantIdInput, timeSchema } from "./schemas.ts";

/** The schema of an operation in an answer. */
export const operationSchema = Type.Object(
  {
    id: Type.Unsafe<OperationId>({ type: "string", format: "uuid" }),
    kind: Type.String({ description: "What it does.", examples: ["tenant.provision"] }),
    tenantId: Type.Optional(Type.Unsafe<TenantId>({ type: "string", format: "uuid" })),
    status: Type.Enum([...operationStatuses]),
    progress: Type.Number({ minimum: 0, maximum: 1 }),
    steps: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          status: Type.Enum([...stepStatuses]),
          startedAt: Type.Optional(timeSchema),
          finishedAt: Type.Optional(timeSchema),
          detail: Type.Optional(Type.String()),
        },
        { title: "OperationStep" },
      ),
    ),
    result: Type.Optional(Type.Unsafe<Record<string, unknown>>({ type: "object" })),
    error: Type.Optional(
      Type.Object(
        { code: Type.String(), message: Type.String() },
        { title: "OperationFailure", description: "Why it failed, and what to do." },
      ),
    ),
    createdAt: timeSchema,
    finishedAt: Type.Optional(timeSchema),
    deadlineAt: Type.Optional(timeSchema),
    stuckAt: Type.Optional(
      Type.Unsafe<string>({
        type: "string",
        format: "date-time",
        description: "It comes no further by itself since then: clear the cause and retry it.",
      }),
    ),
    estimatedFinishAt: Type.Optional(
      Type.Unsafe<string>({
        type: "string",
        format: "date-time",
        description: "By how long its steps took in earlier operations of the kind.",
      }),
    ),
  },
  { title: "Operation" },
);

/** An operation as it crosses the wire. */
export type OperationView = Static<typeof operationSchema>;

/** Returns the operation as it crosses the wire; `estimatedFinishAt` where that is known. */
export function operationView(operation: Operation, estimatedFinishAt?: Date): OperationView {
  const { cancelRequestedAt: _internal, createdAt, steps, ...given } = operation;
  const { finishedAt, deadlineAt, stuckAt, ...rest } = given;
  const view: OperationView = {
    ...withoutAbsent(rest),
    createdAt: createdAt.toISOString(),
    steps: steps.map(stepView),
  };
  const times = { finishedAt, deadlineAt, stuckAt, estimatedFinishAt };
  for (const [name, time] of Object.entries(times))
    if (time !== undefined) view[name as keyof typeof times] = time.toISOString();
  return view;
}

function stepView({ startedAt, finishedAt, detail, name, status }: Operation["steps"][number]) {
  return {
    name,
    status,
    ...(startedAt === undefined ? {} : { startedAt: startedAt.toISOString() }),
    ...(finishedAt === undefined ? {} : { finishedAt: finishedAt.toISOString() }),
    ...(detail === undefined ? {} : { detail }),
  };
}

const params = input({ operationId: operationIdInput });
const oneOperation = { 200: { description: "The operation.", schema: operationSchema } };

/** The routes of operations. */
export const operationRoutes = {
  list: {
    method: "GET",
    path: "/v1/operations",
    scope: "platform",
    permission: "operations:read",
    summary: "List operations",
    description: "The newest first.",
    query: input({
      ...pageQuery,
      tenantId: Type.Optional(tenantIdInput),
      status: Type.Optional(Type.Array(Type.Enum([...operationStatuses]), { minItems: 1 })),
      kind: Type.Optional(Type.String({ pattern: "^[a-z_.]+$", maxLength: 100 })),
      stuck: Type.Optional(
        Type.Boolean({
          description: "Those that come no further by themselves, or with `false` the others.",
        }),
      ),
    }),
    responses: {
      200: {
        description: "A page of operations.",
        schema: pageOf("OperationPage", operationSchema),
      },
    },
    errors: ["cursor_invalid"],
  },
  get: {
    method: "GET",
    path: "/v1/operations/{operationId}",
    scope: "platform",
    permission: "operations:read",
    summary: "Get an operation",
    params,
    responses: oneOperation,
    errors: ["operation_not_found"],
  },
  events: {
    method: "GET",
    path: "/v1/operations/{operationId}/events",
    scope: "platform",
    permission: "operations:read",
    summary: "Follow an operation",
    description:
      "Server-sent events named `operation`, each with the whole operation as it then is: one at once, one at every change, the last when it is finished; then the stream ends. `Last-Event-ID` continues.",
    params,
    events: operationSchema,
    responses: {
      200: {
        description: "The operation, at every change.",
        schema: Type.String(),
        contentType: "text/event-stream",
      },
    },
    errors: ["operation_not_found", "too_many_streams"],
  },
  cancel: {
    method: "POST",
    path: "/v1/operations/{operationId}/cancel",
    scope: "platform",
    permission: "operations:cancel",
    summary: "Cancel an operation",
    description:
      "A queued operation is cancelled at once; a running one stops after its present step and is undone.",
    params,
    responses: oneOperation,
    errors: ["operation_not_found", "operation_not_cancellable"],
    idempotent: true,
  },
  retry: {
    method: "POST",
    path: "/v1/operations/{operationId}/retry",
    scope: "platform",
    permission: "operations:retry",
    summary: "Retry a failed operation",
    description:
      "It goes on with the step that failed; steps that are done are not repeated. One that is stuck goes on where it stopped.",
    params,
    responses: {
      200: { description: "The operation, finished while waited for.", schema: operationSchema },
      202: { description: "The operation, queued again.", schema: operationSchema },
    },
    errors: ["operation_not_found", "operation_not_retriable", "isolation_check_running"],
    idempotent: true,
    waits: true,
  },
} as const satisfies Routes;
