// The public names of @hestia/core.
export { AssertionError, assert, unreachable } from "./assert.ts";
export {
  type DeletionCheck,
  type DeletionFacts,
  deletionChecks,
  expectDeletable,
  type LegalHold,
  type TenantEnd,
} from "./deletion.ts";
export { type DomainRules, parseDomain } from "./domains.ts";
export { parseEmail } from "./emails.ts";
export { type ErrorCode, errorCodes } from "./error-codes.ts";
export { type ErrorCodeEntry, type ErrorKind, errorKinds } from "./error-kinds.ts";
export {
  type ErrorDetails,
  type ExtraDetails,
  HestiaError,
  type HestiaErrorOptions,
  isErrorCode,
  isHestiaError,
  shownDetails,
} from "./errors.ts";
export {
  type Actor,
  type AuditEvent,
  type EventData,
  type EventType,
  eventTypes,
  type SuspensionMode,
  suspensionModes,
} from "./events.ts";
export {
  collectFaults,
  type Fault,
  type FaultCollector,
  faultsBelow,
  invalidInput,
  jsonPointer,
  type Parsed,
  parsedOr,
} from "./faults.ts";
export {
  type AnyId,
  type DeliveryId,
  type EventId,
  type HoldId,
  type Id,
  type IsolationCheckId,
  isUuid,
  makeId,
  type OperationId,
  type OperatorKeyId,
  parseDeliveryId,
  parseEventId,
  parseOperationId,
  parseOperatorKeyId,
  parseTenantId,
  parseWebhookId,
  type TenantId,
  uuidPattern,
  type WebhookId,
} from "./ids.ts";
export {
  type IsolationCheck,
  type IsolationCheckCounts,
  type IsolationCheckDetail,
  type IsolationCheckStatus,
  isolationCheckStatuses,
} from "./isolation-checks.ts";
export {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  jsonEquals,
} from "./json.ts";
export { canMove, movesFrom, moveTenant, type TenantMove, tenantMoves } from "./lifecycle.ts";
export { limits } from "./limits.ts";
export { mergePatch } from "./merge-patch.ts";
export { parseMigrationFiles } from "./migration-files.ts";
export { parseDescription, parseName, parseReason } from "./names.ts";
export {
  cancelOperation,
  failOperation,
  failStep,
  finishCancel,
  finishStep,
  isFinished,
  isOverdue,
  makeOperation,
  nextStep,
  type Operation,
  type OperationFailure,
  type OperationKind,
  type OperationStatus,
  type OperationStep,
  operationStatuses,
  progressOf,
  retryOperation,
  type StepOutcome,
  type StepStatus,
  startAllSteps,
  startOneStep,
  startOperation,
  startStep,
  stepStatuses,
  succeedAllSteps,
  succeedOperation,
} from "./operations.ts";
export { type OperatorKey, parseOperatorKey, parseSentKey } from "./operator-keys.ts";
export {
  type CursorBinding,
  type CursorKey,
  decodeCursor,
  encodeCursor,
  makePage,
  type Page,
} from "./pages.ts";
export {
  daysFrom,
  makePlan,
  type NewPlan,
  type Plan,
  type PlanPatch,
  patchPlan,
  planChanges,
  planFacts,
  type Requirement,
  requirements,
} from "./plans.ts";
export { isReservedName, reservedNames } from "./reserved-names.ts";
export { parseSettings } from "./settings.ts";
export { parseSlug, slugPattern } from "./slugs.ts";
export {
  defaultTenantSort,
  parseSort,
  type SortField,
  type TenantSort,
  tenantSorts,
} from "./sorts.ts";
export {
  databaseName,
  defaultIsolation,
  defaultPlan,
  type IsolationModel,
  isolationModels,
  makeTenant,
  type NewTenant,
  type Placement,
  patchTenant,
  type StatusProblem,
  schemaName,
  servesReads,
  servesWrites,
  statusProblem,
  type Tenant,
  type TenantChanges,
  type TenantPatch,
  type TenantStatus,
  tenantChanges,
  tenantStatuses,
} from "./tenants.ts";
export {
  adviceOn,
  challengeName,
  closeVerification,
  missingOf,
  openVerification,
  type Verification,
  type VerificationState,
  verificationStates,
  waitFor,
  waitingReason,
} from "./verifications.ts";
export {
  cutIntoWaves,
  type RunEnd,
  stateWaves,
  type Wave,
  type WaveCounts,
  type WaveOptions,
  type WaveState,
  wavePercentsDefault,
  waveStates,
} from "./waves.ts";
export {
  type AttemptOutcome,
  afterAttempt,
  type Delivery,
  type DeliveryAttempt,
  type DeliveryStatus,
  deliveryStatuses,
  disableWebhook,
  makeWebhook,
  type NewWebhook,
  parseWebhookUrl,
  patchWebhook,
  reasonToDisable,
  type Webhook,
  type WebhookPatch,
  type WebhookStatus,
  webhookChanges,
  webhookFacts,
  webhookStatuses,
} from "./webhooks.ts";
