// Audit events: what was done, by whom, why, and what it changed. An event is recorded in the same
// transaction as the change it tells of, and is never altered.
import type {
  DeliveryId,
  EventId,
  HoldId,
  IsolationCheckId,
  OperationId,
  OperatorKeyId,
  TenantId,
  WebhookId,
} from "./ids.ts";
import type { IsolationCheckStatus } from "./isolation-checks.ts";
import type { JsonObject } from "./json.ts";
import type { OperationFailure, OperationKind } from "./operations.ts";
import type { Requirement } from "./plans.ts";
import type { TenantChanges } from "./tenants.ts";
import type { WebhookChanges } from "./webhooks.ts";

/** Who did something. */
export type Actor =
  | { readonly kind: "operator"; readonly id: OperatorKeyId; readonly name: string }
  | { readonly kind: "system"; readonly name: string };

/** What each type of event tells beside who, when and why. */
export type EventData = {
  readonly "tenant.created": { readonly after: JsonObject };
  readonly "tenant.awaiting_verification": TenantChanges & {
    readonly missing: readonly Requirement[];
  };
  readonly "tenant.verification_requested": {
    readonly requirement: Requirement;
    readonly expiresAt: string;
    /** Who gets the token: the receivers of this event, or who asked for it. */
    readonly tokenIn: "event" | "answer";
  };
  readonly "tenant.verification_met": { readonly requirement: Requirement };
  readonly "tenant.activated": TenantChanges & { readonly waived?: readonly Requirement[] };
  readonly "tenant.provisioning_failed": TenantChanges & { readonly error: OperationFailure };
  readonly "tenant.updated": TenantChanges;
  readonly "tenant.suspended": TenantChanges & { readonly mode: SuspensionMode };
  readonly "tenant.trial_ended": { readonly trialEndsAt: string };
  readonly "tenant.suspension_review_due": { readonly reviewAt: string };
  readonly "tenant.resumed": TenantChanges;
  readonly "tenant.deleted": TenantChanges;
  readonly "tenant.restored": TenantChanges;
  readonly "tenant.archived": TenantChanges;
  readonly "tenant.purge_started": { readonly operationId: OperationId };
  readonly "tenant.purged": TenantChanges;
  readonly "legal_hold.placed": { readonly holdId: HoldId };
  readonly "legal_hold.lifted": { readonly holdId: HoldId };
  readonly "plan.created": PlanSubject & { readonly after: JsonObject };
  readonly "plan.updated": PlanSubject & {
    readonly before: JsonObject;
    readonly after: JsonObject;
  };
  readonly "plan.deleted": PlanSubject & { readonly before: JsonObject };
  readonly "operation.retried": OperationSubject;
  readonly "operation.cancelled": OperationSubject;
  readonly "operation.stuck": OperationSubject;
  readonly "operator_key.created": { readonly operatorKeyId: OperatorKeyId; readonly name: string };
  readonly "operator_key.revoked": { readonly operatorKeyId: OperatorKeyId; readonly name: string };
  readonly "isolation_check.started": IsolationCheckSubject & { readonly full: boolean };
  readonly "isolation_check.finished": IsolationCheckSubject & {
    readonly status: IsolationCheckStatus;
    readonly findings: number;
  };
  readonly "session.started": { readonly expiresAt: string };
  /** All that its key had, where somebody signs out everywhere. */
  readonly "session.ended": { readonly sessions: number };
  readonly "migrations.uploaded": { readonly added: readonly MigrationRef[] };
  readonly "webhook.created": WebhookSubject & { readonly after: JsonObject };
  readonly "webhook.updated": WebhookSubject & WebhookChanges;
  readonly "webhook.disabled": WebhookSubject;
  readonly "webhook.deleted": WebhookSubject & { readonly before: JsonObject };
  readonly "webhook.secret_rotated": WebhookSubject & { readonly previousValidUntil: string };
  readonly "webhook.replayed": WebhookSubject & { readonly deliveries: number };
  readonly "webhook.test": WebhookSubject & { readonly deliveryId: DeliveryId };
  readonly "migrations.started": MigrationRun;
  readonly "migrations.continued": MigrationRun;
  readonly "migrations.tried": { readonly operationId: OperationId };
  readonly "migrations.retried": {
    readonly operationId: OperationId;
    readonly targets: readonly string[];
  };
  readonly "migrations.compared": { readonly operationId: OperationId; readonly full: boolean };
};

/** How a suspended tenant is held: readable, or not served at all. */
export const suspensionModes = ["readonly", "blocked"] as const;
/** One way of suspending. */
export type SuspensionMode = (typeof suspensionModes)[number];

type OperationSubject = { readonly operationId: OperationId; readonly kind: OperationKind };
type IsolationCheckSubject = {
  readonly isolationCheckId: IsolationCheckId;
  readonly operationId: OperationId;
};
type PlanSubject = { readonly planId: string };
type WebhookSubject = { readonly webhookId: WebhookId; readonly name: string };
type MigrationRun = { readonly operationId: OperationId; readonly options?: JsonObject };
type MigrationRef = { readonly set: string; readonly name: string; readonly checksum: string };

/** The types of audit events. */
export const eventTypes = [
  "tenant.created",
  "tenant.awaiting_verification",
  "tenant.verification_requested",
  "tenant.verification_met",
  "tenant.activated",
  "tenant.provisioning_failed",
  "tenant.updated",
  "tenant.suspended",
  "tenant.trial_ended",
  "tenant.suspension_review_due",
  "tenant.resumed",
  "tenant.deleted",
  "tenant.restored",
  "tenant.archived",
  "tenant.purge_started",
  "tenant.purged",
  "legal_hold.placed",
  "legal_hold.lifted",
  "plan.created",
  "plan.updated",
  "plan.deleted",
  "operation.retried",
  "operation.cancelled",
  "operation.stuck",
  "operator_key.created",
  "operator_key.revoked",
  "isolation_check.started",
  "isolation_check.finished",
  "session.started",
  "session.ended",
  "migrations.uploaded",
  "migrations.started",
  "webhook.created",
  "webhook.updated",
  "webhook.disabled",
  "webhook.deleted",
  "webhook.secret_rotated",
  "webhook.replayed",
  "webhook.test",
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
