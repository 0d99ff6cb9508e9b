// Operations in a real browser: listed, narrowed, followed step by step, cancelled, tried again.
import type { OperationDefinition } from "@hestia/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTenant } from "../../server/test/world.ts";
import { inBrowser, picture, type Stage, setStage } from "./browser.fixture.ts";
import { expectManners, expectNoHarm, marker } from "./manners.fixture.ts";

/** A gate that a step waits at until the test opens it. */
function makeGate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

let gates = { first: makeGate(), second: makeGate() };
let isBroken = false;

const slow: OperationDefinition = {
  kind: "test.slow",
  steps: [
    {
      name: "gather",
      run: async (job) => {
        await job.note(`half of it ${marker}`, 0.5);
        await gates.first.opened;
      },
      undo: async () => {},
    },
    {
      name: "deliver",
      run: async () => {
        await gates.second.opened;
        if (isBroken) throw new Error("the test broke it");
      },
    },
  ],
};

inBrowser("operations", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage([{}, { operations: [slow] }]);
  });
  afterAll(async () => {
    gates.first.open();
    gates.second.open();
    await stage?.end();
  });
  const begin = () => {
    gates = { first: makeGate(), second: makeGate() };
    return stage.place.server.begin(slow);
  };

  test("of a platform without any teach what they are", async () => {
    const { page } = await stage.open("/operations");
    await page.getByRole("heading", { name: "No operation yet" }).waitFor();
    await page.getByText("hestia operations list").waitFor();
  });

  test("show each step as it comes, and the end, without a reload", async () => {
    const { id } = await begin();
    const { page, errors } = await stage.open(`/operations/${id}`);
    const step = (name: string) => page.getByRole("listitem").filter({ hasText: name });
    await step("gather").getByText("Running").waitFor();
    await step("gather").getByText("half of it").waitFor();
    await page.getByText("25 %", { exact: true }).waitFor();
    await step("deliver").getByText("Not begun").waitFor();
    await expectNoHarm(page);
    gates.first.open();
    await step("gather").getByText("Done").waitFor();
    await step("deliver").getByText("Running").waitFor();
    gates.second.open();
    await page.getByText("Succeeded").first().waitFor();
    await page.getByText("100 %", { exact: true }).waitFor();
    expect(await page.getByRole("button", { name: "Cancel" }).count()).toBe(0);
    expect(errors).toEqual([]);
  });

  test("are cancelled by keyboard alone, after it is said what that undoes", async () => {
    const { id } = await begin();
    const { page } = await stage.open(`/operations/${id}`);
    const cancel = page.getByRole("button", { name: "Cancel" });
    await cancel.waitFor();
    for (let presses = 0; presses < 40; presses += 1) {
      if ((await page.evaluate("document.activeElement?.textContent")) === "Cancel") break;
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Cancel this operation?" });
    await dialog.getByText("what it did is undone").waitFor();
    expect(page.url()).toContain("dialog=cancel");
    await picture(page, "operation-cancel");
    // The way back has the focus: nobody cancels by a second press of the same key.
    await dialog
      .getByRole("button", { name: "Let it go on" })
      .and(page.locator(":focus"))
      .waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("It was asked to stop").waitFor();
    gates.first.open();
    await page.getByText("what it had done is undone").waitFor();
    expect((await stage.place.client.operations.get({ operationId: id })).status).toBe("cancelled");
  });

  test("that failed say why in full, and are tried again", async () => {
    isBroken = true;
    const { id } = await begin();
    const { page } = await stage.open(`/operations/${id}`);
    gates.first.open();
    gates.second.open();
    await page.getByRole("alert").getByText("It failed").waitFor();
    isBroken = false;
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByText("Succeeded").first().waitFor();
    await page.getByRole("button", { name: "As JSON" }).click();
    await page.getByText(`"id": "${id}"`).waitFor();
    expect(page.url()).toContain("raw=true");
  });

  test("are narrowed in the address, and lead on", async () => {
    const { id: tenantId } = await createTenant(stage.place.client, {
      slug: "harm",
      name: marker,
    });
    const { page, errors } = await stage.open("/operations");
    const table = page.getByRole("table", { name: "Operations" });
    await table.getByRole("link", { name: "Provision a tenant" }).waitFor();
    await table.getByRole("link", { name: marker }).waitFor();
    await page.getByRole("combobox", { name: "Status" }).click();
    await page.getByRole("option", { name: "Cancelled" }).click();
    await page.keyboard.press("Escape");
    await expect.poll(() => table.getByRole("row").count()).toBe(2);
    expect(new URL(page.url()).searchParams.get("status")).toBe('["cancelled"]');
    await page.reload();
    await expect.poll(() => table.getByRole("row").count()).toBe(2);
    await page.getByRole("button", { name: "Show all" }).click();
    await table.getByRole("link", { name: "Provision a tenant" }).click();
    await page.getByRole("heading", { name: "Provision a tenant" }).waitFor();
    await page.getByRole("link", { name: marker }).waitFor();
    await page.getByText("hestia operations watch").waitFor();
    await page.goto(`${stage.place.url}/console/operations?tenantId=${tenantId}`);
    await expect.poll(() => table.getByRole("row").count()).toBe(2);
    await expectNoHarm(page);
    expect(errors).toEqual([]);
  });

  test("have good manners in both themes and on a narrow screen", async () => {
    const { id } = await begin();
    await expectManners(stage, {
      path: "/operations",
      name: "operations",
      ready: (page) => page.getByRole("link", { name: "Provision a tenant" }).waitFor(),
    });
    await expectManners(stage, {
      path: `/operations/${id}`,
      name: "operation",
      ready: (page) => page.getByText("half of it").waitFor(),
    });
  }, 120_000);
});
