// Isolation checks in tests: a platform on which nothing is found, and a check that is not waited for to its end.
import type { Client } from "@hestia/api";
import { examine } from "@hestia/postgres/doctor";
import { withDatabase } from "@hestia/postgres/platform";
import { ask, until } from "./world.ts";

/**
 * Runs every cure that the doctor knows for the platform. One that was cloned from the tests' template carries rights of the
 * template's own roles; without them, what a check finds is what a test has done.
 */
export async function cure(databaseUrl: string): Promise<void> {
  const { findings } = await examine({ databaseUrl });
  for (const finding of findings)
    await ask(withDatabase(databaseUrl, finding.database), finding.cure);
}

/** Cancels the check that runs, and waits until it is over. */
export async function cancelCheck(client: Client): Promise<void> {
  const last = async () => (await client.isolationChecks.list({ limit: 1 })).items[0];
  const running = await last();
  if (running?.status !== "running") return;
  await client.operations.cancel({ operationId: running.operationId });
  await until("the check is over", async () => (await last())?.status !== "running", 60_000);
}
