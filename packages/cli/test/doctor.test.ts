// The doctor as a command, on a real installation. What it looks for is proven beside its checks; here it is how it is
// called, what it prints and how it ends.
import type { Report } from "@hestia/postgres/doctor";
import { withClient, withDatabase } from "@hestia/postgres/platform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonOf, type Outcome } from "./command.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.end());

type Sarif = {
  version: string;
  runs: {
    tool: { driver: { name: string; rules: { id: string }[] } };
    results: { ruleId: string; level: string; properties: { cure: string } }[];
  }[];
};

const doctor = (words = "") =>
  world.run(`doctor ${words}`, { env: { DATABASE_URL: world.clone.databaseUrl } });

// Other tests' installations stand on the same server.
const ownFindings = (outcome: Outcome) =>
  jsonOf<Report>(outcome).findings.filter(({ database }) => database === world.clone.dataDatabase);

const inData = (sql: string) =>
  withClient(
    withDatabase(world.clone.databaseUrl, world.clone.dataDatabase),
    async (client) => void (await client.query(sql)),
  );

test("on a sound installation nothing is found in its data database", async () => {
  const outcome = await doctor("--json");
  expect(ownFindings(outcome)).toEqual([]);
  const { databases, checks } = jsonOf<Report>(outcome);
  expect(databases).toContain(world.clone.dataDatabase);
  expect(checks).toBeGreaterThan(30);
});

test("an error is shown with its cure, ends with 1, and goes away with what --sql prints", async () => {
  await inData("grant execute on function set_config to public");
  const [text, json, sql] = [await doctor(), await doctor("--json"), await doctor("--sql")];
  expect([text.code, json.code, sql.code]).toEqual([1, 1, 1]);
  const [finding] = ownFindings(json);
  expect(finding).toMatchObject({ check: "hardened-functions", severity: "error" });
  expect(text.stdout).toContain("✖ error hardened-functions\n");
  for (const line of finding?.cure.split("\n") ?? []) {
    expect(text.stdout).toContain(line);
    expect(sql.stdout).toContain(line);
  }
  expect(sql.stdout).toContain(`\\connect "${world.clone.dataDatabase}"`);
  const sarif = await doctor("--sarif");
  expect(sarif.code).toBe(1);
  const { version, runs } = jsonOf<Sarif>(sarif);
  expect([version, runs.length, runs[0]?.tool.driver.name]).toEqual(["2.1.0", 1, "hestia doctor"]);
  const result = runs[0]?.results.find(({ properties }) => properties.cure === finding?.cure);
  expect(result).toMatchObject({ ruleId: "hardened-functions", level: "error" });
  expect(runs[0]?.tool.driver.rules.map(({ id }) => id)).toContain("hardened-functions");
  await inData(finding?.cure ?? "");
  expect(ownFindings(await doctor("--json"))).toEqual([]);
});
