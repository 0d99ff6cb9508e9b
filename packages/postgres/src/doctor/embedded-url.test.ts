// The embedded server of a data folder is found while it runs, and never started by looking.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { removeEmbedded, startEmbedded } from "../embedded/index.ts";
import { findEmbeddedUrl } from "./index.ts";

test("the embedded server's URL is found while it runs", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hestia-doctor-"));
  const dataDir = join(folder, "postgres");
  try {
    expect(findEmbeddedUrl(folder)).toBeUndefined();
    const server = await startEmbedded({
      dataDir,
      database: "hestia",
      settings: { fsync: "off" },
    });
    expect(findEmbeddedUrl(folder)).toBe(server.url);
    await server.stop();
    expect(findEmbeddedUrl(folder)).toBeUndefined();
  } finally {
    await removeEmbedded(dataDir);
    await rm(folder, { recursive: true, force: true });
  }
});
