// What every screen owes everybody: no serious fault that axe finds, nothing to be scrolled sideways, no markup of a tenant's.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { picture, type Stage } from "./browser.fixture.ts";

/** A name that would do harm if it were more than text. */
export const marker = `<img src=x onerror="window.harmed=1"><b id="harm">bold</b>`;

/** Expects nothing serious or critical of the page. */
async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual(
    [],
  );
}

/** Expects that nothing has to be scrolled sideways. */
async function expectNoSideways(page: Page): Promise<void> {
  const [content, width] = await page.evaluate<[number, number]>(
    "[document.documentElement.scrollWidth, innerWidth]",
  );
  expect(content).toBeLessThanOrEqual(width);
}

/** Expects that no markup of the marker was ever more than text. */
export async function expectNoHarm(page: Page): Promise<void> {
  expect(await page.evaluate("[window.harmed, document.querySelector('#harm')]")).toEqual([
    undefined,
    null,
  ]);
}

/** Opens a screen in both themes and at 360 px, expects its manners, and keeps pictures. */
export async function expectManners(
  stage: Pick<Stage, "open">,
  { path, name, ready }: { path: string; name: string; ready: (page: Page) => Promise<unknown> },
): Promise<void> {
  for (const look of [
    { scheme: "light", width: 1280, height: 900 },
    { scheme: "dark", width: 1280, height: 900 },
    { scheme: "light", width: 360, height: 900 },
  ] as const) {
    const { page, context, errors } = await stage.open(path, look);
    await ready(page);
    await picture(page, `${name}-${look.scheme}-${look.width}`);
    await expectAccessible(page);
    await expectNoSideways(page);
    await expectNoHarm(page);
    expect(errors).toEqual([]);
    await context.close();
  }
}
