import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const root = new URL("../", import.meta.url);

async function filesBelow(folder: string, suffix: RegExp): Promise<string[]> {
  const names = await readdir(new URL(folder, root), { recursive: true });
  return names.filter((name) => suffix.test(name)).map((name) => `${folder}${name}`);
}

test("no statement, no migration and nothing else in the application names the tenant's column", async () => {
  const sources = (await filesBelow("src/", /\.ts$/)).filter(
    (name) => !/\.(test|fixture)\.ts$/.test(name),
  );
  const files = [...sources, ...(await filesBelow("migrations/", /\.sql$/))];
  expect(files.length).toBeGreaterThan(25);
  for (const file of files) {
    expect(await readFile(new URL(file, root), "utf8"), file).not.toMatch(/tenant_id/i);
  }
});

test("the application uses public packages alone", async () => {
  for (const file of await filesBelow("src/", /(?<!\.(test|fixture))\.ts$/)) {
    const text = await readFile(new URL(file, root), "utf8");
    const imported = [...text.matchAll(/from "(@hestia\/[^"]*)"/g)].map(([, name]) => name);
    for (const name of imported) {
      expect(
        ["@hestia/api", "@hestia/core", "@hestia/middleware/fastify", "@hestia/postgres"],
        file,
      ).toContain(name);
    }
  }
});
