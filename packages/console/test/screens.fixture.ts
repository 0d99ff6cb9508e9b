// What holds of every screen: no serious fault of accessibility, nothing to scroll sideways, and what people typed is text.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { picture, type Stage } from "./browser.fixture.ts";

/** A name that runs where it is taken for a page's own words. */
export const marker = `<img src=x onerror="window.hacked=1">`;

/** Nothing serious is wrong for who hears, or uses the keyboard alone. */
async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  expect(grave).toEqual([]);
}

/** The page is no wider than what is seen of it. */
async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const width = (of: string) => page.evaluate<number>(`document.documentElement.${of}`);
  const [wide, seen] = [await width("scrollWidth"), await width("clientWidth")];
  expect(wide).toBeLessThanOrEqual(seen);
}

/** Nothing that was typed has run. */
async function expectOnlyText(page: Page): Promise<void> {
  expect(await page.evaluate<boolean>("'hacked' in window")).toBe(false);
}

/** Looks at a screen in both themes and narrow; `ready` waits until it shows what it is to show. */
export async function lookAt(
  stage: Stage,
  path: string,
  { name, ready }: { name: string; ready: (page: Page) => Promise<unknown> },
): Promise<void> {
  for (const [how, options] of [
    ["light", {}],
    ["dark", { scheme: "dark" }],
    ["narrow", { width: 360, height: 740 }],
    ["narrow-dark", { width: 360, height: 740, scheme: "dark" }],
  ] as const) {
    const { page, context, errors } = await stage.open(path, options);
    await ready(page);
    await picture(page, `${name}-${how}`);
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await expectOnlyText(page);
    expect(errors).toEqual([]);
    await context.close();
  }
}
