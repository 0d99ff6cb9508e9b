// Identifiers: UUIDv7, so that they sort by the time they were made, and branded, so that one kind
// never stands in for another. An id is always in its lower-case canonical form.
import { v7 } from "uuid";

declare const idBrand: unique symbol;

/** An identifier of one kind of thing. */
export type Id<Kind extends string> = string & { readonly [idBrand]: Kind };

/** Identifies a tenant, for ever: it is never used again, also after a purge. */
export type TenantId = Id<"tenant">;
/** Identifies an operation. */
export type OperationId = Id<"operation">;
/** Identifies an audit event. */
export type EventId = Id<"event">;
/** Identifies an operator key; it is not the secret. */
export type OperatorKeyId = Id<"operator_key">;
/** Identifies a legal hold. */
export type HoldId = Id<"hold">;
/** Identifies a webhook. */
export type WebhookId = Id<"webhook">;
/** Identifies the delivery of one event to one webhook. */
export type DeliveryId = Id<"delivery">;
/** Identifies an isolation check. */
export type IsolationCheckId = Id<"isolation_check">;
/** Any of the identifiers above. */
export type AnyId =
  | TenantId
  | OperationId
  | EventId
  | OperatorKeyId
  | HoldId
  | WebhookId
  | DeliveryId
  | IsolationCheckId;

/**
 * Makes a fresh UUIDv7 for the given time.
 *
 * `random` (16 bytes) is for tests that want the same id again; without it the platform's secure
 * source is used.
 *
 * @example const id: TenantId = makeId(new Date());
 */
export function makeId<Made extends AnyId>(now: Date | number, random?: Uint8Array): Made {
  const msecs = typeof now === "number" ? now : now.getTime();
  return v7(random === undefined ? { msecs } : { msecs, random }) as Made;
}

/** The shape of a UUID as PostgreSQL reads it, of any version and in any case, for schemas. */
export const uuidPattern =
  "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

const uuidShape = new RegExp(uuidPattern);

/** Tells whether the text has the shape of a UUID of any version, in any case. */
export function isUuid(text: string): boolean {
  return uuidShape.test(text);
}

/** Returns the tenant id in canonical form, or undefined when the text is not a UUID. */
export function parseTenantId(text: unknown): TenantId | undefined {
  return parseId<TenantId>(text);
}

/** Returns the operation id in canonical form, or undefined when the text is not a UUID. */
export function parseOperationId(text: unknown): OperationId | undefined {
  return parseId<OperationId>(text);
}

/** Returns the event id in canonical form, or undefined when the text is not a UUID. */
export function parseEventId(text: unknown): EventId | undefined {
  return parseId<EventId>(text);
}

/** Returns the operator key's id in canonical form, or undefined when the text is not a UUID. */
export function parseOperatorKeyId(text: unknown): OperatorKeyId | undefined {
  return parseId<OperatorKeyId>(text);
}

/** Returns the webhook's id in canonical form, or undefined when the text is not a UUID. */
export function parseWebhookId(text: unknown): WebhookId | undefined {
  return parseId<WebhookId>(text);
}

/** Returns the delivery's id in canonical form, or undefined when the text is not a UUID. */
export function parseDeliveryId(text: unknown): DeliveryId | undefined {
  return parseId<DeliveryId>(text);
}

function parseId<Parsed extends AnyId>(text: unknown): Parsed | undefined {
  return typeof text === "string" && isUuid(text) ? (text.toLowerCase() as Parsed) : undefined;
}
