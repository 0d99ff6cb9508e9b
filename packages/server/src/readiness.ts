// Whether the server can serve, and if not what is wrong, in sentences for whoever reads /readyz.
import type { ReadinessView } from "@hestia/api";
import { isHestiaError } from "@hestia/core";
import { listClusters } from "@hestia/postgres/platform";
import type { Platform } from "./platform.ts";

type Check = ReadinessView["checks"][number];

const answerWithinMs = 3_000;

/** Checks everything that serving needs, at the same time and within a bound. */
export async function checkReadiness(platform: Platform): Promise<ReadinessView> {
  const checks = await Promise.all([
    check("platform database", () => platform.db.asPlatform(listClusters)),
    ...[...platform.clusters.values()].map((cluster) =>
      check(`cluster ${cluster.name}`, () => cluster.check()),
    ),
    check("workers", async () => {
      if (platform.engine.holder === "") throw new Error("the workers are starting");
    }),
  ]);
  return view(checks);
}

/** The readiness of a server that has not come so far yet. */
export function notReady(message: string): ReadinessView {
  return view([{ name: "platform database", ok: false, message }]);
}

function view(checks: Check[]): ReadinessView {
  return { status: checks.every((each) => each.ok) ? "ready" : "not_ready", checks };
}

async function check(name: string, work: () => Promise<unknown>): Promise<Check> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("it does not answer in time")), answerWithinMs);
  try {
    await Promise.race([promise, work()]);
    return { name, ok: true };
  } catch (error) {
    // Open to anyone, so nothing of the inside: no hosts, no names.
    const isOurs = isHestiaError(error, "database_unavailable");
    const message = isOurs
      ? error.message
      : error instanceof Error && !isPostgres(error)
        ? error.message
        : "It fails.";
    return { name, ok: false, message };
  } finally {
    clearTimeout(timer);
  }
}

function isPostgres(error: Error): boolean {
  return "severity" in error || "code" in error;
}
