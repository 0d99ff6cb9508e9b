// The public names of @hestia/api.
export { type AuditEventView, auditEventSchema, auditEventView, auditRoutes } from "./audit.ts";
export { type ChangesView, changeRoutes, changesSchema } from "./changes.ts";
export {
  type CallArguments,
  type CallOptions,
  type Client,
  type ClientConfig,
  type ClientEvents,
  type ClientMethod,
  type ClientOf,
  type ClientResponse,
  createClient,
} from "./client.ts";
export { type ClusterView, clusterRoutes, clusterSchema } from "./clusters.ts";
export { dataRoutes, type TenantDataView } from "./data.ts";
export { type CertificateView, certificateSchema, erasureRoutes } from "./erasure.ts";
export { type FleetView, fleetRoutes, fleetSchema } from "./fleet.ts";
export { etagMatches, etagOf, parsePreferWait, parseRetryAfter } from "./headers.ts";
export { type HoldView, holdRoutes, holdSchema, holdView } from "./holds.ts";
export {
  type IsolationCheckDetailView,
  type IsolationCheckView,
  type IsolationFindingView,
  type IsolationReportView,
  isolationCheckDetailView,
  isolationCheckRoutes,
  isolationCheckView,
} from "./isolation-checks.ts";
export type { DriftResult, TrialResult } from "./migration-results.ts";
export {
  type MigrationRunView,
  type MigrationStateView,
  migrationRoutes,
  migrationRunSchema,
  migrationStateSchema,
} from "./migrations.ts";
export { type OpenApiDocument, type OpenApiOperation, openapi } from "./openapi.ts";
export {
  type OperationView,
  operationRoutes,
  operationSchema,
  operationView,
} from "./operations.ts";
export {
  type OperatorKeyView,
  type OperatorKeyWithSecretView,
  operatorKeyRoutes,
  operatorKeyView,
} from "./operator-keys.ts";
export { paginate } from "./paginate.ts";
export { type PlanView, planRoutes, planView } from "./plans.ts";
export {
  fromProblem,
  type Problem,
  type ProblemResponse,
  problemContentType,
  problemSchema,
  statusOf,
  toProblem,
} from "./problem.ts";
export {
  type Method,
  type ParsedInput,
  type Route,
  type RouteInput,
  type RouteOutput,
  type RouteResponse,
  type RouteResult,
  type RouteScope,
  type Routes,
  routeErrors,
} from "./route.ts";
export { listRoutes, type NamedRoute, routes } from "./routes.ts";
export { parseTenantSettings, type RuleContext } from "./rules.ts";
export { schemaFaults } from "./schema-faults.ts";
export {
  type AboutView,
  healthSchema,
  type ReadinessView,
  readinessSchema,
  type SetupView,
  serviceRoutes,
  setupSchema,
} from "./service.ts";
export { type SessionView, sessionRoutes, sessionSchema } from "./session.ts";
export { type OwnTenantView, ownTenantRoutes, ownTenantSchema, ownTenantView } from "./tenant.ts";
export {
  type CreatedTenantView,
  createdTenantSchema,
  type TenantView,
  tenantRoutes,
  tenantSchema,
  tenantView,
} from "./tenants.ts";
export { parseInput, type RawInput } from "./validate.ts";
export {
  type VerificationFacts,
  type VerificationsView,
  verificationRoutes,
  verificationsView,
} from "./verifications.ts";
export {
  type DeliveryDetailView,
  type DeliveryView,
  deliveryDetailView,
  deliveryView,
  type WebhookView,
  type WebhookWithSecretView,
  webhookView,
} from "./webhook-views.ts";
export { webhookRoutes } from "./webhooks.ts";
