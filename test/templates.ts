// Databases made once per run that test files clone instead of migrating their own.
import type { TestProject } from "vitest/node";

/** Called by the global set-up when the server accepts connections, before any test file runs. */
export async function prepareTemplates(_url: string, _project: TestProject): Promise<void> {}
