// Which database a command means that asks it itself: the one that is named, or the embedded server's.
import { HestiaError } from "@hestia/core";
import { findEmbeddedUrl } from "@hestia/postgres/doctor";
import type { Context } from "./context.ts";

/** The administrator's URL of the platform database; throws `database_unsuitable` where none is named and none runs. */
export function findPlatformUrl({ environment }: Context, given: string | undefined): string {
  const named = given ?? environment.databaseUrl;
  if (named !== undefined) return named;
  const { dataFolder } = environment;
  const embedded = dataFolder === undefined ? undefined : findEmbeddedUrl(dataFolder);
  if (embedded !== undefined) return embedded;
  const problem =
    dataFolder === undefined
      ? "No database is named; set DATABASE_URL to the platform's, as its administrator."
      : `The embedded PostgreSQL of ${dataFolder} does not run; start Hestia, or set DATABASE_URL.`;
  throw new HestiaError("database_unsuitable", { problem });
}
