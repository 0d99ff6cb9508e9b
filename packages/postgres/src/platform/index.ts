// The control plane's entry point to PostgreSQL: the platform's store, and the clusters that hold tenants.
export { checkDatabaseUrl, withClient, withDatabase } from "../cluster/admin.ts";
export type {
  Cluster,
  LedgerRow,
  PartitionPlace,
  PartitionTenant,
  ScopeState,
} from "../cluster/cluster.ts";
export type { Difference, Drift, DriftTarget, Model } from "../cluster/drift.ts";
export { type Fence, FenceLost } from "../cluster/fence.ts";
export type { FleetJob, FleetOutcome } from "../cluster/fleet.ts";
export type { OnFile } from "../cluster/migrate.ts";
export {
  checkOrder,
  type MigrationFile,
  type MigrationName,
  type MigrationSet,
  migrationFile,
  pathOf,
  readMigrations,
} from "../cluster/migration-files.ts";
export type { FoundStore } from "../cluster/remains.ts";
export type { RowTable, TextRow } from "../cluster/tenant-rows.ts";
export { open as openSealed, seal } from "../secrets.ts";
export {
  type Archive,
  type ArchivedTable,
  deleteArchives,
  findArchive,
  findArchivePart,
  findCertificate,
  insertArchive,
  insertArchivePart,
  insertCertificate,
  verifyArchive,
} from "./archives.ts";
export {
  type EventFilter,
  findEvent,
  findEventAfter,
  insertEvent,
  listEvents,
  listEventsSince,
  type NumberedEvent,
} from "./audit-events.ts";
export { type BootstrapOptions, bootstrapPlatform, type Platform } from "./bootstrap.ts";
export { type ClusterRecord, getCluster, getServerVersion, listClusters } from "./clusters.ts";
export {
  clearConfiguration,
  findOwnTenant,
  initialiseConfiguration,
  listConfiguration,
  type OwnTenant,
} from "./configuration.ts";
export {
  type Commit,
  type Database,
  type DatabaseOptions,
  flushCommits,
  openDatabase,
  type PlatformTx,
  type TenantTx,
} from "./database.ts";
export {
  claimLanes,
  deleteLane,
  deleteOldSubscribers,
  eventsChannel,
  freeLanes,
  hurryLanes,
  type Lane,
  laneLockClass,
  lockLane,
  putSubscriber,
  queueEvent,
  updateLane,
} from "./event-lanes.ts";
export {
  countOperations,
  countReviewsDue,
  countTenants,
  type OperationCounts,
  type TenantCount,
} from "./fleet.ts";
export {
  deleteIdempotencyKey,
  deleteMadeKeys,
  deleteOldIdempotencyKeys,
  type IdempotencyRow,
  type IdempotentRequest,
  insertIdempotencyKey,
  lockIdempotencyKey,
  renameMade,
  type StoredAnswer,
  storeAnswer,
  takeIdempotencyKey,
} from "./idempotency.ts";
export {
  finishIsolationCheck,
  getIsolationCheck,
  insertIsolationCheck,
  listIsolationChecks,
  restartIsolationCheck,
} from "./isolation-checks.ts";
export type { PageRequest } from "./keysets.ts";
export {
  clearFailures,
  countFleet,
  deleteTarget,
  type FailedTarget,
  type FleetTarget,
  fleetFingerprints,
  type LedgerEntry,
  type LedgerFailure,
  listFailedTargets,
  listFleet,
  recordOutcomes,
  replaceLedger,
} from "./ledger.ts";
export { insertHold, liftHold, listHolds } from "./legal-holds.ts";
export {
  deleteMigrations,
  listMigrations,
  listNames,
  lockMigrations,
  type NamedMigration,
  type StoredMigration,
  storeMigrations,
} from "./migrations.ts";
export { deleteOldOperations, markStuck, medianStepMs } from "./operation-history.ts";
export {
  type Claim,
  claimOperation,
  endClaimed,
  findOperation,
  freeClaimed,
  getOperation,
  holdClaim,
  insertHeld,
  insertOperation,
  listOperations,
  listUnfinished,
  lockClaimed,
  lockOperation,
  notifyOperations,
  type OperationFilter,
  type OperationOrigin,
  type StoredOperation,
  type Undoing,
  updateOperation,
} from "./operations.ts";
export {
  findOperatorKey,
  getOperatorKey,
  hasOperatorKeys,
  insertOperatorKey,
  listOperatorKeys,
  lockOperatorKeys,
  type Operator,
  revokeOperatorKey,
} from "./operator-keys.ts";
export {
  deleteSession,
  deleteSessions,
  findSession,
  insertSession,
  listSessions,
  type OperatorSession,
  touchSession,
} from "./operator-sessions.ts";
export {
  deletePlan,
  findPlan,
  getPlan,
  insertPlan,
  listPlans,
  lockPlan,
  updatePlan,
} from "./plans.ts";
export {
  type DueMoment,
  findAdminEmail,
  findTenant,
  getTenant,
  insertTenant,
  listDue,
  listTenants,
  listTenantsAfter,
  listUnsynced,
  lockTenant,
  markDomainVerified,
  markSynced,
  placeTenant,
  scrubTenant,
  setAdminEmail,
  type TenantFilter,
  updateTenant,
} from "./tenants.ts";
export {
  countAttempt,
  deleteVerifications,
  findTokenHash,
  listVerifications,
  putVerification,
} from "./verifications.ts";
export {
  claimWarm,
  countWanted,
  countWarm,
  deleteDropped,
  deleteWarm,
  findClaimed,
  finishWarm,
  listHolders,
  listUnclaimed,
  releaseWarm,
  storedMark,
  takeWarmWork,
  type WarmCount,
  type WarmIsolation,
  type WarmPartition,
  type WarmWork,
} from "./warm-partitions.ts";
export {
  type DeliveryFilter,
  deleteOldDeliveries,
  findNextDelivery,
  getDelivery,
  insertFinished,
  listDeliveries,
  listReplayable,
  type ReplayRange,
  requeueDeliveries,
  updateDelivery,
} from "./webhook-deliveries.ts";
export {
  deleteWebhook,
  findWebhook,
  getSecrets,
  getWebhook,
  insertWebhook,
  listWebhooks,
  lockWebhook,
  noteReception,
  replaceSecret,
  type SealedSecrets,
  updateWebhook,
  type WebhookFilter,
} from "./webhooks.ts";
