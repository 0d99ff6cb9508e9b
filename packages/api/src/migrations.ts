// The application's own migrations on the wire: plain SQL files, stored by checksum, applied to every
// tenant's partition. A file that is stored never changes.
import { limits } from "@hestia/core";
import { type Static, Type } from "typebox";
import { operationSchema } from "./operations.ts";
import type { Routes } from "./route.ts";
import { input, ruled, timeSchema } from "./schemas.ts";

const set = Type.Enum(["tenant", "shared"], {
  description: "`tenant`: once per partition; `shared`: once per data database.",
});

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
    failures: Type.Array(
      Type.Object(
        { target: Type.String(), file: Type.String(), message: Type.String() },
        { title: "MigrationFailure" },
      ),
      { description: "The first of the targets that failed." },
    ),
  },
  { title: "MigrationState" },
);

/** The stored migrations and where they stand, as they cross the wire. */
export type MigrationStateView = Static<typeof migrationStateSchema>;

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
    responses: {
      200: { description: "The operation, finished while waited for.", schema: operationSchema },
      202: { description: "The operation that applies them.", schema: operationSchema },
    },
    errors: [],
    idempotent: true,
    waits: true,
  },
} as const satisfies Routes;
