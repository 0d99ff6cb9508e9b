// Generated from the migrated database by tables.test.ts; `npx vitest run tables -u` writes it anew.
import type { JsonValue } from "@hestia/core";
import type { ColumnType, Generated, GeneratedAlways } from "kysely";

type ArchiveParts = {
  archive_id: string;
  position: number;
  data: Buffer;
};

type Archives = {
  id: string;
  tenant_id: string;
  verified_at: Date | null;
  tables: ColumnType<JsonValue, string | undefined, string>;
  bytes: Generated<string>;
  created_at: Date;
};

type AuditChains = {
  chain: string;
  position: string;
};

type AuditEvents = {
  id: string;
  chain: string;
  position: string;
  tenant_id: string | null;
  type: string;
  at: Date;
  actor: ColumnType<JsonValue, string, string>;
  request_id: string | null;
  reason: string | null;
  data: ColumnType<JsonValue, string, string>;
};

type Clusters = {
  id: string;
  name: string;
  host: string;
  port: number;
  data_database: string;
  role_prefix: string;
  credentials: string;
  isolation: string;
  missing: ColumnType<JsonValue, string | undefined, string>;
  created_at: Generated<Date>;
};

type Configuration = {
  tenant_id: Generated<string>;
  key: string;
  value: ColumnType<JsonValue, string, string>;
  updated_at: Date;
};

type Directory = {
  id: ColumnType<string, never, never>;
  slug: ColumnType<string, never, never>;
  name: ColumnType<string, never, never>;
  status: ColumnType<string, never, never>;
  isolation: ColumnType<string, never, never>;
  cluster: ColumnType<string, never, never>;
  database: ColumnType<string, never, never>;
  place: ColumnType<string, never, never>;
  credentials: ColumnType<string, never, never>;
  domain: ColumnType<string, never, never>;
  version: ColumnType<number, never, never>;
  schema_version: ColumnType<string, never, never>;
};

type DirectoryClusters = {
  name: ColumnType<string, never, never>;
  host: ColumnType<string, never, never>;
  port: ColumnType<number, never, never>;
  database: ColumnType<string, never, never>;
  credentials: ColumnType<string, never, never>;
  isolation: ColumnType<string, never, never>;
};

type ErasureCertificates = {
  tenant_id: string;
  issued_at: Date;
  body: ColumnType<JsonValue, string, string>;
};

type EventLanes = {
  consumer: string;
  chain: string;
  position: string;
  tries: Generated<number>;
  due_at: Date | null;
  holder: string | null;
  claim: Generated<number>;
  claimed_at: Date | null;
};

type EventSubscribers = {
  name: string;
  event_types: ColumnType<JsonValue | null, string | null | undefined, string | null>;
  seen_at: Date;
};

type IdempotencyKeys = {
  actor_id: string;
  key: string;
  fingerprint: Buffer;
  made_id: string;
  holder: string;
  status: number | null;
  headers: ColumnType<JsonValue | null, string | null | undefined, string | null>;
  body: ColumnType<JsonValue | null, string | null | undefined, string | null>;
  created_at: Date;
  tenant_id: string | null;
};

type IsolationChecks = {
  id: string;
  operation_id: string;
  status: string;
  models: ColumnType<JsonValue, string, string>;
  full_check: boolean;
  started_by: string;
  created_at: Date;
  finished_at: Date | null;
  counts: ColumnType<JsonValue | null, string | null | undefined, string | null>;
  report: ColumnType<JsonValue | null, string | null | undefined, string | null>;
  problem: string | null;
};

type Leases = {
  holder: string;
  instance: string;
  beat_at: Generated<Date>;
};

type LegalHolds = {
  id: string;
  tenant_id: string;
  reason: string;
  placed_by: ColumnType<JsonValue, string, string>;
  placed_at: Date;
  lifted_at: Date | null;
};

type MigrationLedger = {
  target: string;
  set: string;
  name: string;
  checksum: string;
  applied_at: Date | null;
  duration_ms: number | null;
  incarnation: string | null;
  error: string | null;
  line: number | null;
  blocks: Generated<boolean>;
  failed_at: Date | null;
};

type Migrations = {
  set: string;
  name: string;
  sql: string;
  checksum: string;
  stored_at: Date;
};

type OperationSteps = {
  operation_id: string;
  position: number;
  name: string;
  status: string;
  started_at: Date | null;
  finished_at: Date | null;
  detail: string | null;
  share: number | null;
};

type Operations = {
  id: string;
  kind: string;
  tenant_id: string | null;
  status: string;
  input: ColumnType<JsonValue, string | undefined, string>;
  result: ColumnType<JsonValue | null, string | null | undefined, string | null>;
  error: ColumnType<JsonValue | null, string | null | undefined, string | null>;
  undoing: ColumnType<JsonValue | null, string | null | undefined, string | null>;
  actor: ColumnType<JsonValue, string, string>;
  request_id: string | null;
  attempt: Generated<number>;
  revision: Generated<string>;
  created_at: Date;
  cancel_requested_at: Date | null;
  finished_at: Date | null;
  deadline_at: Date | null;
  stuck_at: Date | null;
  holder: string | null;
};

type OperatorKeys = {
  id: string;
  name: string;
  digest: Buffer;
  created_at: Date;
  revoked_at: Date | null;
};

type OperatorSessions = {
  digest: Buffer;
  operator_key_id: string;
  created_at: Date;
  used_at: Date;
  expires_at: Date;
};

type OwnTenant = {
  id: ColumnType<string, never, never>;
  slug: ColumnType<string, never, never>;
  name: ColumnType<string, never, never>;
  status: ColumnType<string, never, never>;
  plan_id: ColumnType<string, never, never>;
  domain: ColumnType<string, never, never>;
  settings: ColumnType<JsonValue, never, never>;
  version: ColumnType<number, never, never>;
};

type Plans = {
  id: string;
  name: string;
  isolation: Generated<string>;
  defaults: ColumnType<JsonValue, string | undefined, string>;
  created_at: Generated<Date>;
  grace_days: Generated<number>;
  archive_days: Generated<number>;
  description: string | null;
  requires: ColumnType<JsonValue, string | undefined, string>;
  trial_days: number | null;
  warm: Generated<number>;
  version: Generated<number>;
  updated_at: Generated<Date>;
};

type Tenants = {
  id: string;
  slug: string;
  name: string;
  status: string;
  status_reason: string | null;
  restore_status: string | null;
  isolation: string;
  cluster_id: string;
  database_name: string | null;
  schema_name: string | null;
  credentials: string | null;
  plan_id: string;
  domain: string | null;
  domain_verified_at: Date | null;
  settings: ColumnType<JsonValue, string | undefined, string>;
  admin_email: string | null;
  version: Generated<number>;
  synced_version: Generated<number>;
  created_at: Date;
  updated_at: Date;
  deleted_at: Date | null;
  search: GeneratedAlways<string>;
  ends_at: Date | null;
  retain_until: Date | null;
  trial_ends_at: Date | null;
  review_at: Date | null;
  review_due_at: Date | null;
};

type Verifications = {
  tenant_id: string;
  requirement: string;
  state: Generated<string>;
  issue: string | null;
  token_hash: Buffer | null;
  requested_at: Date | null;
  expires_at: Date | null;
  attempts: Generated<number>;
  challenge: string | null;
  met_at: Date | null;
  met_by: ColumnType<JsonValue | null, string | null | undefined, string | null>;
  reason: string | null;
};

type WarmPartitions = {
  id: string;
  cluster_id: string;
  isolation: string;
  state: string;
  mark: string | null;
  database_name: string | null;
  schema_name: string | null;
  credentials: string | null;
  incarnation: string | null;
  holder: string | null;
  token: string | null;
  created_at: Date;
  made_at: Date | null;
};

type WebhookDeliveries = {
  id: string;
  webhook_id: string;
  event_id: string;
  chain: string;
  position: string;
  tenant_id: string | null;
  type: string;
  status: string;
  tries: Generated<number>;
  attempts: ColumnType<JsonValue, string | undefined, string>;
  next_attempt_at: Date | null;
  created_at: Date;
  finished_at: Date | null;
};

type Webhooks = {
  id: string;
  name: string;
  url: string;
  event_types: ColumnType<JsonValue | null, string | null | undefined, string | null>;
  tenant_ids: ColumnType<JsonValue | null, string | null | undefined, string | null>;
  status: string;
  status_reason: string | null;
  failing_since: Date | null;
  secret: string;
  previous_secret: string | null;
  previous_secret_until: Date | null;
  version: Generated<number>;
  created_at: Date;
  updated_at: Date;
};

/** What a transaction of the platform may name. */
export type PlatformTables = {
  archive_parts: ArchiveParts;
  archives: Archives;
  audit_chains: AuditChains;
  audit_events: AuditEvents;
  clusters: Clusters;
  configuration: Configuration;
  directory: Directory;
  directory_clusters: DirectoryClusters;
  erasure_certificates: ErasureCertificates;
  event_lanes: EventLanes;
  event_subscribers: EventSubscribers;
  idempotency_keys: IdempotencyKeys;
  isolation_checks: IsolationChecks;
  leases: Leases;
  legal_holds: LegalHolds;
  migration_ledger: MigrationLedger;
  migrations: Migrations;
  operation_steps: OperationSteps;
  operations: Operations;
  operator_keys: OperatorKeys;
  operator_sessions: OperatorSessions;
  own_tenant: OwnTenant;
  plans: Plans;
  tenants: Tenants;
  verifications: Verifications;
  warm_partitions: WarmPartitions;
  webhook_deliveries: WebhookDeliveries;
  webhooks: Webhooks;
};

/** What a transaction of one tenant may name. */
export type TenantTables = {
  configuration: Configuration;
  own_tenant: OwnTenant;
};
