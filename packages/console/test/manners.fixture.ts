// What every screen owes everybody: no serious fault that axe finds, nothing to be scrolled sideways, no markup of a tenant's.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { picture, type Stage } from "./browser.fixture.ts";

/** A name that would do harm if it were more than text. */
export const marker = `<img src=x onerror="window.harmed=1"><b id="harm">bold</b>`;

/** Expects nothing serious or critical of the page. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  expect([page.url(), told]).toEqual([page.url(), []]);
}

/** Expects that nothing has to be scrolled sideways. */
export async function expectNoSideways(page: Page): Promise<void> {
  const [content, width] = await page.evaluate<[number, number]>(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  );
  expect([page.url(), content]).toEqual([page.url(), width]);
}

/** Expects that no markup of the marker was ever more than text. */
export async function expectNoHarm(page: Page): Promise<void> {
  expect(await page.evaluate("[window.harmed, document.querySelector('#harm')]")).toEqual([
    undefined,
    null,
  ]);
}

/** What a screen is looked at in: both themes, a narrow one, and a page at 200 %. */
const looks = {
  light: { scheme: "light" },
  dark: { scheme: "dark" },
  "360": { scheme: "light", width: 360, height: 740 },
  zoomed: { scheme: "dark", scale: 2 },
} as const;

/** Opens a screen in both themes, at 360 px and at 200 %, expects its manners, and keeps pictures. */
export async function expectManners(
  { open }: Pick<Stage, "open">,
  { path, name, ready }: { path: string; name: string; ready: (page: Page) => Promise<unknown> },
): Promise<void> {
  for (const [look, options] of Object.entries(looks)) {
    const { page, context, errors } = await open(path, options);
    await ready(page);
    await picture(page, `${name}-${look}`);
    await expectAccessible(page);
    await expectNoSideways(page);
    await expectNoHarm(page);
    expect(errors).toEqual([]);
    await context.close();
  }
}
