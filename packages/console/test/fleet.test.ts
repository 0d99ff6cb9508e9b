// The fleet's screen in a real browser: what an empty platform teaches, what needs somebody, and where each number leads.
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, createTenant, migrations } from "../../server/test/world.ts";
import { inBrowser, picture, type Stage, setStage } from "./browser.fixture.ts";
import { expectManners, expectNoHarm, marker } from "./manners.fixture.ts";

inBrowser("the fleet", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage?.end());

  test("of an empty platform teaches what to do first, and follows along", async () => {
    const { page, errors } = await stage.open("/");
    await page.getByRole("heading", { name: "Three steps to your first tenant" }).waitFor();
    await page.getByText("hestia tenants create acme").waitFor();
    await page.getByText("hestia isolation check").waitFor();
    await picture(page, "fleet-empty");
    expect(await page.getByText("Done", { exact: true }).count()).toBe(0);
    await page.getByText("Live", { exact: true }).waitFor();
    await stage.place.client.migrations.store({ files: migrations });
    await page.getByText("Done", { exact: true }).waitFor();
    await createTenant(stage.place.client, { slug: "acme" });
    await page.getByRole("table", { name: "Tenants by status" }).waitFor();
    expect(errors).toEqual([]);
  });

  test("says who needs somebody, what has happened in sentences, and each leads to its list", async () => {
    const { client, clone } = stage.place;
    const { id } = await createTenant(client, {
      slug: "harm",
      name: marker,
      isolation: "schema",
    });
    await client.tenants.suspend({ tenantId: id, reason: marker });
    await createTenant(client, { slug: "broken" });
    await ask(
      clone.databaseUrl,
      "update platform.tenants set review_due_at = now() where slug = 'harm'",
    );
    await ask(
      clone.databaseUrl,
      "update platform.tenants set status = 'failed' where slug = 'broken'",
    );
    await ask(
      clone.databaseUrl,
      `insert into platform.operations (id, kind, status, actor, created_at, stuck_at)
       values (gen_random_uuid(), 'test.stuck', 'running', '{"kind":"system","name":"test"}', now(), now())`,
    );
    await ask(
      clone.databaseUrl,
      `insert into platform.isolation_checks
         (id, operation_id, status, models, full_check, started_by, created_at, finished_at, counts, report)
       values (gen_random_uuid(), gen_random_uuid(), 'findings', '["shared"]', false, 'test', now(), now(),
         '{"probes": 9, "failed": 1, "mutations": 3, "caught": 3, "findings": 2}', '{}')`,
    );
    const { page, errors } = await stage.open("/");
    await page.getByText("3 tenants", { exact: true }).waitFor();
    const events = page.getByRole("list", { name: "Recent events" });
    await events
      .getByText(/suspended/)
      .first()
      .waitFor();
    await events.getByRole("link", { name: marker }).first().waitFor();
    await events.getByText(`Reason: ${marker}`).waitFor();
    await expectNoHarm(page);
    const rows = page.getByRole("table", { name: "Tenants by status" }).getByRole("row");
    expect(await rows.filter({ hasText: "Suspended" }).textContent()).toMatch(/1$/);
    for (const [name, address] of [
      ["The latest isolation check has 2 findings", "/isolation/"],
      ["The suspension of 1 tenant has to be reviewed", "reviewDue=true"],
      ["1 tenant could not be provisioned", 'status=["failed"]'],
      ["1 operation is stuck: it comes no further by itself", "stuck=true"],
      ["Own schema", 'isolation=["schema"]'],
      ["Suspended", 'status=["suspended"]'],
    ] as const) {
      const link = page.getByRole("link", { name, exact: true });
      expect(decodeURIComponent((await link.getAttribute("href")) ?? "")).toContain(address);
    }
    await page
      .getByRole("link", { name: "1 operation is stuck: it comes no further by itself" })
      .press("Enter");
    await page
      .getByRole("table", { name: "Operations" })
      .getByText("Stuck", { exact: true })
      .waitFor();
    expect(errors).toEqual([]);
  });

  test("has good manners in both themes and on a narrow screen", async () => {
    await expectManners(stage, {
      path: "/",
      name: "fleet",
      ready: async (page) => {
        await page.getByRole("heading", { name: "Recent events" }).waitFor();
        await page.getByText("Reason:").first().waitFor();
        await page.getByRole("table", { name: "Spread over versions" }).waitFor();
      },
    });
  }, 120_000);
});
