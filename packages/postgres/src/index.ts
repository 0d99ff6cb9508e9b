// The public names of @hestia/postgres: what an application needs.
export { connect, type Hestia } from "./connect.ts";
export type { ConnectOptions } from "./connect-options.ts";
export { currentTenant, findCurrentTenant, runWithTenant } from "./context.ts";
export type { ClusterAddress, WeightOf } from "./databases.ts";
export type { DirectoryEntry, TenantKey } from "./directory.ts";
export type { LoadRow, LoadRows } from "./load.ts";
export { perTenant } from "./per-tenant.ts";
export type { Statement } from "./scoped/scoped-query.ts";
export type { TransactionOptions } from "./scoped/transaction.ts";
export {
  checkServing,
  type Row,
  type RunQuery,
  type Tenant,
  type TenantTransaction,
} from "./tenant.ts";
