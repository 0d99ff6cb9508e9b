// Builds the console once, before the tests that look at it run side by side.
import { buildConsole } from "../packages/console/build/build.ts";

export async function setup(): Promise<void> {
  await buildConsole();
}
