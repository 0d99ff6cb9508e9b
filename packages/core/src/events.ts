// Audit events: what was done, by whom, why, and what it changed. An event is recorded in the same
// transaction as the change it tells of, and is never altered.
import type { EventId, OperationId, OperatorKeyId, TenantId } from "./ids.ts";
import type { JsonObject } from "./json.ts";
import type { OperationFailure, OperationKind } from "./operations.ts";
import type { TenantChanges } from "./tenants.ts";

/** Who did something. */
export type Actor =
  | { readonly kind: "operator"; readonly id: OperatorKeyId; readonly name: string }
  | { readonly kind: "system"; readonly name: string };

/** What each type of event tells beside who, when and why. */
export type EventData = {
  readonly "tenant.created": { readonly after: JsonObject };
  readonly "tenant.activated": TenantChanges;
  readonly "tenant.provisioning_failed": TenantChanges & { readonly error: OperationFailure };
  readonly "tenant.updated": TenantChanges;
  readonly "tenant.suspended": TenantChanges & { readonly mode: SuspensionMode };
  readonly "tenant.resumed": TenantChanges;
  readonly "tenant.deleted": TenantChanges;
  readonly "tenant.restored": TenantChanges;
  readonly "operation.retried": OperationSubject;
  readonly "operation.cancelled": OperationSubject;
  readonly "operation.stuck": OperationSubject;
  readonly "operator_key.created": { readonly operatorKeyId: OperatorKeyId; readonly name: string };
  readonly "migrations.uploaded": { readonly added: readonly MigrationRef[] };
  readonly "migrations.started": MigrationRun;
  readonly "migrations.continued": MigrationRun;
  readonly "migrations.tried": { readonly operationId: OperationId };
  readonly "migrations.retried": { readonly targets: readonly string[] };
  readonly "migrations.compared": { readonly operationId: OperationId; readonly full: boolean };
};

/** How a suspended tenant is held: readable, or not served at all. */
export const suspensionModes = ["readonly", "blocked"] as const;
/** One way of suspending. */
export type SuspensionMode = (typeof suspensionModes)[number];

type OperationSubject = { readonly operationId: OperationId; readonly kind: OperationKind };
type MigrationRun = { readonly operationId: OperationId; readonly options?: JsonObject };
type MigrationRef = { readonly set: string; readonly name: string; readonly checksum: string };

/** The types of audit events. */
export const eventTypes = [
  "tenant.created",
  "tenant.activated",
  "tenant.provisioning_failed",
  "tenant.updated",
  "tenant.suspended",
  "tenant.resumed",
  "tenant.deleted",
  "tenant.restored",
  "operation.retried",
  "operation.cancelled",
  "operation.stuck",
  "operator_key.created",
  "migrations.uploaded",
  "migrations.started",
  "migrations.continued",
  "migrations.tried",
  "migrations.retried",
  "migrations.compared",
] as const satisfies readonly (keyof EventData)[];
/** The type of an audit event. */
export type EventType = keyof EventData;

type EventOf<Type extends EventType> = {
  readonly id: EventId;
  readonly type: Type;
  readonly at: Date;
  readonly actor: Actor;
  readonly tenantId?: TenantId | undefined;
  readonly requestId?: string | undefined;
  readonly reason?: string | undefined;
  readonly data: EventData[Type];
};

/** One entry of the audit log; `type` says what `data` holds. */
export type AuditEvent<Type extends EventType = EventType> = Type extends EventType
  ? EventOf<Type>
  : never;
