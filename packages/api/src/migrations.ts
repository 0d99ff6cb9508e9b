// The application's own migrations on the wire: plain SQL files, stored by checksum, applied to every
// tenant's partition. A file that is stored never changes.
import { limits, waveStates } from "@hestia/core";
import { type Static, Type } from "typebox";
import { operationSchema } from "./operations.ts";
import type { Routes } from "./route.ts";
import { input, operationIdInput, ruled, timeSchema } from "./schemas.ts";

const set = Type.Enum(["tenant", "shared"], {
  description: "`tenant`: once per partition; `shared`: once per data database.",
});

const failureMembers = {
  target: Type.String({ description: "A tenant's id, or what a cluster's tenants share." }),
  slug: Type.Optional(Type.String()),
  file: Type.String(),
  line: Type.Optional(Type.Integer({ minimum: 1 })),
  message: Type.String(),
  blocked: Type.Boolean({
    description: "Gets nothing further until it is retried or the file is corrected.",
  }),
  failedAt: timeSchema,
};

/** The schema of the stored files and where they stand. */
export const migrationStateSchema = Type.Object(
  {
    files: Type.Array(
      Type.Object(
        {
          set,
          name: Type.String(),
          checksum: Type.String({ description: "SHA-256 of its bytes, in hexadecimal." }),
          storedAt: timeSchema,
        },
        { title: "MigrationFile" },
      ),
      { description: "In the order in which they apply." },
    ),
    targets: Type.Object(
      {
        current: Type.Integer({ minimum: 0, description: "Have every file." }),
        behind: Type.Integer({ minimum: 0, description: "Lack a file, and nothing failed." }),
        failed: Type.Integer({ minimum: 0, description: "Lack a file, since one failed." }),
      },
      { title: "MigrationTargets" },
    ),
    versions: Type.Array(
      Type.Object(
        {
          version: Type.Optional(
            Type.String({ description: "The last tenant migration; absent: none." }),
          ),
          targets: Type.Integer({ minimum: 1 }),
        },
        { title: "MigrationVersion" },
      ),
      { description: "How far the partitions are, the least far first." },
    ),
    failures: Type.Array(Type.Object(failureMembers, { title: "MigrationFailure" }), {
      description: "The first of the targets that failed.",
    }),
  },
  { title: "MigrationState" },
);

/** The stored migrations and where they stand, as they cross the wire. */
export type MigrationStateView = Static<typeof migrationStateSchema>;

const targets = (description: string) => Type.Integer({ minimum: 0, description });

/** The schema of a run, wave by wave. */
export const migrationRunSchema = Type.Object(
  {
    operation: operationSchema,
    options: Type.Object(
      {
        waves: Type.Array(Type.Number(), { description: "In per cent; the rest comes last." }),
        canary: Type.Array(Type.String(), { description: "Targets that go before all others." }),
        pauseSeconds: Type.Integer({ minimum: 0 }),
        hold: Type.Boolean(),
        stopOnError: Type.Boolean(),
        errorRateMax: Type.Number(),
      },
      { title: "MigrationRunOptions" },
    ),
    waves: Type.Array(
      Type.Object(
        {
          name: Type.String({ examples: ["canary", "10 %", "the rest"] }),
          state: Type.Enum([...waveStates], {
            description:
              "`running` is the one that the run is at, `held` the one that waits for `POST /v1/migrations/continue`, `stopped` one that failures ended in the middle.",
          }),
          targets: targets("All that are in it."),
          current: targets("Have every file."),
          blocked: targets("Get nothing further until they are retried or the file is corrected."),
          deferred: targets("Failed in a way that the next run tries again, such as by a lock."),
          waiting: targets("Lack a file, and nothing failed."),
        },
        { title: "MigrationWave" },
      ),
      { description: "In their order, each with how its targets stand now." },
    ),
    failures: Type.Array(
      Type.Object(
        { ...failureMembers, wave: Type.Optional(Type.String()) },
        { title: "MigrationRunFailure" },
      ),
      { description: "The first of the targets that failed, by this run or before." },
    ),
  },
  { title: "MigrationRunState" },
);

/** A run as it crosses the wire. */
export type MigrationRunView = Static<typeof migrationRunSchema>;

const state = {
  200: { description: "What is stored, and where it stands.", schema: migrationStateSchema },
};

const files = Type.Array(
  input(
    {
      set,
      name: Type.String({
        pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*\\.sql$",
        maxLength: limits.migrationNameCharsMax,
        description: "Files apply in the order of their names.",
        examples: ["0001_orders.sql"],
      }),
      sql: Type.String({
        pattern: "^[^\\u0000]*$",
        maxLength: limits.migrationFileBytesMax,
      }),
    },
    { title: "NewMigrationFile" },
  ),
  { maxItems: limits.migrationFilesMax },
);

const tenantNames = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 200, description });

const runBody = input(
  {
    waves: Type.Optional(
      Type.Array(Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 100 }), {
        maxItems: 20,
        description:
          "Shares of the fleet that are done after each wave, in per cent, growing; the rest comes last. Absent: 1 and 10.",
        examples: [[1, 10]],
      }),
    ),
    canary: Type.Optional(tenantNames("Tenants, by slug or id, that go before all others.")),
    pauseSeconds: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 86_400, description: "Between two waves." }),
    ),
    hold: Type.Optional(
      Type.Boolean({
        description:
          "End after each wave that did something; `POST /v1/migrations/continue` goes on.",
      }),
    ),
    stopOnError: Type.Optional(Type.Boolean({ description: "Stop at the first that fails." })),
    errorRateMax: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: "Stop when more of a wave than this share fails. Absent: 0.1.",
      }),
    ),
    dryRun: Type.Optional(
      Type.Boolean({
        description:
          "Change nothing: the operation's result says who would get what in which wave, and what came of each file in a scratch schema that is rolled back.",
      }),
    ),
    files: Type.Optional(ruled<Static<typeof files>>("migrationFiles", files)),
  },
  { title: "MigrationRun" },
);

const operationResponses = {
  200: { description: "The operation, finished while waited for.", schema: operationSchema },
  202: { description: "The operation, begun.", schema: operationSchema },
};

/** The routes of migrations. */
export const migrationRoutes = {
  get: {
    method: "GET",
    path: "/v1/migrations",
    scope: "platform",
    permission: "migrations:read",
    summary: "Get the stored migrations and where they stand",
    responses: state,
    errors: [],
  },
  run: {
    method: "GET",
    path: "/v1/migrations/runs/{operationId}",
    scope: "platform",
    permission: "migrations:read",
    summary: "Get a run, wave by wave",
    description:
      "Whom the waves fall on follows from the run, and how far they are from the ledger: it is the same whichever server does the run, and an old run shows its targets as they stand now.",
    params: input({ operationId: operationIdInput }),
    responses: { 200: { description: "The run.", schema: migrationRunSchema } },
    errors: ["operation_not_found"],
  },
  store: {
    method: "PUT",
    path: "/v1/migrations",
    scope: "platform",
    permission: "migrations:write",
    summary: "Store the application's migrations",
    description:
      "Send all files every time. What any partition has must be there and be unchanged; a file that no partition has may be corrected, or left out and is then taken out. A new file must sort behind those that were applied. New tenants get what is stored; `POST /v1/migrations/up` brings the others up to it.",
    body: input(
      {
        files: ruled<Static<typeof files>>("migrationFiles", files),
      },
      { title: "NewMigrations" },
    ),
    bodyBytesMax: limits.migrationsBytesMax,
    responses: state,
    errors: ["migration_changed", "migration_missing", "migration_failed"],
  },
  up: {
    method: "POST",
    path: "/v1/migrations/up",
    scope: "platform",
    permission: "migrations:write",
    summary: "Bring every target up to the stored migrations",
    description:
      "In waves, several targets beside each other. A target that fails is noted, gets nothing further until it is retried or its file is corrected, and keeps no other: the operation fails at its end. One that others hold locked is tried again behind the others. `files` are for a dry run alone: what would be stored.",
    body: runBody,
    bodyBytesMax: limits.migrationsBytesMax,
    responses: operationResponses,
    errors: ["tenant_not_found"],
    idempotent: true,
    waits: true,
  },
  continue: {
    method: "POST",
    path: "/v1/migrations/continue",
    scope: "platform",
    permission: "migrations:write",
    summary: "Go on with the next wave of a run that holds",
    responses: operationResponses,
    errors: ["migrations_not_waiting"],
    idempotent: true,
    waits: true,
  },
  retry: {
    method: "POST",
    path: "/v1/migrations/retry",
    scope: "platform",
    permission: "migrations:write",
    summary: "Try targets that failed again",
    description: "Those named or all; what follows is a run like any other.",
    body: input(
      { tenants: Type.Optional(tenantNames("Tenants by slug or id; absent: all that failed.")) },
      { title: "MigrationRetry" },
    ),
    responses: operationResponses,
    errors: ["tenant_not_found"],
    idempotent: true,
    waits: true,
  },
  drift: {
    method: "POST",
    path: "/v1/migrations/drift",
    scope: "platform",
    permission: "migrations:read",
    summary: "Compare every partition with what its migrations make",
    description:
      "Each target is compared with a scratch schema made from the stored files that the target's own ledger names. The operation's result lists the targets that differ, each with its missing, extra and different objects.",
    body: input(
      {
        tenants: Type.Optional(tenantNames("Tenants by slug or id; absent: the whole fleet.")),
        full: Type.Optional(
          Type.Boolean({
            description:
              "Compare every definition. Absent, defaults, conditions of checks and texts of views are looked at only where something else differs.",
          }),
        ),
      },
      { title: "DriftRun" },
    ),
    responses: operationResponses,
    errors: ["tenant_not_found"],
    idempotent: true,
    waits: true,
  },
} as const satisfies Routes;
