// The routes of isolation checks: the platform's tenants attacked on a scratch copy, and the dated report of it.
import {
  type IsolationCheck,
  type IsolationCheckDetail,
  type IsolationCheckId,
  type IsolationModel,
  isolationCheckStatuses,
  isolationModels,
  type OperationId,
} from "@hestia/core";
import { type Static, type TSchema, Type } from "typebox";
import { operationSchema } from "./operations.ts";
import { pageOf, pageQuery } from "./page.ts";
import { withoutAbsent } from "./present.ts";
import { defaulted, type Routes } from "./route.ts";
import { input, isolationCheckIdInput, isolationSchema, timeSchema } from "./schemas.ts";

const uuid = { type: "string", format: "uuid" } as const;
const count = (description: string) => Type.Integer({ minimum: 0, description });

const members = {
  id: Type.Unsafe<IsolationCheckId>(uuid),
  operationId: Type.Unsafe<OperationId>({ ...uuid, description: "Where it can be followed." }),
  status: Type.Enum([...isolationCheckStatuses], {
    description: "`proven` has no finding; `failed` came to no result, and `problem` says why.",
  }),
  models: Type.Array(isolationSchema, { description: "The isolation models that are attacked." }),
  full: Type.Boolean({ description: "Whether every mutation is played on every table." }),
  startedBy: Type.String({ description: "The name of the operator key." }),
  createdAt: timeSchema,
  finishedAt: Type.Optional(timeSchema),
  counts: Type.Optional(
    Type.Object(
      {
        probes: count("Attacks that were played."),
        failed: count("Attacks that got through, or proved nothing."),
        mutations: count("Protections that were taken away."),
        caught: count("Of these, those that an attack then saw."),
        findings: count("Of the attacks, and the doctor's errors."),
      },
      { title: "IsolationCheckCounts" },
    ),
  ),
  problem: Type.Optional(Type.String({ description: "Why it came to no result." })),
};

/** The schema of a check in a list. */
const isolationCheckSchema = Type.Object(members, { title: "IsolationCheck" });

const text = Type.String();
const optionalText = Type.Optional(Type.String());
const list = <Item extends TSchema>(item: Item) => Type.Array(item);

const findingSchema = Type.Object(
  {
    source: Type.Enum(["attack", "doctor"]),
    severity: Type.Enum(["error", "warning", "info"], {
      description: "`error`: isolation does not hold, or is not proven.",
    }),
    name: Type.String({ description: "The attack, the mutation or the doctor's check." }),
    kind: Type.Optional(
      Type.Enum(["leak", "survivor", "unproven", "difference"], {
        description: "Of an attack: why it is a finding.",
      }),
    ),
    model: Type.Optional(Type.String()),
    object: Type.Optional(Type.String({ description: "The table, view, function or role." })),
    way: Type.Optional(Type.String({ description: "Through the library, or raw." })),
    database: Type.Optional(Type.String({ description: "Where to run the cure." })),
    why: Type.String({ description: "What was seen, and why it matters." }),
    cure: optionalText,
  },
  { title: "IsolationFinding" },
);

const reportSchema = Type.Object(
  {
    target: Type.String({ description: "What was checked, without who may enter." }),
    server: Type.String({ description: "PostgreSQL's version." }),
    startedAt: timeSchema,
    finishedAt: timeSchema,
    objects: Type.Record(Type.String(), Type.Integer(), {
      description: "How many tables, views, functions and sequences were found and attacked.",
    }),
    groups: list(
      Type.Object({
        model: text,
        group: text,
        probes: Type.Integer(),
        failed: Type.Integer(),
      }),
    ),
    mutations: list(Type.Object({ name: text, caught: Type.Boolean() })),
    doctorChecks: count("Questions that the doctor asked of the installation."),
    findings: Type.Array(findingSchema, { description: "The worst first." }),
    findingsLeftOut: count("Findings beyond what a report holds."),
  },
  { title: "IsolationReport" },
);

/** The schema of a check with its report. */
const isolationCheckDetailSchema = Type.Object(
  { ...members, report: Type.Optional(reportSchema) },
  { title: "IsolationCheckDetail" },
);

/** A check as it crosses the wire in a list. */
export type IsolationCheckView = Static<typeof isolationCheckSchema>;
/** A check with its report as it crosses the wire. */
export type IsolationCheckDetailView = Static<typeof isolationCheckDetailSchema>;
/** What a check found, as it is stored and crosses the wire. */
export type IsolationReportView = Static<typeof reportSchema>;
/** One finding of a report. */
export type IsolationFindingView = Static<typeof findingSchema>;

/** Returns the check as it crosses the wire in a list. */
export function isolationCheckView(check: IsolationCheck): IsolationCheckView {
  const { models, createdAt, finishedAt, ...rest } = check;
  return withoutAbsent({
    ...rest,
    models: [...models],
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString(),
  }) as IsolationCheckView;
}

/** Returns the check with its report as it crosses the wire. */
export function isolationCheckDetailView(check: IsolationCheckDetail): IsolationCheckDetailView {
  return isolationCheckView(check) as IsolationCheckDetailView;
}

const models = {
  type: "array",
  minItems: 1,
  maxItems: isolationModels.length,
  uniqueItems: true,
  items: { enum: [...isolationModels] },
  description: "The isolation models to attack; absent, all.",
};

/** The routes of isolation checks. */
export const isolationCheckRoutes = {
  list: {
    method: "GET",
    path: "/v1/isolation-checks",
    scope: "platform",
    permission: "isolation_checks:read",
    summary: "List isolation checks",
    description: "The newest first, without their reports.",
    query: input({
      ...pageQuery,
      status: Type.Optional(Type.Array(Type.Enum([...isolationCheckStatuses]), { minItems: 1 })),
    }),
    responses: {
      200: {
        description: "A page of checks.",
        schema: pageOf("IsolationCheckPage", isolationCheckSchema),
      },
    },
    errors: ["cursor_invalid"],
  },
  get: {
    method: "GET",
    path: "/v1/isolation-checks/{isolationCheckId}",
    scope: "platform",
    permission: "isolation_checks:read",
    summary: "Get an isolation check with its report",
    params: input({ isolationCheckId: isolationCheckIdInput }),
    responses: { 200: { description: "The check.", schema: isolationCheckDetailSchema } },
    errors: ["isolation_check_not_found"],
  },
  start: {
    method: "POST",
    path: "/v1/isolation-checks",
    scope: "platform",
    permission: "isolation_checks:write",
    summary: "Check now that tenants are kept apart",
    description:
      "Attacks two tenants of each model on a scratch copy made from the stored migrations, weakens the copy piece by piece to see that the attacks would tell, compares what runs with the copy, and has the doctor look. No real tenant's rows are read. It needs a superuser of the PostgreSQL server, and one runs at a time. The operation's result has `isolationCheckId`.",
    body: input(
      {
        models: Type.Optional(Type.Unsafe<IsolationModel[]>(models)),
        full: defaulted(
          Type.Boolean({
            description: "Every mutation on every table, and every tenant's place compared.",
          }),
          false,
        ),
      },
      { title: "NewIsolationCheck" },
    ),
    responses: {
      200: { description: "The operation, finished while waited for.", schema: operationSchema },
      202: { description: "The operation, begun.", schema: operationSchema },
    },
    errors: ["isolation_check_running"],
    idempotent: true,
    waits: true,
  },
} as const satisfies Routes;
